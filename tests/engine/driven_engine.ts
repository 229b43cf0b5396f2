/**
 * An engine over runtime `posix` in the thread of the tests, and peers for its sockets.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { ApplyOutcome } from "../../src/api/apply_event.ts";
import { Engine } from "../../src/engine/engine.ts";
import { describeBuiltinTypes } from "../../src/nodes/builtin.ts";
import { parseEndpoint } from "../../src/socket/endpoint.ts";
import { loadTopology } from "../../src/topology/load/load.ts";
import { temporaryFolder } from "../conformance/folder.ts";
import { Recorder } from "../conformance/recorder.ts";
import { type Owned, World } from "../conformance/world.ts";
import { openDriven } from "../runtimes/posix/subject.ts";

/** An engine, and where its peers come from. */
export interface DrivenEngine {
  readonly engine: Engine;
  readonly world: World;
  /** A folder for local sockets. */
  readonly folder: string;
  /** Applies a topology named `t`; the text has no diagnostics. */
  apply(text: string): Promise<ApplyOutcome>;
  /** Opens a peer by the name of its endpoint, owner and all. */
  open(endpoint: string): Owned;
}

/** Runs `body` with a fresh engine, and ends it. */
export async function withDrivenEngine(body: (driven: DrivenEngine) => Promise<void>): Promise<void> {
  const folder = temporaryFolder();
  const [own, peers] = [openDriven(), openDriven()];
  try {
    await using engine = new Engine({ sockets: own, clock: own.posix.clock, pid: 7 });
    const open = (endpoint: string): Owned => {
      const socket = peers.open(parseEndpoint(endpoint));
      const owner = new Recorder();
      socket.owner = owner;
      return { socket, owner };
    };
    const world = new World(peers, folder.path);
    await body({ engine, world, folder: folder.path, open, apply: (text) => applyTo(engine, text) });
  } finally {
    await peers.close();
    await own.close();
    folder.remove();
  }

  async function applyTo(engine: Engine, text: string): Promise<ApplyOutcome> {
    const { topologies, diagnostics } = loadTopology({
      source: { name: "t.yaml", text },
      types: describeBuiltinTypes(own.capabilities),
      env: () => null,
      defaultName: "t",
      baseDirectory: folder.path,
    });
    assert.deepEqual(diagnostics.filter(({ severity }) => severity === "error"), []);
    const desired = topologies.map(({ state }) => {
      return { state, source: { kind: "file", location: "/t.yaml", revision: null } };
    });
    const request = { topologies: desired, replace: [], rollback: true, waitMs: 5_000 };
    const [outcome] = await engine.apply(request, () => {});
    if (outcome === undefined) throw new RangeError("Apply emitted no outcome");
    return outcome;
  }
}
