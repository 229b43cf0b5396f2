/**
 * Addresses to connect to, and hosts to bind, in the form in which claims are compared.
 *
 * @module
 */

import type { Claim, Target } from "../../graph/data/claim.ts";
import { type ConnectAddress, isWildcard, type SocketAddress } from "../../socket/address.ts";
import { connectAddress } from "../../socket/address_text.ts";

/** The targets of an address: one for each family of its hosts, none if the host is unknown. */
export function targetsAt(
  address: ConnectAddress,
  { space, each, messageIndex }: {
    readonly space: "tcp" | "udp";
    readonly each: boolean;
    readonly messageIndex: number;
  },
): readonly Target[] {
  if (address.family === "generic" || address.family === "pool") return [];
  const target = { each, messageIndex, text: connectAddress.format(address) };
  if (address.family === "local") return [{ ...target, space: "local", host: "", place: address.path }];
  const place = String(address.port);
  if (address.family !== "name") return [{ ...target, ...hostClaim(address, true), space, place }];
  if (address.name !== "localhost") return [];
  const families = address.of === "inet" || address.of === "inet6" ? [address.of] : ["inet", "inet6"] as const;
  return families.map((family) => ({
    ...target,
    host: family === "inet" ? "127.0.0.1" : "::1",
    family,
    space,
    place,
  }));
}

/** The claims of an address: the wildcard of inet6 also receives IPv4, unless it is IPv6 only. */
export function hostClaim(
  address: SocketAddress & { readonly family: "inet" | "inet6" },
  v6only: boolean,
): Pick<Claim, "host" | "family"> {
  const { family, host } = address;
  if (isWildcard(address)) return family === "inet6" && !v6only ? { host: null } : { host: null, family };
  const mapped = family === "inet6" ? /^::ffff:([0-9.]+)$/.exec(host)?.[1] : undefined;
  if (mapped !== undefined) return { host: mapped, family: "inet" };
  return { host: family === "inet6" && address.zone !== null ? `${host}%${address.zone}` : host, family };
}
