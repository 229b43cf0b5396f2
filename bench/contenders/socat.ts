/**
 * socat with large buffers: a process for each connection.
 *
 * @module
 */

import { type Contender, type RowName, STREAM_ROWS } from "../contender.ts";

/** socat as people tune it. */
export const socat: Contender = socatWith("socat 256k", {
  buffer: 256 * 1024,
  rows: [...STREAM_ROWS, "datagrams"],
  quickRows: ["bulk", "datagrams"],
});

/** socat with more than we read at once, which costs it least. */
export const socatLarge: Contender = socatWith("socat 1m", { buffer: 1024 * 1024, rows: ["bulk"], quickRows: [] });

function socatWith(
  name: string,
  { buffer, rows, quickRows }: { buffer: number; rows: readonly RowName[]; quickRows: readonly RowName[] },
): Contender {
  return {
    name,
    role: "peer",
    rows,
    quickRows,
    start({ children, transport, port, target }) {
      const ends = transport === "tcp"
        ? [`TCP-LISTEN:${port},bind=127.0.0.1,backlog=4096,fork,reuseaddr`, `TCP:127.0.0.1:${target}`]
        : ["-u", `UDP-RECV:${port},bind=127.0.0.1`, `UDP-SENDTO:127.0.0.1:${target}`];
      return children.start(["socat", "-b", String(buffer), ...ends]);
    },
  };
}
