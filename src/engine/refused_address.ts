/**
 * An address that the system rejected: its owner, and the message of the topology that names it.
 *
 * A runtime may bind at a later message (`listen`): the message to correct is the one with the address.
 *
 * @module
 */

import type { ApplyOutcome } from "../api/apply_event.ts";
import type { ErrorCode } from "../errors.ts";
import type { NamedClaim } from "../graph/data/claim.ts";
import type { GraphState } from "../graph/data/state.ts";
import type { TypeTable } from "../reconcile/diff/facts.ts";
import { claimsOf } from "../reconcile/diff/claims.ts";
import { type AddressUsers, formatUser } from "../runtimes/address_users.ts";

/** The facts about addresses. */
export interface AddressKnowledge {
  readonly types: TypeTable;
  /** This process. */
  readonly pid: number;
  /** Asks the system; absent if unavailable. */
  readonly users?: AddressUsers;
}

/** The sources of information on addresses. */
export function addressKnowledge(
  { pid, addresses }: { readonly pid: number; readonly addresses?: AddressUsers },
  types: TypeTable,
): AddressKnowledge {
  return { types, pid, ...(addresses === undefined ? {} : { users: addresses }) };
}

/** Errors of the address itself. */
const ADDRESS_ERRORS: readonly ErrorCode[] = [
  "EADDRINUSE",
  "EADDRNOTAVAIL",
  "EACCES",
  "EPERM",
  "ENOENT",
  "ENOTDIR",
  "ENAMETOOLONG",
];

/** True if a change failed because of an address in use. */
export function isRefusedAddress({ result, code }: ApplyOutcome): boolean {
  return (result === "rolled-back" || result === "failed") && code === "EADDRINUSE";
}

/**
 * The outcome of `state` with the message that names the failed address, and with its owner if the address is in use.
 */
export async function withOwner(
  outcome: ApplyOutcome,
  state: GraphState,
  knowledge: AddressKnowledge,
): Promise<ApplyOutcome> {
  const node = state.nodes.find(({ name }) => name === outcome.at?.node);
  const inUse = isRefusedAddress(outcome);
  if (node === undefined || !ADDRESS_ERRORS.some((code) => code === outcome.code)) return outcome;
  const claims = claimsOf(knowledge.types, node);
  // "Cannot listen on NODE at ADDRESS: …": other errors may concern another address, such as the one of a connect.
  const claim = claims.find(({ text }) => outcome.message?.includes(inUse ? text : ` at ${text}: `)) ??
    (inUse ? claims[0] : undefined);
  if (claim === undefined) return outcome;
  const named = node.messages.findIndex(({ argument }) => argument === claim.text);
  const at = named < 0 ? outcome.at : { node: node.name, messageIndex: named };
  if (!inUse) return { ...outcome, at };
  // The reconciler has named a node of this engine.
  if (/ by "[^"]+"$/.test(outcome.message ?? "")) return { ...outcome, at };
  const owner = await processThatHas(claim, knowledge);
  return { ...outcome, at, message: owner === null ? outcome.message : `${outcome.message} by ${owner}` };
}

async function processThatHas(claim: NamedClaim, { users, pid }: AddressKnowledge): Promise<string | null> {
  const [found = []] = await users?.find([claim], { programs: false }) ?? [];
  if (found.length === 0) return null;
  return found.map((user) => user.pid === pid ? "this engine" : formatUser(user)).join(", ");
}
