/**
 * Nodes that are created before anything ends: new ones whose addresses and hooks are already free. If the system
 * rejects them, all connections are still open.
 *
 * @module
 */

import { forEachInTurn, type Task } from "../../cooperative.ts";
import { findReferences } from "../../graph/core/reference.ts";
import { type Claim, claimsClash, isNamed, type NamedClaim } from "../../graph/data/claim.ts";
import type { GraphState, NodeState } from "../../graph/data/state.ts";
import { allClaimsOf, placeOf } from "../diff/claims.ts";
import type { GraphDiff } from "../diff/diff.ts";
import { commandOf, tryParseArgument, type TypeTable } from "../diff/facts.ts";
import { nodesEnded, type TemporaryNames } from "./make_before_break.ts";

/** The number of messages that are sent before anything ends, by prepared node. */
export type Prepared = ReadonlyMap<string, number>;

/** The input of the choice. */
export interface PreparedOptions {
  readonly types: TypeTable;
  readonly observed: GraphState;
  /** Old nodes that stay until their replacements are created. */
  readonly temporaryNames: TemporaryNames;
  /** Nodes of all topologies of the change that end before others are created. */
  readonly ended: readonly NodeState[];
}

/** Which of the new nodes can be created before others end. */
export function* findPrepared(diff: GraphDiff, options: PreparedOptions): Task<Prepared> {
  const { types, observed, temporaryNames, ended } = options;
  const left = new Claims();
  yield* forEachInTurn(ended, (node) => left.add(allClaimsOf(types, node)));
  const candidates = new Map<string, NodeState>();
  yield* forEachInTurn(diff.nodes, (change) => {
    const { kind, node } = change;
    if (kind !== "add" && !(kind === "replace" && temporaryNames.has(node.name))) return;
    if (!left.clash(allClaimsOf(types, node))) candidates.set(node.name, node);
  });
  const unchanged = findUnchanged(diff, observed);
  const peers = new Map<string, string[]>();
  for (const { ends: [a, b] } of diff.make) {
    for (const [one, other] of [[a.node, b.node], [b.node, a.node]] as const) {
      const list = peers.get(one);
      if (list === undefined) peers.set(one, [other]);
      else list.push(other);
    }
  }
  const prepared = new Map<string, number>();
  const visited = new Set<string>();
  for (const name of candidates.keys()) {
    yield;
    if (visited.has(name)) continue;
    // Nodes of new links are created together: a link needs both of its ends and their hooks.
    const joined = joinedTo(name, peers);
    for (const one of joined) visited.add(one);
    if (![...joined].every((one) => candidates.has(one) || unchanged.has(one))) continue;
    for (const one of joined) {
      const node = candidates.get(one);
      if (node !== undefined) prepared.set(one, countIndependent(types, node));
    }
  }
  return prepared;
}

/** Nodes that stay, together with all their links. */
function findUnchanged({ nodes, part, manual }: GraphDiff, observed: GraphState): ReadonlySet<string> {
  const unchanged = new Set(observed.nodes.map(({ name }) => name));
  for (const { kind, node } of nodes) if (kind !== "update") unchanged.delete(node.name);
  const ending = new Set(nodesEnded({ nodes }).map(({ name }) => name));
  for (const { ends: [a, b] } of observed.links) {
    if (ending.has(a.node)) unchanged.delete(b.node);
    if (ending.has(b.node)) unchanged.delete(a.node);
  }
  for (const { ends } of part) for (const end of ends) unchanged.delete(end.node);
  for (const { node } of manual) if (node !== null) unchanged.delete(node);
  return unchanged;
}

function joinedTo(name: string, peers: ReadonlyMap<string, readonly string[]>): ReadonlySet<string> {
  const joined = new Set([name]);
  // Iteration over a set includes elements that are added meanwhile.
  for (const one of joined) for (const other of peers.get(one) ?? []) joined.add(other);
  return joined;
}

/** The number of its first messages that need no other node. */
function countIndependent(types: TypeTable, { type, messages }: NodeState): number {
  const first = messages.findIndex((message) => {
    if (message.argument !== null && findReferences(message.argument).length > 0) return true;
    const command = commandOf(types, type, message.command);
    if (command?.uses === undefined) return false;
    const args = tryParseArgument(command, message);
    return args === undefined || command.uses(args).length > 0;
  });
  return first === -1 ? messages.length : first;
}

/** Addresses that are released. */
class Claims {
  readonly #named = new Map<string, NamedClaim[]>();
  /** Hosts by space, of ports that the system chose: each may be the needed one. */
  readonly #unnamed = new Map<string, Set<string | null>>();

  add(claims: readonly Claim[]): void {
    for (const claim of claims) {
      if (!isNamed(claim)) {
        this.#unnamed.set(claim.space, (this.#unnamed.get(claim.space) ?? new Set()).add(claim.host));
        continue;
      }
      const list = this.#named.get(placeOf(claim));
      if (list === undefined) this.#named.set(placeOf(claim), [claim]);
      else list.push(claim);
    }
  }

  clash(claims: readonly Claim[]): boolean {
    return claims.filter(isNamed).some((claim) => {
      if (this.#named.get(placeOf(claim))?.some((other) => claimsClash(claim, other)) === true) return true;
      const hosts = this.#unnamed.get(claim.space);
      return hosts !== undefined && (claim.host === null || hosts.has(null) || hosts.has(claim.host));
    });
  }
}
