/**
 * A server that sends everything back twice, so that both directions of a connection have different counts.
 *
 * @module
 */

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";

/** A running server. */
export interface DoublingServer {
  /** As `connect` accepts it. */
  readonly address: string;
  close(): Promise<void>;
}

/** Starts it at a free port. */
export async function startDoublingServer(): Promise<DoublingServer> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on("error", () => {}); // A client that resets its connection.
    socket.on("data", (bytes) => {
      socket.write(bytes);
      socket.write(bytes);
    });
    socket.on("end", () => socket.end());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  return {
    address: `inet/127.0.0.1:${address.port}`,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
