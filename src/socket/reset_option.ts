/**
 * How an option that was set is reset.
 *
 * @module
 */

import { namedOption, optionKey, type SocketOption } from "./option.ts";

/** Options that have no effect once the socket has its address. */
export const BEFORE_BIND: readonly string[] = ["SO_REUSEADDR", "SO_REUSEPORT", "IPV6_V6ONLY"];

/** Options that join a group, by the option that leaves it. */
const MEMBERSHIPS: Readonly<Record<string, string>> = {
  IP_ADD_MEMBERSHIP: "IP_DROP_MEMBERSHIP",
  IPV6_JOIN_GROUP: "IPV6_LEAVE_GROUP",
};

/**
 * Once these are set, the system no longer sizes them automatically, even if they are set again later: Linux also
 * doubles them.
 */
const FOR_GOOD = ["SO_RCVBUF", "SO_SNDBUF"];

/** The identity of a setting: the option, and for a membership its group, whether joined or left. */
export function settingKey(option: SocketOption): string {
  const joins = Object.entries(MEMBERSHIPS).find(([, leave]) => leave === option.option)?.[0];
  return optionKey(joins === undefined ? option : { ...option, option: joins });
}

/**
 * The option that resets `option`; null if there is none.
 *
 * @param before the value that was read before it was set; null if that was not possible
 */
export function formerOption(option: SocketOption, before: SocketOption | null): SocketOption | null {
  const { option: name } = option;
  if (name !== null && FOR_GOOD.includes(name)) return null;
  const leaves = name === null ? undefined : MEMBERSHIPS[name];
  if (leaves === undefined) return before?.value === null ? null : before;
  return namedOption(leaves, option.value);
}
