/**
 * How an exchange ends whose engine is gone.
 *
 * @module
 */

import assert from "node:assert/strict";
import { engineExited } from "../../src/cli/client_transport.ts";
import { CommandFailure } from "../../src/cli/command.ts";
import { engineEnded, followEvents, isBroken } from "../../src/cli/follow.ts";
import type { ControlEvent } from "../../src/api/operations/events.ts";
import { ControlError } from "../../src/api/client.ts";
import { NetgraphError } from "../../src/errors.ts";
import { test } from "../harness.ts";

const CASES: readonly (readonly [error: unknown, broken: boolean])[] = [
  [new ControlError("no-engine", "In the middle"), true],
  [engineExited(new TypeError("body")), true],
  [new ControlError("internal", "Bug"), false],
  [new NetgraphError("ENOENT", "No topology"), false],
  [new CommandFailure(75, "Another user's"), false],
];

test("isBroken() distinguishes an engine that ended from one that refuses", () => {
  for (const [error, broken] of CASES) assert.equal(isBroken(error), broken, String(error));
});

async function* failing(error: unknown): AsyncGenerator<ControlEvent> {
  await Promise.resolve();
  yield { time: "", level: "info", kind: "heartbeat" };
  throw error;
}

test("followEvents() ends 75 when the engine does, and quietly after its signal", async () => {
  const abort = new AbortController();
  for (const [error, broken] of CASES) {
    const followed = followEvents({ events: () => failing(error) }, () => {}, abort);
    await assert.rejects(followed, broken ? engineEnded() : (thrown) => thrown === error);
  }
  await followEvents({ events: () => failing(engineExited(null)) }, () => abort.abort(), abort);
});
