/**
 * Finds nodes that are equal except for their names, including several linked nodes with new names: type, hook,
 * messages and links are equal, if the other ends of the links use their new names.
 *
 * This is colour refinement: every node starts with a number for its own properties, and repeatedly gets one for that
 * number and those of its neighbours, until no more nodes are distinguished. Nodes of equal numbers are paired, and
 * from each pair on their neighbours. Pairs that are not equal in the end are dropped: a wrong pair would be applied as
 * a rename, and close its connections.
 *
 * @module
 */

import { formatMessage, type GraphState, type NodeState } from "../../graph/data/state.ts";
import { forEachInTurn, type Task } from "../../cooperative.ts";

/** A node's link, relative to the node; "" is an automatic hook. */
interface Tie {
  readonly hook: string;
  readonly far: string;
  readonly farHook: string;
}

/** Nodes of one state that have no counterpart yet, and the links of all. */
interface Side {
  readonly nodes: readonly NodeState[];
  readonly ties: ReadonlyMap<string, readonly Tie[]>;
  /** The name of a node in the desired state. */
  called(name: string): string;
}

type Numbers = ReadonlyMap<string, number>;

/** Rings of equal nodes that are longer than this are distinguished only by their vicinity. */
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
    ties: yield* tiesOf(states.observed, removed),
    called: (name) => newNames.get(name) ?? name,
  };
  const after: Side = {
    nodes: added.filter((node) => !renames.has(node.name)),
    ties: yield* tiesOf(states.desired, added),
    called: (name) => name,
  };
  if (before.nodes.length === 0 || after.nodes.length === 0) return;
  const [old, young] = yield* numbering(before, after);
  const pairs = yield* pairing({ before, old }, { after, young });
  yield* dropUnequal(pairs, before, after);
  for (const [to, from] of pairs) renames.set(to, from);
}

function* tiesOf(state: GraphState, nodes: readonly NodeState[]): Task<ReadonlyMap<string, readonly Tie[]>> {
  const ties = new Map<string, Tie[]>(nodes.map((node) => [node.name, []]));
  yield* forEachInTurn(state.links, ({ ends: [a, b] }) => {
    for (const [own, far] of [[a, b], [b, a]] as const) {
      ties.get(own.node)?.push({ hook: own.hook ?? "", far: far.node, farHook: far.hook ?? "" });
    }
  });
  return ties;
}

/** Numbers that are equal for nodes of both sides that cannot be distinguished. */
function* numbering(before: Side, after: Side): Task<readonly [Numbers, Numbers]> {
  const first = new Map<string, number>();
  const alone = ({ nodes }: Side): Numbers =>
    new Map(nodes.map((node) => [node.name, numberOf(first, selfText(node))]));
  let numbers: readonly [Numbers, Numbers] = [alone(before), alone(after)];
  let kinds = first.size;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const known = new Map<string, number>();
    const next = [new Map<string, number>(), new Map<string, number>()] as const;
    for (const [index, side] of [before, after].entries()) {
      const now = numbers[index === 0 ? 0 : 1];
      yield* forEachInTurn(side.nodes, ({ name }) => {
        next[index === 0 ? 0 : 1].set(name, numberOf(known, `${now.get(name)} ${tiesText(side, name, now)}`));
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

function tiesText({ ties, called }: Side, name: string, numbers: Numbers): string {
  const texts = (ties.get(name) ?? []).map(({ hook, far, farHook }) => {
    return JSON.stringify([hook, farHook, numbers.get(far) ?? called(far)]);
  });
  return texts.sort().join();
}

/** Old names by new names: nodes of equal numbers, and from each pair on their neighbours. */
function* pairing(
  { before, old }: { readonly before: Side; readonly old: Numbers },
  { after, young }: { readonly after: Side; readonly young: Numbers },
): Task<Map<string, string>> {
  const free = new Map<number, Set<string>>();
  for (const [name, number] of old) free.set(number, (free.get(number) ?? new Set()).add(name));
  const pairs = new Map<string, string>();
  const take = (to: string, from: string): boolean => {
    const number = young.get(to);
    if (number === undefined || pairs.has(to) || free.get(number)?.delete(from) !== true) return false;
    pairs.set(to, from);
    return true;
  };
  for (const { name } of after.nodes) {
    yield;
    const [from] = free.get(young.get(name) ?? -1) ?? [];
    const work = from !== undefined && take(name, from) ? [{ to: name, from }] : [];
    for (let next = work.pop(); next !== undefined; next = work.pop()) {
      for (const tie of after.ties.get(next.to) ?? []) {
        const other = before.ties.get(next.from)?.find((one) => {
          return one.hook === tie.hook && one.farHook === tie.farHook && take(tie.far, one.far);
        });
        if (other !== undefined) work.push({ to: tie.far, from: other.far });
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
    const renamed: Side = { ...before, called: (name) => newNames.get(name) ?? before.called(name) };
    yield* forEachInTurn([...pairs], ([to, from]) => {
      if (tiesText(renamed, from, noNumbers) === tiesText(after, to, noNumbers)) return;
      pairs.delete(to);
      dropped = true;
    });
  }
}
