/**
 * A GraphState as it comes over the wire.
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
import { runSync, type Task } from "../cooperative.ts";
import { Fields, wrong } from "./fields.ts";

const RESTARTS = ["always", "on-failure", "never"] as const;

/**
 * Reads a topology.
 *
 * @throws MalformedError
 */
export function decodeState(value: unknown, at: string): GraphState {
  return runSync(decodeStateInTurn(value, at));
}

/**
 * Reads a topology with rests: one may have 100,000 nodes.
 *
 * @throws MalformedError
 */
export function* decodeStateInTurn(value: unknown, at: string): Task<GraphState> {
  const fields = new Fields(value, at, ["name", "description", "nodes", "links", "templates"]);
  return {
    name: fields.text("name"),
    description: fields.textOrNull("description"),
    nodes: yield* fields.listInTurn("nodes", decodeNode),
    links: yield* fields.listInTurn("links", decodeLink),
    templates: yield* fields.listInTurn("templates", decodeTemplate),
  };
}

function* decodeNode(value: unknown, at: string): Task<NodeState> {
  const fields = new Fields(value, at, ["name", "type", "hook", "restart", "messages"]);
  return {
    name: fields.text("name"),
    type: fields.text("type"),
    hook: fields.textOrNull("hook"),
    restart: fields.word("restart", RESTARTS),
    messages: yield* fields.listInTurn("messages", decodeMessage),
  };
}

// deno-lint-ignore require-yield -- One of a list that is read with rests.
function* decodeMessage(value: unknown, at: string): Task<MessageState> {
  const fields = new Fields(value, at, ["command", "argument"]);
  return { command: fields.text("command"), argument: fields.textOrNull("argument") };
}

// deno-lint-ignore require-yield -- One of a list that is read with rests.
function* decodeLink(value: unknown, at: string): Task<LinkState> {
  const [first, second, ...rest] = new Fields(value, at, ["ends"]).list("ends", decodeEnd);
  if (first === undefined || second === undefined || rest.length > 0) throw wrong(`${at}.ends`, "two ends", value);
  return { ends: [first, second] };
}

function decodeEnd(value: unknown, at: string): End {
  const fields = new Fields(value, at, ["node", "hook"]);
  return { node: fields.text("node"), hook: fields.textOrNull("hook") };
}

function* decodeTemplate(value: unknown, at: string): Task<TemplateState> {
  const fields = new Fields(value, at, ["name", "parameters", "entry", "nodes", "links"]);
  return {
    name: fields.text("name"),
    parameters: fields.list("parameters", decodeParameter),
    entry: fields.value("entry", decodeEnd),
    nodes: yield* fields.listInTurn("nodes", decodeNode),
    links: yield* fields.listInTurn("links", decodeLink),
  };
}

function decodeParameter(value: unknown, at: string): ParameterState {
  const fields = new Fields(value, at, ["name", "value"]);
  return { name: fields.text("name"), value: fields.textOrNull("value") };
}
