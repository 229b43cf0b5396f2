/**
 * The status of a topology: the desired state, the observed state, and the actions of the loop, as plain data. A pure
 * function.
 *
 * @module
 */

import type { CountsSnapshot } from "../../graph/data/counts.ts";
import { countsOfCopies } from "../../graph/snapshot/lasting_counts.ts";
import type { CopiesSnapshot, NodeSnapshot, ScopeSnapshot } from "../../graph/data/snapshot.ts";
import { emptyState, formatEnd, type GraphState } from "../../graph/data/state.ts";
import { tapOnlyNodes } from "./tap_only.ts";
import { conditionsOf, nodeOfEnd, type StallCause } from "./condition.ts";
import { forEachInTurn, runSync, type Task } from "../../cooperative.ts";
import { diffTask, type GraphDiff } from "../diff/diff.ts";
import { linkKey } from "../diff/diff_links.ts";
import type { TypeTable } from "../diff/facts.ts";
import { declaredName, observeTask } from "../diff/observe.ts";
import { nodeStatus, type Retry, templateNodeStatus } from "./status_node.ts";
import type {
  Condition,
  Health,
  LinkStatus,
  NodeCondition,
  NodeStatus,
  SourceStatus,
  TopologyStatus,
} from "./status_types.ts";

/** The loop's facts about a topology. */
export interface TopologyFacts {
  readonly types: TypeTable;
  readonly desired: GraphState;
  /** The running state; null if nothing runs. */
  readonly snapshot: ScopeSnapshot | null;
  readonly source: SourceStatus;
  readonly generation: number;
  /** The last generation that was fully applied. */
  readonly observedGeneration: number;
  readonly applying: boolean;
  readonly suspended: boolean;
  /** True if its source is followed and no longer has it. */
  readonly orphaned?: boolean;
  /** True if it is suspended, and its source has changed. */
  readonly heldBack?: boolean;
  readonly retries: ReadonlyMap<string, Retry>;
  /** Messages with a verified effect, in ASCII form, by node. */
  readonly verified: ReadonlyMap<string, ReadonlySet<string>>;
  /** Nodes that wait for another node's replies. */
  readonly waiting: ReadonlySet<string>;
  /** The problem of the whole topology. */
  readonly stallCause: StallCause | null;
  /** When the running generation is rolled back unless it is confirmed; null if it needs no confirmation. */
  readonly confirmUntil: Date | null;
  /** The earlier conditions, to keep their times. */
  readonly conditions: readonly Condition[];
  readonly now: Date;
}

/** The status of a topology. */
export function topologyStatus(facts: TopologyFacts): TopologyStatus {
  return runSync(statusTask(facts));
}

/** The same as a task. */
export function* statusTask(facts: TopologyFacts): Task<TopologyStatus> {
  const { desired, snapshot, source, generation, observedGeneration, applying } = facts;
  const timings = snapshot?.timings ?? {};
  const nodes = yield* nodeStatuses(facts);
  yield;
  // While a change is in progress, differences are expected.
  const drift = applying ? null : yield* drifting({ ...facts, waiting: underWay(facts) });
  yield;
  const past = [...snapshot?.past ?? [], ...copiesOf(snapshot).past];
  const outliving = snapshot?.unnamed.outliving ?? {};
  const own = nodes.slice(0, desired.nodes.length);
  const links = yield* linkStatuses(desired, snapshot);
  yield;
  const finished = new Set([...facts.retries].filter(([, retry]) => retry.finished).map(([name]) => name));
  const attempts = [...facts.retries].flatMap(([name, { attempt }]) =>
    attempt === null ? [] : [[name, attempt] as const]
  );
  const linkDown = applying
    ? null
    : yield* findLinkDown(links, { own, except: new Set([...finished, ...underWay(facts)]) });
  const health = healthOf(facts, { own, linkDown });
  // Asked only where something is wrong: most topologies are well.
  const unwell = linkDown !== null || own.some(({ state }) => UNWELL.has(state));
  const tapOnly = unwell ? tapOnlyNodes(facts.types, desired) : NOTHING;
  const conditions = conditionsOf({ ...facts, nodes: own, finished, attempts, linkDown, tapOnly });
  yield;
  return {
    name: desired.name,
    source: { kind: source.kind, location: source.location, revision: source.revision },
    generation,
    observedGeneration,
    sync: drift === null && !isBehind(facts) ? "Synced" : "OutOfSync",
    drift: drift?.path ?? null,
    ...(drift === null || drift.effect === null ? {} : { driftEffect: drift.effect }),
    ...(drift === null || drift.others === 0 ? {} : { driftOthers: drift.others }),
    health,
    confirmUntil: facts.confirmUntil?.toISOString() ?? null,
    conditions,
    nodes,
    links,
    ...(past.length === 0 ? {} : { past }),
    ...(facts.orphaned === true ? { orphaned: true } : {}),
    ...(facts.heldBack === true ? { heldBack: true } : {}),
    ...(Object.keys(outliving).length === 0 ? {} : { outliving }),
    ...(Object.keys(timings).length === 0 ? {} : { timings }),
  };
}

/** One path at which the observed state differs from the desired one, or null. */
export function driftOf(facts: Pick<TopologyFacts, "types" | "desired" | "snapshot" | "waiting">): string | null {
  return runSync(drifting(facts))?.path ?? null;
}

function* drifting(
  { types, desired, snapshot, waiting }: Pick<TopologyFacts, "types" | "desired" | "snapshot" | "waiting">,
): Task<Difference | null> {
  const observed = snapshot === null
    ? emptyState(desired.name)
    : yield* observeTask(snapshot, { types, expected: desired, waiting });
  return differenceIn(yield* diffTask(observed, desired, { types }));
}

const NOTHING: ReadonlySet<string> = new Set();
/** The implicit template of `accept { connect=… }` is not in the file. */
const CONNECT_TEMPLATE = "connect";

/** Incomplete nodes that are not manual changes: they wait for others, or are being recreated. */
function underWay({ waiting, retries }: TopologyFacts): ReadonlySet<string> {
  const rebuilt = [...retries].filter(([, retry]) => retry.rebuilding).map(([name]) => name);
  return rebuilt.length === 0 ? waiting : new Set([...waiting, ...rebuilt]);
}

/** One difference between what runs and what is declared. */
interface Difference {
  readonly path: string;
  /** The effect as text, if a message reports it. */
  readonly effect: string | null;
  /** The number of other differences. */
  readonly others: number;
}

function differenceIn(diff: GraphDiff): Difference | null {
  const resets = diff.nodes[0]?.kind === "update" ? diff.nodes[0].messages[0]?.resets : undefined;
  const path = differingPath(diff);
  return path === null ? null : { path, effect: resets?.effect ?? null, others: countPlaces(diff) - 1 };
}

function countPlaces({ nodes, make, part, manual, templates, description }: GraphDiff): number {
  const inNodes = nodes.reduce((sum, node) => {
    return sum + (node.kind === "update" ? node.messages.length + (node.restart ? 1 : 0) : 1);
  }, 0);
  return inNodes + make.length + part.length + manual.length + templates.length + (description ? 1 : 0);
}

function differingPath(diff: GraphDiff): string | null {
  const node = diff.nodes[0];
  if (node?.kind === "update") {
    const message = node.messages[0];
    if (message === undefined) return `nodes.${node.node.name}.restart`;
    return `nodes.${node.node.name}.messages.${message.resets?.command ?? message.message.command}`;
  }
  if (node !== undefined) return `nodes.${node.node.name}`;
  const link = diff.make[0] ?? diff.part[0];
  if (link !== undefined) return `links.${link.ends.map(formatEnd).join("-")}`;
  const manual = diff.manual[0];
  if (manual !== undefined) return `links.${manual.node}:${manual.hook}-${manual.peer}`;
  const template = diff.templates[0];
  if (template !== undefined) return `templates.${template.template.name}`;
  return diff.description ? "description" : null;
}

/** The declared nodes in their order, then manually created ones, then those of templates. */
function* nodeStatuses(facts: TopologyFacts): Task<readonly NodeStatus[]> {
  const { types, desired, snapshot, retries, verified } = facts;
  const running = new Map<string, NodeSnapshot>();
  yield* forEachInTurn(snapshot?.nodes ?? [], (node) => {
    const name = declaredName(node);
    if (name !== null) running.set(name, node);
  });
  const declared: NodeStatus[] = [];
  for (const node of desired.nodes) {
    yield;
    declared.push(nodeStatus(node.name, {
      types,
      desired: node,
      node: running.get(node.name) ?? null,
      retry: retries.get(node.name) ?? null,
      waits: facts.waiting.has(node.name),
      verified: verified.get(node.name) ?? NOTHING,
    }));
  }
  yield* forEachInTurn(desired.nodes, (node) => running.delete(node.name));
  const byHand = [...running].map(([name, node]) => {
    return nodeStatus(name, { types, desired: null, node, retry: null, waits: false, verified: NOTHING });
  });
  return [...declared, ...byHand, ...copiesOf(snapshot).shown.map(templateNodeStatus)];
}

/** Copies of existing templates; of others only the counts remain. */
function copiesOf(snapshot: ScopeSnapshot | null): {
  readonly shown: readonly CopiesSnapshot[];
  readonly past: readonly CountsSnapshot[];
} {
  if (snapshot === null) return { shown: [], past: [] };
  const templates = new Set([CONNECT_TEMPLATE, ...snapshot.templates.map(({ name }) => name)]);
  const isShown = ({ template, byGeneration }: CopiesSnapshot): boolean => {
    return Object.keys(byGeneration).length > 0 || templates.has(template.slice(0, template.indexOf("/")));
  };
  const { copies } = snapshot.unnamed;
  return {
    shown: copies.filter(isShown),
    past: copies.filter((one) => !isShown(one)).map((one) => countsOfCopies(one, null)),
  };
}

/** True if the source differs from the running state, and nothing else has differed since. */
function isBehind({ generation, orphaned, heldBack, stallCause }: TopologyFacts): boolean {
  return generation === 0 || orphaned === true || heldBack === true || stallCause?.behind === true;
}

/** States of nodes that do not serve, or only partly. */
const UNWELL: ReadonlySet<NodeCondition> = new Set<NodeCondition>(["degraded", "failed", "draining"]);

/** The input of health, beside the loop's facts. */
interface HealthFacts {
  readonly own: readonly NodeStatus[];
  readonly linkDown: LinkStatus | null;
}

function healthOf(facts: TopologyFacts, { own, linkDown }: HealthFacts): Health {
  if (facts.suspended) return "Suspended";
  if (facts.applying) return "Progressing";
  if (facts.snapshot === null || own.some((node) => node.id === null)) return "Missing";
  if (own.some(({ state }) => UNWELL.has(state)) || linkDown !== null) return "Degraded";
  return own.some((node) => node.state === "starting") ? "Progressing" : "Healthy";
}

/** The first link that is down between working nodes: data that should pass does not. */
function* findLinkDown(
  links: readonly LinkStatus[],
  { own, except }: { readonly own: readonly NodeStatus[]; readonly except: ReadonlySet<string> },
): Task<LinkStatus | null> {
  const down: LinkStatus[] = [];
  yield* forEachInTurn(links, (link) => {
    if (link.state === "down") down.push(link);
  });
  if (down.length === 0) return null;
  const well = new Set<string>();
  yield* forEachInTurn(own, ({ name, id }) => {
    if (id !== null && !except.has(name)) well.add(name);
  });
  return down.find(({ ends }) => ends.every((end) => well.has(nodeOfEnd(end)))) ?? null;
}

function* linkStatuses(desired: GraphState, snapshot: ScopeSnapshot | null): Task<readonly LinkStatus[]> {
  const running = new Set<string>();
  yield* forEachInTurn(snapshot?.links ?? [], (link) => running.add(linkKey(link)));
  const statuses: LinkStatus[] = [];
  yield* forEachInTurn(desired.links, (link) => {
    const ends = [formatEnd(link.ends[0]), formatEnd(link.ends[1])] as const;
    statuses.push({ ends, state: running.has(linkKey(link)) ? "up" : "down" });
  });
  return statuses;
}
