/**
 * Whether a socket of some process is bound to a local path, on Bun.
 *
 * @module
 */

import { type LocalCalls, localCalls } from "./local_calls.ts";

/**
 * One that listens takes a connection, one that only is bound says to a datagram socket that it is of another type: where
 * both are refused, no socket has the path. Where the calls are missing, the socket is taken to live.
 */
export async function answers(path: string): Promise<boolean> {
  const calls = await localCalls();
  return calls === null || isAlive(path, { calls, type: "stream" }) || isAlive(path, { calls, type: "dgram" });
}

/** A socket of another type lives, as does one with a full backlog. */
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
