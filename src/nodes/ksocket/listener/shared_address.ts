/**
 * A listener whose address other threads bind too.
 *
 * The option that allows it is ours, not the topology's: it is set when the listener has its address, so that binding
 * still fails where somebody else has it, and taken back when the listener is alone again.
 *
 * @module
 */

import { parseText } from "../../../ascii/parse.ts";
import type { Node } from "../../../graph/core/node.ts";
import type { Share } from "../../../graph/data/share.ts";
import { optionKey, type SocketOption, sockopt } from "../../../socket/option.ts";
import type { Socket } from "../../../socket/socket.ts";

const SHARE: SocketOption = parseText(sockopt, "{ SO_REUSEPORT=1 }");
const ALONE: SocketOption = parseText(sockopt, "{ SO_REUSEPORT=0 }");

/** Lets the other parts of a listener bind its address, or lets them no longer. */
export function shareAddress(node: Node, socket: Socket, { of }: Share): void {
  if (of > 1) return socket.setOption(SHARE);
  const asked = node.log.entries().some(({ command, keys }) => {
    return command === "setopt" && keys?.includes(optionKey(SHARE)) === true;
  });
  if (!asked) socket.setOption(ALONE);
}
