/**
 * The shapes of what runs.
 *
 * @module
 */

import { FAULT_REASONS } from "../graph/data/fault.ts";
import { TARGET_STATES } from "../graph/data/target_report.ts";
import {
  constant,
  count,
  flag,
  list,
  type Loose,
  looseRecord,
  mapOf,
  measure,
  named,
  optional,
  orNull,
  type Shape,
  text,
  textOrNull,
  word,
} from "./shape.ts";

const TRAFFIC: Shape<Loose> = named("Traffic", looseRecord({ bytes: count("Octets"), items: count("Items") }));

const BOTH_WAYS = { in: TRAFFIC, out: TRAFFIC };
const ADDRESSES = {
  local: textOrNull("Its socket address in ASCII form"),
  peer: textOrNull("Its peer in ASCII form"),
};
const REASONS = mapOf(count("How many"), "By reason");

/** A failure. */
export const FAILURE: Shape<Loose> = named(
  "Failure",
  looseRecord({ code: text("An errno's name"), message: text("For people") }),
);

const DURATIONS: Shape<Loose> = named(
  "Durations",
  looseRecord({ counts: list(count("How many, by the bounds of the metrics")), sumMs: measure("All together") }),
);

const TIMINGS: Shape<Loose> = named(
  "Timings",
  looseRecord({
    connect: orNull(DURATIONS),
    connection: orNull(DURATIONS),
    backpressureMs: looseRecord({
      in: measure("Seconds in which the graph did not accept data that sockets read"),
      out: measure("Seconds in which peers did not accept sent data"),
    }),
  }),
);

const PROBES = looseRecord({ succeeded: count("Probes that succeeded"), failed: count("Probes that failed") });

const COUNTS: Shape<Loose> = named(
  "Counts",
  looseRecord({
    former: optional(flag("True for counts of earlier nodes with the name: of another type, or removed since")),
    name: text("A name that no node has now, or that stood for another node"),
    type: text("The type of the node that had it"),
    hook: textOrNull("Its identity hook"),
    hooks: list(looseRecord({
      name: text("Its name"),
      automatic: flag("True when the node's type picked the name"),
      peer: textOrNull("The other end"),
      ...BOTH_WAYS,
      dropped: REASONS,
      droppedBytes: REASONS,
    })),
    removedHooks: orNull(looseRecord({ ...BOTH_WAYS, dropped: REASONS, droppedBytes: REASONS })),
    reasons: REASONS,
    results: mapOf(count("Attempts"), "Attempts to connect, by result"),
    timings: orNull(TIMINGS),
    targets: optional(mapOf(
      looseRecord({
        connected: count("Connections that were opened to it"),
        failed: count("Connections that could not be opened"),
        probes: PROBES,
      }),
      "The targets that it had, by name",
    )),
    rules: optional(mapOf(count("Connections"), "Connections by the rule of `route` that has taken them")),
  }),
);

/** The source of a topology. */
export const SOURCE: Shape<Loose> = named(
  "Source",
  looseRecord({
    kind: text("`file`, `stdin`, `url`, `git`, `library`"),
    location: text("Where it was read"),
    revision: textOrNull("What the content was"),
  }),
);

/** The engine that answers. */
export const ENGINE: Shape<Loose> = named(
  "Engine",
  looseRecord({
    version: text("sockgraph's version"),
    runtime: text("The socket runtime"),
    threads: count("How many threads serve connections"),
    pid: count("Its process"),
    startedAt: text("ISO 8601"),
  }),
);

const UNREAD_SOURCE: Shape<Loose> = named(
  "UnreadSource",
  looseRecord({
    location: text("A source of which nothing was applied yet"),
    since: text("ISO 8601"),
    problem: optional(text("Why it cannot be used; absent while it is read for the first time")),
  }),
);

const TARGET: Shape<Loose> = named(
  "Target",
  looseRecord({
    name: text("The name by which messages mean it"),
    of: optional(text("The name of the declared target, where this is one address of its name")),
    address: text("Its address in ASCII form"),
    weight: count("Its part of the connections, compared with the other targets"),
    backup: flag("True for one that is used when no other is up"),
    state: word([...TARGET_STATES]),
    active: count("Open connections"),
    total: count("All connections that were opened to it"),
    failed: count("All connections that could not be opened"),
    probes: PROBES,
    since: text("ISO 8601: since when it is in its state"),
    failures: count("Consecutive failures"),
    error: orNull(FAILURE),
    nextProbeAt: textOrNull("ISO 8601: when it is probed next"),
  }),
);

const NODE: Shape<Loose> = named(
  "Node",
  looseRecord({
    name: text("`front`, or `session/upstream` for a template's node with all of its copies"),
    id: textOrNull("Hexadecimal; null while it is not there, and for a template's node"),
    type: text("Its type's name"),
    hook: textOrNull("Its identity hook"),
    state: word(["pending", "starting", "ready", "degraded", "failed", "draining", "ended"]),
    generation: count("The generation in which it was created"),
    ...ADDRESSES,
    restarts: count("How often it was repaired"),
    nextRetryAt: textOrNull("ISO 8601"),
    error: orNull(FAILURE),
    connections: orNull(looseRecord({
      active: count("Open ones"),
      total: count("All that were accepted and joined to their target"),
      refused: count("All that were refused or could not be set up"),
      results: optional(mapOf(count("Attempts"), "All attempts by result; absent if all were accepted")),
      byGeneration: mapOf(count("Open ones"), "By the generation they began under"),
      byRule: optional(list(looseRecord({
        rule: text("The conditions of a rule of `route`: `sni=www.example`, `default`"),
        active: count("Open ones"),
        total: count("All that the listener of this name has had"),
      }))),
    })),
    group: optional(text("The name of all nodes of its `each`, such as `game-*`; absent without one")),
    messages: list(looseRecord({
      message: text("As one types it"),
      state: word(["pending", "waiting", "done", "unverified", "deferred", "failed"]),
      reply: textOrNull("In ASCII form"),
    })),
    hooks: list(looseRecord({
      name: text("Its name"),
      peer: textOrNull("The other end"),
      ...BOTH_WAYS,
      dropped: REASONS,
      droppedBytes: REASONS,
    })),
    removedHooks: optional(looseRecord({ ...BOTH_WAYS, dropped: REASONS, droppedBytes: REASONS })),
    reasons: REASONS,
    notes: list(text("What people should know")),
    faults: list(looseRecord({
      reason: word([...FAULT_REASONS]),
      code: text("The errno's name of the last failure"),
      message: text("What fails, for people"),
      count: count("How many failures there were in a row"),
      since: text("ISO 8601: the first of them"),
      serving: flag("True if some traffic is still served"),
    })),
    targets: optional(list(TARGET)),
    certificates: optional(list(looseRecord({
      path: text("The path of a certificate that it presents"),
      notAfter: text("ISO 8601: until when it is valid"),
    }))),
  }),
);

const TOPOLOGY: Shape<Loose> = named(
  "Topology",
  looseRecord({
    name: text("Its name"),
    source: SOURCE,
    generation: count("The desired generation"),
    observedGeneration: count("The last generation that was fully applied"),
    sync: word(["Synced", "OutOfSync"]),
    drift: textOrNull("One path at which what runs differs"),
    driftEffect: optional(text("What a manual message has done there")),
    driftOthers: optional(count("How many other places differ; absent if there are none")),
    health: word(["Healthy", "Progressing", "Degraded", "Suspended", "Missing"]),
    confirmUntil: textOrNull("When it is rolled back unless it is confirmed"),
    conditions: list(looseRecord({
      type: word(["Ready", "Reconciling", "Stalled"]),
      status: word(["True", "False"]),
      reason: text("One word for programs"),
      message: text("A sentence for people"),
      lastTransitionTime: text("ISO 8601; changes only when `status` does"),
    })),
    nodes: list(NODE),
    links: list(looseRecord({ ends: list(text("`node:hook`")), state: word(["up", "down"]) })),
    timings: optional(mapOf(TIMINGS, "How long things took, by node")),
    past: optional(list(COUNTS)),
    orphaned: optional(flag("Its followed source no longer has it")),
    heldBack: optional(flag("Its source has changed while it is suspended")),
    outliving: optional(mapOf(count("Open ones"), "Connections of removed listeners, by generation")),
  }),
);

/** The status. */
export const STATUS: Shape<Loose> = named(
  "Status",
  looseRecord({
    formatVersion: constant(1),
    engine: ENGINE,
    topologies: list(TOPOLOGY),
    unread: optional(list(UNREAD_SOURCE)),
  }),
);

/** A connection or a copy. */
export const LIVE_NODE: Shape<Loose> = named(
  "LiveNode",
  looseRecord({
    topology: text("Where it lives"),
    id: text("Hexadecimal"),
    kind: word(["connection", "copy"]),
    node: text("The node that accepted the connection"),
    owner: text("By ID: that node, or the connection"),
    template: textOrNull("Which node of which template it copies"),
    type: text("Its type's name"),
    hook: textOrNull("Its identity hook"),
    state: word(["starting", "ready", "failed"]),
    generation: count("The generation it began under"),
    ageMs: count("How long it has been there, in milliseconds"),
    ...ADDRESSES,
    ...BOTH_WAYS,
    error: orNull(FAILURE),
  }),
);
