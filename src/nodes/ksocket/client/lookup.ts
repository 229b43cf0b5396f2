/**
 * Looking up a name whose family may be open.
 *
 * @module
 */

import { NetgraphError } from "../../../errors.ts";
import type { SocketAddress, TargetAddress } from "../../../socket/address.ts";
import type { SocketRuntime } from "../../../socket/socket.ts";

type Found = (result: readonly SocketAddress[] | NetgraphError) => void;
type Lookup = Pick<SocketRuntime, "lookup">;

/** Looks a name up; where it leaves the family open, in both. */
export function lookUpName(
  runtime: Lookup,
  { of, name, port }: Extract<TargetAddress, { readonly family: "name" }>,
  done: Found,
): void {
  if (of === "inet" || of === "inet6") runtime.lookup({ family: of, name, port }, done);
  else lookUpBoth(runtime, { name, port }, done);
}

/**
 * Looks a name up in both families: the addresses of both in turn, those of IPv6 first.
 *
 * @param done gets the failure where neither family has an address
 */
function lookUpBoth(
  runtime: Lookup,
  { name, port }: { readonly name: string; readonly port: number },
  done: Found,
): void {
  let other: readonly SocketAddress[] | NetgraphError | null = null;
  const take = (family: "inet" | "inet6") => (result: readonly SocketAddress[] | NetgraphError): void => {
    if (other === null) {
      other = result;
      return;
    }
    const [six, four] = family === "inet6" ? [result, other] : [other, result];
    if (six instanceof NetgraphError) return done(four);
    done(four instanceof NetgraphError ? six : inTurns(six, four));
  };
  runtime.lookup({ family: "inet6", name, port }, take("inet6"));
  runtime.lookup({ family: "inet", name, port }, take("inet"));
}

function inTurns<T>(some: readonly T[], others: readonly T[]): readonly T[] {
  const all: T[] = [];
  for (let at = 0; at < Math.max(some.length, others.length); at++) {
    const [one, other] = [some[at], others[at]];
    if (one !== undefined) all.push(one);
    if (other !== undefined) all.push(other);
  }
  return all;
}
