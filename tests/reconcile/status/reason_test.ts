/**
 * The reason why a node is not ready.
 *
 * @module
 */

import assert from "node:assert/strict";
import { reasonOf } from "../../../src/reconcile/status/condition.ts";
import type { MessageStatus } from "../../../src/reconcile/status/status_types.ts";
import { test } from "../../harness.ts";
import { nodeStatus } from "../../support/samples.ts";

const ERROR = { code: "ECONNRESET", message: "Connection was reset by the peer" } as const;

/** The reason of a node with these messages that has failed. */
function reasonWith(...messages: readonly [message: string, state: MessageStatus["state"]][]): string {
  const statuses = messages.map(([message, state]): MessageStatus => ({ message, state, reply: null }));
  return reasonOf(nodeStatus({ id: "1", state: "degraded", error: ERROR, messages: statuses }));
}

test("reasonOf() is the same for a connector that failed to connect and for one that was reset afterwards", () => {
  for (const state of ["failed", "waiting", "done", "unverified"] as const) {
    assert.equal(reasonWith(["connect inet/127.0.0.1:9", state]), "ConnectFailed", state);
  }
});

test("reasonOf() does not blame the connecting where another message failed", () => {
  assert.equal(
    reasonWith(["bind inet/127.0.0.1:9", "failed"], ["connect inet/127.0.0.1:9", "waiting"]),
    "NodesNotReady",
  );
  assert.equal(reasonWith(["connect inet/127.0.0.1:9", "done"], ["setopt nodelay=1", "failed"]), "NodesNotReady");
  assert.equal(reasonWith(["bind inet/127.0.0.1:9", "done"], ["listen 5", "failed"]), "NodesNotReady");
  assert.equal(reasonWith(["connect inet/127.0.0.1:9", "pending"]), "NodesNotReady");
});
