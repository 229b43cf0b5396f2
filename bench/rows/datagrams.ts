/**
 * Row `datagrams`: datagrams of 64 bytes in one direction, as fast as the sender can, by a small program in C that is built for
 * the run.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { type Children, Unavailable } from "../children.ts";
import { freePort } from "../ports.ts";
import type { Row } from "../row.ts";

const DATAGRAM_BYTES = 64;

/** UDP at full rate. */
export const datagrams: Row = {
  name: "datagrams",
  title: "UDP relay, 64-byte datagrams at full rate",
  unit: "k/s",
  asideUnits: ["% arrived"],
  cpu: { name: "CPU µs each", perSecond: 1e6 },
  transport: "udp",
  lessIsBetter: false,
  direct: true,
  once: false,
  async open({ children, folder }) {
    const program = await build(children, folder);
    const target = freePort("udp");
    return {
      target,
      measure: async (port, { seconds }) => {
        const text = await children.run([program, ...[port, target, DATAGRAM_BYTES, seconds].map(String)]);
        const { sent, received } = JSON.parse(text);
        if (received === 0) throw new Error(`${sent} datagrams were sent, none arrived`);
        return { value: received / seconds / 1000, asides: [100 * received / sent], done: received };
      },
    };
  },
};

async function build(children: Children, folder: string): Promise<string> {
  const program = `${folder}/udp_blast`;
  const source = fileURLToPath(new URL("../udp_blast.c", import.meta.url));
  try {
    await children.run(["cc", "-O2", "-o", program, source, "-lpthread"]);
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    throw new Unavailable("a C compiler (cc) builds the sender, and none is installed");
  }
  return program;
}
