import assert from "node:assert/strict";
import { peer } from "../harness.ts";
import { freePort, launch } from "../support/process.ts";
import { scenario } from "./world.ts";

const socat = peer("socat");

/** A frame that a line of text is: addresses are six equal letters, of which the lower-case ones mean several hosts. */
function line(to: string, from: string, text: string): string {
  return `${to.repeat(6)}${from.repeat(6)}  ${text}\n`;
}

scenario(
  "topologies/udp-switch.yaml joins three places, and learns where each is",
  { peers: [socat], timeoutMs: 30_000 },
  async (withTopology) => {
    const ports = [await freePort(), await freePort(), await freePort()] as const;
    const [A, B, C] = ports.map((port) => `127.0.0.1:${port}`);
    const env = { A: A ?? "", B: B ?? "", C: C ?? "", PORT_B: "0", PORT_C: "0" };
    await withTopology("udp-switch", env, async ({ address, engine }) => {
      const join = async (node: string, port: number) =>
        launch(socat.path ?? "", ["-dd", "-", `UDP:${await address(node)},bind=127.0.0.1:${port}`]);
      await using a = await join("a", ports[0]);
      await using b = await join("b", ports[1]);
      await using c = await join("c", ports[2]);
      await Promise.all([a, b, c].map((one) => one.until(/starting data transfer loop/)));

      a.write(line("a", "B", "who is there"));
      await Promise.all([b.until(/who is there\n/), c.until(/who is there\n/)]);
      b.write(line("B", "D", "for a alone"));
      await a.until(/for a alone\n/);
      c.write(line("D", "F", "for b alone"));
      await b.until(/for b alone\n/);
      b.write(line("a", "D", "the end"));
      const heard = await Promise.all([a.until(/the end\n/), c.until(/the end\n/)]);
      for (const text of heard) assert.ok(!text.includes("for b alone"));
      assert.ok(!heard[1]?.includes("for a alone"));

      const table = await engine.msg({ path: "udp-switch/switch:", command: "gettable", argument: null });
      for (const [host, link] of [["42", 0], ["44", 1], ["46", 2]]) {
        const desired = new RegExp(`addr=${Array.from({ length: 6 }, () => host).join(":")}[^}]* hook="link${link}"`);
        assert.match(table.text ?? "", desired);
      }
    });
  },
);
