/**
 * accept's rates under many clients at once.
 *
 * @module
 */

import assert from "node:assert/strict";
import { connect } from "node:net";
import { scenario } from "./world.ts";

const TRIES = 500;

/** Whether a client is served, or closed. */
function attempt(port: number): Promise<"served" | "closed"> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => {}); // A reset, where the runtime can send one.
    socket.once("connect", () => socket.write("hello"));
    socket.once("data", () => {
      resolve("served");
      socket.end();
    });
    socket.once("close", () => resolve("closed"));
  });
}

const echo = (limits: string) => `
name: echo
nodes:
  server:
    type: ksocket
    hook: inet/stream/tcp
    messages: [{ bind: "inet/127.0.0.1:0" }, { listen: 1024 }, { accept: { peer: echo, ${limits} } }, getname]
  echo: { type: echo }
`;

for (
  const [limits, admitted] of [["rate: 1/h, burst: 20, overflow: refuse", 20], ["ratePerSource: 1/h, burst: 7", 7]]
) {
  scenario(`accept { ${limits} } admits ${admitted} of ${TRIES} tries at once`, {}, async (withTopology) => {
    await withTopology("echo", {}, async ({ apply, port, engine }) => {
      await apply({ text: echo(String(limits)) });
      const at = await port("server");
      const outcomes = await Promise.all(Array.from({ length: TRIES }, () => attempt(at)));
      assert.equal(outcomes.filter((outcome) => outcome === "served").length, admitted);
      const server = (await engine.status()).topologies[0]?.nodes.find(({ name }) => name === "server");
      assert.equal(server?.connections?.results?.["rate"], TRIES - Number(admitted));
    });
  });
}
