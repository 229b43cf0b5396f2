/**
 * Random topologies of all that one writes into files: listeners with every kind of target, connectors, datagrams,
 * fan-outs, templates, links, options. All of them are valid, and take their addresses from the same few.
 *
 * @module
 */

import fc from "fast-check";
import type { GraphState } from "../../src/graph/data/state.ts";
import { stateOf } from "../support/faulty_engine.ts";

/** Has a listener. */
export const OUTSIDE = "inet/10.0.0.9:7";
/** Has none. */
const ABSENT = "inet/10.0.0.9:8";

const NAMES = ["a", "b", "c", "d", "e", "f"];
const TEE_HOOKS = ["left", "right", "left2right", "right2left"];

const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(arbitrary, { nil: null });

const options = fc.tuple(maybe(fc.constantFrom(0, 1)), maybe(fc.constantFrom(4096, 65536)))
  .map(([keepalive, buffer]) => [
    ...(keepalive === null ? [] : [{ setopt: { SO_KEEPALIVE: keepalive } }]),
    ...(buffer === null ? [] : [{ setopt: { SO_RCVBUF: buffer } }]),
  ]);

const config = fc.tuple(maybe(fc.constantFrom("5m", "7m")), maybe(fc.constantFrom("8s", "9s")))
  .map(([idleTimeout, halfCloseTimeout]) => {
    const fields = { ...(idleTimeout && { idleTimeout }), ...(halfCloseTimeout && { halfCloseTimeout }) };
    return Object.keys(fields).length === 0 ? [] : [{ setconfig: fields }];
  });

const target = fc.oneof(
  fc.constant({ template: "loop" }),
  fc.constantFrom("5s", "6s").map((limit) => ({ template: "relay", with: { to: OUTSIDE, limit } })),
  fc.constant({ peer: "back" }),
  fc.constant({ connect: OUTSIDE }),
);
const limits = fc.record({ max: fc.constantFrom(3, 9), maxPerSource: fc.constant(2) }, { requiredKeys: [] });

const body = fc.oneof(
  fc.record({
    kind: fc.constant("listener" as const),
    options,
    config,
    backlog: fc.constantFrom(5, 6),
    target,
    limits,
  }),
  fc.record({
    kind: fc.constant("connector" as const),
    options,
    config,
    to: fc.constantFrom(OUTSIDE, OUTSIDE, ABSENT),
  }),
  fc.record({ kind: fc.constant("datagrams" as const), config, to: maybe(fc.constant("inet/10.0.0.9:9")) }),
  fc.record({ kind: fc.constant("tee" as const), inject: fc.boolean() }),
  fc.record({ kind: fc.constantFrom("hub" as const, "hole" as const, "echo" as const) }),
  fc.record({
    kind: fc.constant("one2many" as const),
    xmitAlg: fc.constantFrom("roundrobin", "all"),
  }),
);
type Body = typeof body extends fc.Arbitrary<infer B> ? B : never;

const slot = fc.record({
  body: maybe(body),
  restart: fc.constantFrom("always", "always", "on-failure", "never"),
  /** Where a socket is joined, if it may be. */
  joined: maybe(fc.record({ to: fc.nat(NAMES.length - 1), hook: fc.constantFrom(...TEE_HOOKS) })),
});

const templates = fc.record({
  loop: fc.boolean(),
  limit: fc.constantFrom("1s", "2s"),
  description: maybe(fc.constantFrom("One", "Two")),
});

/** A topology as a file has it, before it is text. */
export interface Draft {
  readonly name: string;
  readonly description?: string;
  readonly nodes: Readonly<Record<string, unknown>>;
  readonly links: readonly unknown[];
  readonly templates: Readonly<Record<string, unknown>>;
}

/** Random topologies. */
export const drafts: fc.Arbitrary<Draft> = fc.record({
  slots: fc.tuple(...NAMES.map(() => slot)),
  ports: fc.shuffledSubarray([80, 81, 82, 83, 84, 85, 86, 87], { minLength: NAMES.length, maxLength: NAMES.length }),
  templates,
}).map(({ slots, ports, templates: { loop, limit, description } }) => {
  const bodies = slots.map((one) => one.body);
  const nodes = slots.flatMap(({ body, restart }, index) => {
    return body === null ? [] : [[NAMES[index], { ...declare(body, ports[index] ?? 0), restart }]];
  });
  return {
    name: "web",
    ...(description === null ? {} : { description }),
    nodes: { ...Object.fromEntries(nodes), back: { type: "echo" } },
    links: linksOf(bodies, slots.map((one) => one.joined)),
    templates: {
      loop: loop
        ? { entry: "x", nodes: { x: { type: "echo" } } }
        : { entry: "tap:left", nodes: { tap: { type: "tee" } }, links: [["tap:right", "back"]] },
      relay: {
        parameters: { to: null, limit },
        entry: "up",
        nodes: {
          up: {
            type: "ksocket",
            hook: "inet/stream/tcp",
            messages: [{ setconfig: { connectTimeout: "${with.limit}" } }, { connect: "${with.to}" }],
          },
        },
      },
    },
  };
});

/** The state that a draft is loaded as. */
export function load(draft: Draft): GraphState {
  return stateOf(JSON.stringify(draft));
}

/** The same with its nodes in another order. */
export function reordered(draft: Draft, order: readonly number[]): Draft {
  const nodes = Object.entries(draft.nodes).map((entry, index) => ({ entry, at: order[index] ?? 0 }));
  nodes.sort((one, other) => one.at - other.at);
  return { ...draft, nodes: Object.fromEntries(nodes.map(({ entry }) => entry)) };
}

function declare(body: Body, port: number): Readonly<Record<string, unknown>> {
  switch (body.kind) {
    case "listener": {
      const { options, config, backlog, target, limits } = body;
      const messages = [
        ...options,
        ...config,
        { bind: `inet/127.0.0.1:${port}` },
        { listen: backlog },
        { accept: { ...target, ...limits } },
      ];
      return { type: "ksocket", hook: "inet/stream/tcp", messages };
    }
    case "connector": {
      const messages = [...body.options, ...body.config, { connect: body.to }, "getpeername"];
      return { type: "ksocket", hook: "inet/stream/tcp", messages };
    }
    case "datagrams": {
      const to = body.to === null ? [] : [{ connect: body.to }];
      const messages = [{ bind: `inet/127.0.0.1:${port}` }, ...to];
      return { type: "ksocket", hook: "inet/dgram/udp", messages };
    }
    case "tee":
      return { type: "tee", messages: [{ setconfig: { inject: body.inject } }] };
    case "one2many":
      return { type: "one2many", messages: [{ setconfig: { xmitAlg: body.xmitAlg } }] };
    case "hub":
    case "hole":
    case "echo":
      return { type: body.kind };
  }
}

/** Joins connectors and datagrams to what can be joined, each hook once. */
function linksOf(
  bodies: readonly (Body | null)[],
  joins: readonly ({ readonly to: number; readonly hook: string } | null)[],
): readonly unknown[] {
  const used = new Set<string>();
  return joins.flatMap((join, index) => {
    const [from, to] = [bodies[index], bodies[join?.to ?? 0]];
    if (join === null || (from?.kind !== "connector" && from?.kind !== "datagrams") || to === null) return [];
    const name = NAMES[join.to] ?? "";
    const end = endOf(to, name, join.hook);
    if (end === null || used.has(end)) return [];
    if (end.includes(":")) used.add(end);
    return [[NAMES[index], end]];
  });
}

function endOf(to: Body | null | undefined, name: string, hook: string): string | null {
  switch (to?.kind) {
    case "tee":
      return `${name}:${hook}`;
    case "hub":
    case "hole":
    case "echo":
    case "one2many":
      return name;
    default:
      return null;
  }
}
