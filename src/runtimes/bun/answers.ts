/**
 * Whether a socket of some process is bound to a local path, on Bun.
 *
 * @module
 */

import { type LocalCalls, localCalls } from "./local_calls.ts";

/**
 * A listener accepts a connection, and a socket that is only bound reports another type to a datagram socket: if both
 * are refused, no socket has the path. Without these calls, the socket counts as alive.
 */
export async function answers(path: string): Promise<boolean> {
  const calls = await localCalls();
  return calls === null || isAlive(path, { calls, type: "stream" }) || isAlive(path, { calls, type: "dgram" });
}

/** A socket of another type is alive, as is one with a full backlog. */
function isAlive(path: string, { calls, type }: { calls: LocalCalls; type: "stream" | "dgram" }): boolean {
  const result = calls.connect(path, type);
  if (typeof result === "number") {
    calls.close(result);
    return true;
  }
  if (result.code === "ECONNREFUSED") return false;
  if (result.code === "EPROTOTYPE" || result.code === "EAGAIN") return true;
  throw result;
}
