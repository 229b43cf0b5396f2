/**
 * The direct way of a bulk stream: a runtime may pass its bytes from socket to socket without reading them, as long as
 * nothing has to see them. Every reason why something has to is here; what it changes is noticed at the next step.
 *
 * Rates, counts and time-outs need only the number of bytes.
 *
 * @module
 */

import type { Hook } from "../../../graph/core/hook.ts";
import type { Socket } from "../../../socket/socket.ts";
import type { ConnectionTap } from "./connection_tap.ts";
import type { Ends } from "./ends.ts";

/** The connection that sends the bytes. */
export interface DirectReceiver {
  readonly phase: string;
  readonly socket: Socket | null;
  readonly tap: ConnectionTap | null;
  readonly ends: Ends;
  /**
   * Its socket has accepted bytes that arrived at a hook.
   *
   * @returns as `receive` of a node
   */
  sent(hook: Hook, bytes: number, isFull: boolean): void | false;
}

/** The connection that receives the bytes. */
export interface DirectSender {
  readonly hook: Hook | null;
  readonly tap: ConnectionTap | null;
  readonly host: DirectHost;
}

/** Its ksocket. */
export interface DirectHost {
  /** The connection of the ksocket that has this hook; null if a node of another type has it. */
  receiverAt(hook: Hook): DirectReceiver | null;
}

/** The connection at the other end of the hook, if its socket can have the bytes directly. */
export function directReceiver({ hook, tap, host }: DirectSender): DirectReceiver | null {
  const peer = hook?.peer ?? null;
  if (peer === null || peer.node.crashed || tap?.isRead === true) return null;
  // A node that is not a socket has to see them.
  const receiver = host.receiverAt(peer);
  if (receiver === null || receiver.tap?.isRead === true) return null;
  return receiver.phase === "connected" && !receiver.ends.writeEnded ? receiver : null;
}
