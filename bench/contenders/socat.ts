/**
 * socat with large buffers: a process for each connection.
 *
 * @module
 */

import { type Contender, STREAM_ROWS } from "../contender.ts";

/** socat at its best in bulk. */
export const socat: Contender = {
  name: "socat 256k",
  role: "peer",
  rows: [...STREAM_ROWS, "datagrams"],
  quickRows: ["bulk", "datagrams"],
  start({ children, transport, port, target }) {
    const ends = transport === "tcp"
      ? [`TCP-LISTEN:${port},bind=127.0.0.1,backlog=4096,fork,reuseaddr`, `TCP:127.0.0.1:${target}`]
      : ["-u", `UDP-RECV:${port},bind=127.0.0.1`, `UDP-SENDTO:127.0.0.1:${target}`];
    return children.start(["socat", "-b", "262144", ...ends]);
  },
};
