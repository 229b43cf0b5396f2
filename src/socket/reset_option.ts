/**
 * How an option that was set is taken back.
 *
 * @module
 */

import { namedOption, optionKey, type SocketOption } from "./option.ts";

/** Options that make no difference once the socket has its address. */
export const BEFORE_BIND: readonly string[] = ["SO_REUSEADDR", "SO_REUSEPORT", "IPV6_V6ONLY"];

/** Who joins a group, and who leaves it. */
const MEMBERSHIPS: Readonly<Record<string, string>> = {
  IP_ADD_MEMBERSHIP: "IP_DROP_MEMBERSHIP",
  IPV6_JOIN_GROUP: "IPV6_LEAVE_GROUP",
};

/** Once set, the system sizes them by itself no more, whatever they are set to later: Linux also doubles them. */
const FOR_GOOD = ["SO_RCVBUF", "SO_SNDBUF"];

/** What makes two settings the same setting: the option, and for a membership its group, whether joined or left. */
export function settingKey(option: SocketOption): string {
  const joins = Object.entries(MEMBERSHIPS).find(([, leave]) => leave === option.option)?.[0];
  return optionKey(joins === undefined ? option : { ...option, option: joins });
}

/**
 * The option that undoes `option`; null where nothing does.
 *
 * @param before what was read before it was set; null where that was not possible
 */
export function formerOption(option: SocketOption, before: SocketOption | null): SocketOption | null {
  const { option: name } = option;
  if (name !== null && FOR_GOOD.includes(name)) return null;
  const leaves = name === null ? undefined : MEMBERSHIPS[name];
  if (leaves === undefined) return before?.value === null ? null : before;
  return namedOption(leaves, option.value);
}
