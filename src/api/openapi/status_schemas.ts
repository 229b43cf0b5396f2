/**
 * What is said of what runs, as schemas.
 *
 * @module
 */

import {
  count,
  flag,
  list,
  mapOf,
  measure,
  named,
  orNull,
  record,
  type Schema,
  text,
  textOrNull,
  word,
} from "../json_schema.ts";
import { FAULT_REASONS } from "../../graph/data/fault.ts";

const TRAFFIC = { in: named("Traffic"), out: named("Traffic") };
const ADDRESSES = {
  local: textOrNull("Its socket address in ASCII form"),
  peer: textOrNull("Its peer in ASCII form"),
};
const REASONS = mapOf(count("How many"), "By reason");

const NODE = record({
  name: text("`front`, or `session/upstream` for a template's node with all of its copies"),
  id: textOrNull("Hexadecimal; null while it is not there, and for a template's node"),
  type: text("Its type's name"),
  hook: textOrNull("The hook that decides what it is"),
  state: word("pending", "starting", "ready", "degraded", "failed", "draining"),
  generation: count("The generation it was made under"),
  ...ADDRESSES,
  restarts: count("How often it was repaired"),
  nextRetryAt: textOrNull("ISO 8601"),
  error: orNull(named("Failure")),
  connections: orNull(record({
    active: count("Open ones"),
    total: count("All that were accepted and joined to their target"),
    refused: count("All that were refused or could not be set up"),
    "results?": mapOf(count("Attempts"), "All attempts by result; absent where all were accepted"),
    byGeneration: mapOf(count("Open ones"), "By the generation they began under"),
  })),
  messages: list(record({
    message: text("As one types it"),
    state: word("pending", "waiting", "done", "unverified", "deferred", "failed"),
    reply: textOrNull("In ASCII form"),
  })),
  hooks: list(record({
    name: text("Its name"),
    peer: textOrNull("The other end"),
    ...TRAFFIC,
    dropped: REASONS,
    droppedBytes: REASONS,
  })),
  "removedHooks?": record({ ...TRAFFIC, dropped: REASONS, droppedBytes: REASONS }),
  reasons: REASONS,
  notes: list(text("What people should know")),
  faults: list(record({
    reason: word(...FAULT_REASONS),
    code: text("The errno's name of the last failure"),
    message: text("What fails, for people"),
    count: count("How many failures there were in a row"),
    since: text("ISO 8601: the first of them"),
    serving: flag("True where some traffic is served all the same"),
  })),
});

const TOPOLOGY = record({
  name: text("Its name"),
  source: named("Source"),
  generation: count("The desired generation"),
  observedGeneration: count("The last generation that was fully applied"),
  sync: word("Synced", "OutOfSync"),
  drift: textOrNull("One path at which what runs differs"),
  health: word("Healthy", "Progressing", "Degraded", "Suspended", "Missing"),
  confirmUntil: textOrNull("When it is rolled back unless it is confirmed"),
  conditions: list(record({
    type: word("Ready", "Reconciling", "Stalled"),
    status: word("True", "False"),
    reason: text("One word for programs"),
    message: text("A sentence for people"),
    lastTransitionTime: text("ISO 8601; changes only when `status` does"),
  })),
  nodes: list(named("Node")),
  links: list(record({ ends: list(text("`node:hook`")), state: word("up", "down") })),
  "timings?": mapOf(named("Timings"), "How long things took, by node"),
  "past?": list(named("Counts")),
  "orphaned?": flag("Its followed source no longer has it"),
  "heldBack?": flag("Its source has changed while it is suspended"),
  "outliving?": mapOf(count("Open ones"), "Connections of removed listeners, by generation"),
});

/** Schemas by name. */
export const STATUS_SCHEMAS: Readonly<Record<string, Schema>> = {
  Status: record({
    formatVersion: { const: 1 },
    engine: named("Engine"),
    topologies: list(named("Topology")),
    "unread?": list(named("UnreadSource")),
  }),
  UnreadSource: record({
    location: text("A source of which nothing was applied yet"),
    since: text("ISO 8601"),
    "problem?": text("Why it cannot be used; absent while it is read for the first time"),
  }),
  Engine: record({
    version: text("sockgraph's version"),
    runtime: text("The socket runtime"),
    threads: count("How many threads serve connections"),
    pid: count("Its process"),
    startedAt: text("ISO 8601"),
  }),
  Source: record({
    kind: text("`file`, `stdin`, `url`, `git`, `library`"),
    location: text("Where it was read"),
    revision: textOrNull("What the content was"),
  }),
  AppliedSource: record({
    kind: text("`file`, `stdin`, `url`, `git`, `library`"),
    location: text("Where it was read"),
    revision: textOrNull("What the content was"),
    "variables?": {
      type: "object",
      additionalProperties: { type: ["string", "null"] },
      description: "The variables of the environment that it was read with; null for one that was not set",
    },
  }),
  Topology: TOPOLOGY,
  Node: NODE,
  Timings: record({
    connect: orNull(named("Durations")),
    connection: orNull(named("Durations")),
    backpressureMs: record({
      in: measure("Seconds in which nothing took what sockets read"),
      out: measure("Peers did not take what was sent"),
    }),
  }),
  Counts: record({
    "former?": flag("True for what others counted that had the name before: of another type, or removed since"),
    name: text("A name that no node has now, or that stood for another node"),
    type: text("The type of the node that had it"),
    hook: textOrNull("The hook that decided what it was"),
    hooks: list(record({
      name: text("Its name"),
      automatic: flag("True when the node's type picked the name"),
      peer: textOrNull("The other end"),
      ...TRAFFIC,
      dropped: REASONS,
      droppedBytes: REASONS,
    })),
    removedHooks: orNull(record({ ...TRAFFIC, dropped: REASONS, droppedBytes: REASONS })),
    reasons: REASONS,
    results: mapOf(count("Attempts"), "Attempts to connect, by result"),
    timings: orNull(named("Timings")),
  }),
  Durations: record({ counts: list(count("How many, by the bounds of the metrics")), sumMs: measure("All together") }),
  Traffic: record({ bytes: count("Octets"), items: count("Items") }),
  Failure: record({ code: text("An errno's name"), message: text("For people") }),
  LiveNode: record({
    topology: text("Where it lives"),
    id: text("Hexadecimal"),
    kind: word("connection", "copy"),
    node: text("The node that accepted the connection"),
    owner: text("By ID: that node, or the connection"),
    template: textOrNull("Which node of which template it copies"),
    type: text("Its type's name"),
    hook: textOrNull("The hook that decides what it is"),
    state: word("starting", "ready", "failed"),
    generation: count("The generation it began under"),
    ageMs: count("How long it has been there, in milliseconds"),
    ...ADDRESSES,
    ...TRAFFIC,
    error: orNull(named("Failure")),
  }),
};
