/**
 * A graph in a thread of its own, with peers of its sockets in the thread of the tests.
 *
 * @module
 */

import { startThreads } from "../../src/engine/threads/threads.ts";
import type { WorkerPort } from "../../src/engine/worker/worker_port.ts";
import { systemClock } from "../../src/runtimes/host/clock_system.ts";
import { sockaddr } from "../../src/socket/address_text.ts";
import type { SocketAddress } from "../../src/socket/address.ts";
import { parseText } from "../../src/ascii/parse.ts";
import { temporaryFolder } from "../conformance/folder.ts";
import { World } from "../conformance/world.ts";
import { openDriven } from "../runtimes/posix/subject.ts";

/** A graph thread under test. */
export interface GraphThread extends WorkerPort {
  /** Where the peers come from. */
  readonly world: World;
}

/** Runs `body` with a fresh thread whose graph has the scope `t`, and stops it. */
export async function withThread(
  body: (thread: GraphThread) => Promise<void>,
  { threads = 1 }: { readonly threads?: number } = {},
): Promise<void> {
  const folder = temporaryFolder();
  const sockets = openDriven();
  const thread = await startThreads({ runtime: "posix", clock: systemClock, random: Math.random, threads });
  try {
    await thread.port.openScope("t");
    await body({ ...thread, world: new World(sockets, folder.path) });
  } finally {
    await thread.port.close();
    await sockets.close();
    folder.remove();
  }
}

/** Makes a listener that relays to `target`; its address. */
export async function relayTo({ port }: GraphThread, target: SocketAddress): Promise<SocketAddress> {
  await port.send("t/:", "mkpeer", '{ type="ksocket" ourhook="front" peerhook="inet/stream/tcp" }');
  await port.send("t/front:", "bind", "inet/127.0.0.1:0");
  await port.send("t/front:", "listen", "256");
  await port.send("t/front:", "accept", `{ connect=${sockaddr.format(target)} }`, { declared: true });
  await port.send("t/:", "release", null);
  const { text } = await port.send("t/front:", "getname", null);
  return parseText(sockaddr, text ?? "");
}
