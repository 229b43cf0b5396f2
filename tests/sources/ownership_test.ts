/**
 * Guards: what a source may do to what runs.
 *
 * @module
 */

import assert from "node:assert/strict";
import {
  checkOwnership,
  type OwnershipCheck,
  type RunningTopology,
  STRICT_OWNERSHIP,
} from "../../src/sources/ownership.ts";
import { covers } from "../../src/sources/origin.ts";
import { emptyState, type GraphState } from "../../src/graph/data/state.ts";
import { test } from "../harness.ts";

const NODE = { name: "sink", type: "hole", hook: null, restart: "always", messages: [] } as const;

function state(name: string, nodes = 1): GraphState {
  return { ...emptyState(name), nodes: Array.from({ length: nodes }, () => NODE) };
}

function from(location: string, ...names: readonly string[]) {
  return names.map((name) => ({ state: state(name), source: { kind: "file", location } }));
}

function running(location: string, ...names: readonly string[]): readonly RunningTopology[] {
  return names.map((name) => ({ name, source: { kind: location === "-" ? "stdin" : "file", location }, nodes: 3 }));
}

function guard(origins: readonly string[], desiredState: Partial<OwnershipCheck> = {}): OwnershipCheck {
  return { ...STRICT_OWNERSHIP, origins, ...desiredState };
}

test("covers() knows a file, and what lies directly in a folder", () => {
  assert.equal(covers(["/a/web.yaml"], "/a/web.yaml"), true);
  assert.equal(covers(["/a/"], "/a/web.yaml"), true);
  assert.equal(covers(["/a/"], "/a/b/web.yaml"), false);
  assert.equal(covers(["/a/"], "/ab/web.yaml"), false);
  assert.equal(covers(["/"], "/web.yaml"), true);
});

test("foresee() finds what runs from elsewhere, and lets it be taken over", () => {
  const desired = from("/b/web.yaml", "web", "new");
  const found = checkOwnership(desired, guard(["/b/web.yaml"]), running("/a/web.yaml", "web"));
  assert.deepEqual([...found.elsewhere.keys()], ["web"]);
  const taken = checkOwnership(desired, guard(["/b/web.yaml"], { takeOver: true }), running("/a/web.yaml", "web"));
  assert.equal(taken.elsewhere.size, 0);
});

test("foresee() lets a file have what came from the same folder, or from no file", () => {
  const desired = from("/a/renamed.yaml", "web");
  for (const former of ["/a/web.yaml", "-"]) {
    assert.equal(checkOwnership(desired, guard(["/a/"]), running(former, "web")).elsewhere.size, 0, former);
  }
});

test("foresee() prunes only what came from the same source, and only when asked", () => {
  const runs = [
    ...running("/a/all.yaml", "kept", "removed"),
    ...running("/b/other.yaml", "other"),
    ...running("-", "piped"),
  ];
  const desired = from("/a/all.yaml", "kept");
  assert.deepEqual(checkOwnership(desired, guard(["/a/all.yaml"]), runs).removed, []);
  assert.deepEqual(checkOwnership(desired, guard(["/a/all.yaml"], { prune: true }), runs).removed, ["removed"]);
  assert.deepEqual(checkOwnership(desired, guard(["/a/"], { prune: true }), runs).removed, ["removed"]);
});

test("foresee() keeps a source that has become empty from removing anything", () => {
  const runs = running("/a/web.yaml", "web");
  const emptied = [{ state: state("web", 0), source: { kind: "file", location: "/a/web.yaml" } }];
  assert.match(
    checkOwnership(emptied, guard(["/a/web.yaml"]), runs).emptied ?? "",
    /--allow-empty removes its 3 nodes/,
  );
  assert.equal(checkOwnership(emptied, guard(["/a/web.yaml"], { allowEmpty: true }), runs).emptied, null);
  assert.equal(checkOwnership(emptied, guard(["/a/web.yaml"]), []).emptied, null);
  assert.match(checkOwnership([], guard(["/a/"], { prune: true }), runs).emptied ?? "", /--allow-empty/);
  const pruned = checkOwnership([], guard(["/a/"], { prune: true, allowEmpty: true }), runs);
  assert.deepEqual([pruned.emptied, pruned.removed], [null, ["web"]]);
});
