/**
 * Random topologies for live clients, and random changes of them: listeners of every kind and target, shared nodes,
 * templates that lead to shared nodes, hubs, unix sockets, flows of datagrams, connectors.
 *
 * @module
 */

const NAMES = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"];
const KINDS = ["tcp", "tcp", "tcp", "unix", "udp", "connector", "shared", "shared", "hole"] as const;
type Kind = (typeof KINDS)[number];

/** Where the servers of the test itself listen. */
export interface Outside {
  /** An echo server of TCP, for what listeners connect to. */
  readonly target: number;
  /** One whose connections are those of connectors. */
  readonly collector: number;
  /** An echo server of UDP. */
  readonly datagrams: number;
  /** Free ports, as many as drafts take. */
  readonly ports: readonly number[];
  /** A folder for unix sockets. */
  readonly folder: string;
}

/** A node of a draft. */
export interface DraftNode {
  readonly id: number;
  name: string;
  readonly kind: Kind;
  /** A port, or the number of a path. */
  port: number;
  /** Which target a listener has. */
  target: number;
  backlog: number;
  /** What a shared node is. */
  type: "echo" | "hub";
}

/** A topology that changes. */
export interface Draft {
  readonly nodes: DraftNode[];
  /** Which of two forms a template has. */
  variant: number;
}

/** Numbers that are the same for the same seed. */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A whole number from 0 to below `limit`. */
  below(limit: number): number {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor(this.#state / 0x1_0000_0000 * limit);
  }

  /** One of them. */
  pick<T>(all: readonly T[]): T {
    const one = all[this.below(all.length)];
    if (one === undefined) throw new RangeError("There is nothing to pick");
    return one;
  }
}

/** A draft with a listener and a shared node at least. */
export function randomDraft(dice: Dice, outside: Outside): Draft {
  const draft: Draft = { nodes: [], variant: 0 };
  add(dice, outside, draft, "shared");
  add(dice, outside, draft, "tcp");
  for (let count = dice.below(6); count > 0; count--) add(dice, outside, draft, dice.pick(KINDS));
  return draft;
}

/** Changes a draft, in one to three ways. */
export function change(dice: Dice, outside: Outside, draft: Draft): void {
  for (let count = 1 + dice.below(3); count > 0; count--) changeOnce(dice, outside, draft);
}

function changeOnce(dice: Dice, outside: Outside, draft: Draft): void {
  const { nodes } = draft;
  const node = dice.pick(nodes);
  const other = dice.pick(nodes);
  switch (dice.below(9)) {
    case 0:
      node.name = freeName(draft) ?? node.name;
      return;
    case 1:
      [node.name, other.name] = [other.name, node.name];
      return;
    case 2:
      if (node.kind === other.kind) [node.port, other.port] = [other.port, node.port];
      return;
    case 3:
      node.target = dice.below(6);
      return;
    case 4:
      node.backlog = dice.pick([5, 128]);
      node.type = dice.pick(["echo", "hub"] as const);
      return;
    case 5:
      if (nodes.length > 3) nodes.splice(nodes.indexOf(node), 1);
      return;
    case 6:
      return add(dice, outside, draft, dice.pick(KINDS));
    case 7:
      node.port = freePort(outside, draft) ?? node.port;
      return;
    case 8:
      draft.variant = 1 - draft.variant;
  }
}

function add(dice: Dice, outside: Outside, draft: Draft, kind: Kind): void {
  const [name, port] = [freeName(draft), freePort(outside, draft)];
  if (name === null || port === null) return;
  const id = 1 + Math.max(0, ...draft.nodes.map((node) => node.id));
  const type = dice.pick(["echo", "echo", "hub"] as const);
  draft.nodes.push({ id, name, kind, port, target: dice.below(6), backlog: 128, type });
}

function freeName({ nodes }: Draft): string | null {
  return NAMES.find((name) => nodes.every((node) => node.name !== name)) ?? null;
}

function freePort({ ports }: Outside, { nodes }: Draft): number | null {
  return ports.find((port) => nodes.every((node) => node.port !== port)) ?? null;
}

/** The path of a unix listener. */
export function pathOf({ folder }: Outside, { port }: DraftNode): string {
  return `${folder}/${port}`;
}

/** True where a listener's connections get back what they send, with any other connections. */
export function answers(draft: Draft, node: DraftNode): boolean {
  const to = targetOf(draft, node);
  return to.shared === null || to.shared.type === "echo";
}

/** A draft as the text of a topology. */
export function render(name: string, draft: Draft, outside: Outside): string {
  const back = sharedOf(draft, 0);
  const own = { tap: { type: draft.variant === 0 ? "tee" : "pipe" } };
  const [one, other] = draft.variant === 0 ? ["tap:left", "tap:right"] : ["tap:lower", "tap:upper"];
  const log = draft.nodes.find(({ kind }) => kind === "hole");
  const up = { type: "ksocket", hook: "inet/stream/tcp", messages: [{ connect: `inet/127.0.0.1:${outside.target}` }] };
  return JSON.stringify({
    name,
    nodes: Object.fromEntries(draft.nodes.map((node) => [node.name, declare(draft, node, outside)])),
    templates: {
      loop: { nodes: { x: { type: "echo" } } },
      ...(back === null ? {} : { behind: { entry: one, nodes: own, links: [[other, back.name]] } }),
      tapped: {
        entry: "tap:left",
        nodes: { tap: { type: "tee" }, up },
        links: [["tap:right", "up"], ...(log === undefined ? [] : [["tap:left2right", log.name]])],
      },
    },
  });
}

function declare(draft: Draft, node: DraftNode, outside: Outside): unknown {
  const { kind, port, backlog, type } = node;
  const { accept } = targetOf(draft, node);
  const target = accept ?? { connect: `inet/127.0.0.1:${kind === "udp" ? outside.datagrams : outside.target}` };
  switch (kind) {
    case "tcp":
      return socket("inet/stream/tcp", [{ bind: `inet/127.0.0.1:${port}` }, { listen: backlog }, { accept: target }]);
    case "unix": {
      const bind = `local/"${pathOf(outside, node)}"`;
      return socket("local/stream/0", [{ bind }, { listen: backlog }, { accept: target }]);
    }
    case "udp":
      return socket("inet/dgram/udp", [{ setconfig: { idleTimeout: "1h" } }, { bind: `inet/127.0.0.1:${port}` }, {
        accept: target,
      }]);
    case "connector":
      return socket("inet/stream/tcp", [{ connect: `inet/127.0.0.1:${outside.collector}` }]);
    case "shared":
      return { type };
    case "hole":
      return { type: "hole" };
  }
}

function socket(hook: string, messages: readonly unknown[]): unknown {
  return { type: "ksocket", hook, messages };
}

interface Target {
  /** Null: a connection of its own to a server outside. */
  readonly accept: unknown;
  /** The shared node that connections lead to. */
  readonly shared: DraftNode | null;
}

function targetOf(draft: Draft, { target, kind }: DraftNode): Target {
  const shared = sharedOf(draft, target);
  const back = sharedOf(draft, 0);
  if (target <= 1 && shared !== null) return { accept: { peer: shared.name }, shared };
  if (kind === "udp") return { accept: null, shared: null };
  if (target === 2) return { accept: { template: "loop" }, shared: null };
  if (target === 3 && back !== null) return { accept: { template: "behind" }, shared: back };
  if (target === 4) return { accept: { template: "tapped" }, shared: null };
  return { accept: null, shared: null };
}

function sharedOf({ nodes }: Draft, at: number): DraftNode | null {
  const shared = nodes.filter(({ kind }) => kind === "shared");
  return shared[at % Math.max(1, shared.length)] ?? null;
}
