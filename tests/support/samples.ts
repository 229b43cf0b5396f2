/**
 * Nodes as data, complete: a test names only what it is about.
 *
 * @module
 */

import type { NodeSnapshot } from "../../src/graph/data/snapshot.ts";
import type { NodeStatus } from "../../src/reconcile/status/status_types.ts";

/** A ready node of a snapshot. */
export function nodeSnapshot(rest: Partial<NodeSnapshot>): NodeSnapshot {
  return {
    id: "1",
    name: null,
    type: "tee",
    hook: null,
    phase: "ready",
    restart: "always",
    generation: 1,
    ageMs: 0,
    error: null,
    reason: null,
    owner: null,
    template: null,
    messages: [],
    hooks: [],
    report: null,
    ...rest,
  };
}

/** A ready node of a status. */
export function nodeStatus(rest: Partial<NodeStatus>): NodeStatus {
  return {
    name: "node",
    id: null,
    type: "tee",
    hook: null,
    state: "ready",
    generation: 1,
    local: null,
    peer: null,
    restarts: 0,
    nextRetryAt: null,
    error: null,
    connections: null,
    messages: [],
    hooks: [],
    reasons: {},
    notes: [],
    faults: [],
    ...rest,
  };
}
