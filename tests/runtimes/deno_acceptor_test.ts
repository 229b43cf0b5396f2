/**
 * The accepting half of a listener on Deno: what ends it, and what does not.
 *
 * @module
 */

import assert from "node:assert/strict";
import { DenoAcceptor } from "../../src/runtimes/deno/acceptor.ts";
import { test } from "../harness.ts";
import { STILL } from "../support/graph.ts";

test("DenoAcceptor goes on after a peer whose path is not UTF-8", async () => {
  const taken = Promise.withResolvers<string>();
  const conn = { close: () => {} };
  let asked = 0;
  const accept = (): Promise<typeof conn> => {
    asked++;
    if (asked > 1) return Promise.resolve(conn);
    return Promise.reject(Object.assign(new Error("not valid UTF-8"), { name: "InvalidData" }));
  };
  const acceptor = new DenoAcceptor(accept, { clock: STILL, descriptors: { isHeld: () => true } }, {
    accepted: () => taken.resolve("accepted"),
    paused: () => taken.resolve("paused"),
    failed: () => taken.resolve("failed"),
  });
  acceptor.want();
  assert.deepEqual([await taken.promise, asked], ["accepted", 2]);
});
