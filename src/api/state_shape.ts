/**
 * The shape of a desired state: in requests, in saved plans, and in the state that an engine keeps.
 *
 * @module
 */

import type {
  End,
  GraphState,
  LinkState,
  MessageState,
  NodeState,
  ParameterState,
  TemplateState,
} from "../graph/data/state.ts";
import type { PlanPrecondition } from "../reconcile/plan/plan_precondition.ts";
import type { AppliedSource } from "../reconcile/status/status_types.ts";
import { wrong } from "./fields.ts";
import { count, list, mapOf, named, optional, record, type Shape, text, textOrNull, word, written } from "./shape.ts";

const RESTARTS = ["always", "on-failure", "never"] as const;
const SOURCE_KINDS = ["file", "stdin", "url", "git", "library"] as const;

/** A control message. */
export const MESSAGE: Shape<MessageState> = named(
  "message",
  record<MessageState>({
    command: text("Its command, as `sockgraph types` lists them"),
    argument: written(textOrNull("Its argument in ASCII form; null for none"), null),
  }, "A control message"),
);

const END: Shape<End> = record<End>({
  node: text("The node's name"),
  hook: written(textOrNull("Its hook; null if the node's type picks it"), null),
}, "One end of a link");

const NODE: Shape<NodeState> = named(
  "node",
  record<NodeState>({
    name: text("Its name"),
    type: text("Its type's name"),
    hook: written(
      textOrNull("The identity hook, such as `inet/stream/tcp`; null for other types"),
      null,
    ),
    restart: word(RESTARTS, "When a node that ended is recreated"),
    messages: written(list(MESSAGE, "What it is sent, in this order"), []),
    depends: optional(list(text("A node's name"), "Nodes whose messages are sent before its own")),
    group: optional(text("The name of all nodes of its `each`, such as `game-*`; absent without one")),
  }, "A desired node"),
);

const ENDS = list(END, "Both");
const LINK: Shape<LinkState> = record<LinkState>({
  ends: {
    schema: ENDS.schema,
    decode(value, at) {
      const [first, second, ...rest] = ENDS.decode(value, at);
      if (first === undefined || second === undefined || rest.length > 0) throw wrong(at, "two ends", value);
      return [first, second];
    },
  },
}, "Two hooks that are joined");

const NODES = written(list(NODE, "Its nodes"), []);
const LINKS = written(list(LINK, "Which hooks are joined"), []);

const PARAMETER: Shape<ParameterState> = record<ParameterState>({
  name: text("What `${with.NAME}` refers to"),
  value: written(textOrNull("Its default; null: it must be given"), null),
}, "A parameter");

const TEMPLATE: Shape<TemplateState> = record<TemplateState>({
  name: text("Its name"),
  parameters: written(list(PARAMETER, "What its users give"), []),
  entry: END,
  nodes: NODES,
  links: LINKS,
}, "Nodes that are copied for every accepted connection");

/** The desired state of a topology. */
export const STATE: Shape<GraphState> = record<Omit<GraphState, "manual">>({
  name: text("The topology's name"),
  description: written(textOrNull("What it is for"), null),
  nodes: NODES,
  links: LINKS,
  templates: written(list(TEMPLATE, "Its templates"), []),
}, "The desired state in canonical form: environment variables are resolved");

/** Variables of the environment of a process. */
export const VARIABLES: Shape<Readonly<Record<string, string | null>>> = mapOf(
  { ...textOrNull("Its value"), schema: () => ({ type: ["string", "null"] }) },
  "Variables of the environment that sources were read with; null for one that was not set",
);

/** The source of a desired state, and its variables. */
export const SOURCE: Shape<AppliedSource> = record<AppliedSource>({
  kind: word(SOURCE_KINDS, "What kind of source"),
  location: text("The absolute path or the address; `-` for standard input"),
  revision: written(textOrNull("What the content was: `sha256:…`, or a commit; null if unknown"), null),
  variables: optional(VARIABLES),
}, "Where that was read");

/** The precondition of a plan. */
export const BASE: Shape<PlanPrecondition> = record<PlanPrecondition>({
  generation: written(count("The generation that ran; 0 when nothing did"), 0),
  digest: text("`sha256:…` of all that ran and counts for planning"),
}, "What the plan was made against: applying is refused when this has moved");
