/**
 * Finds nodes that are equal except for their names, including several linked nodes with new names: type, hook,
 * messages and links are equal, if the other ends of the links use their new names.
 *
 * This is colour refinement: every node starts with a number for its own properties, and repeatedly gets one for that
 * number and those of its peers, until no more nodes are distinguished. Nodes of equal numbers are paired, then
 * the peers of each pair. Pairs that are not equal in the end are dropped: a wrong pair would be applied as
 * a rename, and close its connections.
 *
 * @module
 */

import { formatMessage, type GraphState, type NodeState } from "../../graph/data/state.ts";
import { forEachInTurn, type Task } from "../../cooperative.ts";

/** A node's link, relative to the node; "" is an automatic hook. */
interface NodeLink {
  readonly hook: string;
  readonly far: string;
  readonly farHook: string;
}

/** Nodes of one state that have no counterpart yet, and the links of all. */
interface Side {
  readonly nodes: readonly NodeState[];
  readonly links: ReadonlyMap<string, readonly NodeLink[]>;
  /** The name of a node in the desired state. */
  nameInDesired(name: string): string;
}

type Numbers = ReadonlyMap<string, number>;

/** Rings of equal nodes that are longer than this are distinguished only by their peers up to that distance. */
const MAX_ROUNDS = 20;

/** The candidates for nodes without a counterpart. */
export interface Unmatched {
  /** Nodes of the desired state whose names the observed one does not have. */
  readonly added: readonly NodeState[];
  /** The other way round. */
  readonly removed: readonly NodeState[];
}

/** Adds to `renames`, old names by new names, the nodes that differ only in their names. */
export function* matchRenamed(
  states: { readonly observed: GraphState; readonly desired: GraphState },
  { added, removed }: Unmatched,
  renames: Map<string, string>,
): Task<void> {
  const newNames = new Map([...renames].map(([to, from]) => [from, to]));
  const before: Side = {
    nodes: removed.filter((node) => !newNames.has(node.name)),
    links: yield* linksOf(states.observed, removed),
    nameInDesired: (name) => newNames.get(name) ?? name,
  };
  const after: Side = {
    nodes: added.filter((node) => !renames.has(node.name)),
    links: yield* linksOf(states.desired, added),
    nameInDesired: (name) => name,
  };
  if (before.nodes.length === 0 || after.nodes.length === 0) return;
  const [oldNumbers, newNumbers] = yield* numbering(before, after);
  const pairs = yield* pairing({ before, oldNumbers }, { after, newNumbers });
  yield* dropUnequal(pairs, before, after);
  for (const [to, from] of pairs) renames.set(to, from);
}

function* linksOf(state: GraphState, nodes: readonly NodeState[]): Task<ReadonlyMap<string, readonly NodeLink[]>> {
  const links = new Map<string, NodeLink[]>(nodes.map((node) => [node.name, []]));
  yield* forEachInTurn(state.links, ({ ends: [a, b] }) => {
    for (const [own, far] of [[a, b], [b, a]] as const) {
      links.get(own.node)?.push({ hook: own.hook ?? "", far: far.node, farHook: far.hook ?? "" });
    }
  });
  return links;
}

/** Numbers that are equal for nodes of both sides that cannot be distinguished. */
function* numbering(before: Side, after: Side): Task<readonly [Numbers, Numbers]> {
  const first = new Map<string, number>();
  const initialNumbers = ({ nodes }: Side): Numbers =>
    new Map(nodes.map((node) => [node.name, numberOf(first, selfText(node))]));
  let numbers: readonly [Numbers, Numbers] = [initialNumbers(before), initialNumbers(after)];
  let kinds = first.size;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const known = new Map<string, number>();
    const next = [new Map<string, number>(), new Map<string, number>()] as const;
    for (const [index, side] of [before, after].entries()) {
      const now = numbers[index === 0 ? 0 : 1];
      yield* forEachInTurn(side.nodes, ({ name }) => {
        next[index === 0 ? 0 : 1].set(name, numberOf(known, `${now.get(name)} ${linksText(side, name, now)}`));
      });
    }
    numbers = next;
    // Groups are only ever split: an equal number of groups means that nothing changed.
    if (round > 0 && known.size === kinds) break;
    kinds = known.size;
  }
  return numbers;
}

function numberOf(known: Map<string, number>, text: string): number {
  const number = known.get(text) ?? known.size;
  known.set(text, number);
  return number;
}

function selfText({ type, hook, restart, messages }: NodeState): string {
  return JSON.stringify([type, hook, restart, messages.map(formatMessage)]);
}

function linksText({ links, nameInDesired }: Side, name: string, numbers: Numbers): string {
  const texts = (links.get(name) ?? []).map(({ hook, far, farHook }) => {
    return JSON.stringify([hook, farHook, numbers.get(far) ?? nameInDesired(far)]);
  });
  return texts.sort().join();
}

/** Old names by new names: nodes of equal numbers, then the peers of each pair. */
function* pairing(
  { before, oldNumbers }: { readonly before: Side; readonly oldNumbers: Numbers },
  { after, newNumbers }: { readonly after: Side; readonly newNumbers: Numbers },
): Task<Map<string, string>> {
  const free = new Map<number, Set<string>>();
  for (const [name, number] of oldNumbers) free.set(number, (free.get(number) ?? new Set()).add(name));
  const pairs = new Map<string, string>();
  const pair = (to: string, from: string): boolean => {
    const number = newNumbers.get(to);
    if (number === undefined || pairs.has(to) || free.get(number)?.delete(from) !== true) return false;
    pairs.set(to, from);
    return true;
  };
  for (const { name } of after.nodes) {
    yield;
    const [from] = free.get(newNumbers.get(name) ?? -1) ?? [];
    const work = from !== undefined && pair(name, from) ? [{ to: name, from }] : [];
    for (let next = work.pop(); next !== undefined; next = work.pop()) {
      for (const link of after.links.get(next.to) ?? []) {
        const other = before.links.get(next.from)?.find((one) => {
          return one.hook === link.hook && one.farHook === link.farHook && pair(link.far, one.far);
        });
        if (other !== undefined) work.push({ to: link.far, from: other.far });
      }
    }
  }
  return pairs;
}

/** Removes pairs whose links are not equal under the new names, until all remaining ones are. */
function* dropUnequal(pairs: Map<string, string>, before: Side, after: Side): Task<void> {
  const noNumbers: Numbers = new Map();
  for (let dropped = true; dropped;) {
    dropped = false;
    const newNames = new Map([...pairs].map(([to, from]) => [from, to]));
    const renamed: Side = { ...before, nameInDesired: (name) => newNames.get(name) ?? before.nameInDesired(name) };
    yield* forEachInTurn([...pairs], ([to, from]) => {
      if (linksText(renamed, from, noNumbers) === linksText(after, to, noNumbers)) return;
      pairs.delete(to);
      dropped = true;
    });
  }
}
