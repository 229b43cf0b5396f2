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
import { Fields, wrong } from "./fields.ts";

const RESTARTS = ["always", "on-failure", "never"] as const;

/**
 * Reads a topology.
 *
 * @throws MalformedError
 */
export function decodeState(value: unknown, at: string): GraphState {
  const fields = new Fields(value, at, ["name", "description", "nodes", "links", "templates"]);
  return {
    name: fields.text("name"),
    description: fields.textOrNull("description"),
    nodes: fields.list("nodes", decodeNode),
    links: fields.list("links", decodeLink),
    templates: fields.list("templates", decodeTemplate),
  };
}

function decodeNode(value: unknown, at: string): NodeState {
  const fields = new Fields(value, at, ["name", "type", "hook", "restart", "messages"]);
  return {
    name: fields.text("name"),
    type: fields.text("type"),
    hook: fields.textOrNull("hook"),
    restart: fields.word("restart", RESTARTS),
    messages: fields.list("messages", decodeMessage),
  };
}

function decodeMessage(value: unknown, at: string): MessageState {
  const fields = new Fields(value, at, ["command", "argument"]);
  return { command: fields.text("command"), argument: fields.textOrNull("argument") };
}

function decodeLink(value: unknown, at: string): LinkState {
  const [first, second, ...rest] = new Fields(value, at, ["ends"]).list("ends", decodeEnd);
  if (first === undefined || second === undefined || rest.length > 0) throw wrong(`${at}.ends`, "two ends", value);
  return { ends: [first, second] };
}

function decodeEnd(value: unknown, at: string): End {
  const fields = new Fields(value, at, ["node", "hook"]);
  return { node: fields.text("node"), hook: fields.textOrNull("hook") };
}

function decodeTemplate(value: unknown, at: string): TemplateState {
  const fields = new Fields(value, at, ["name", "parameters", "entry", "nodes", "links"]);
  return {
    name: fields.text("name"),
    parameters: fields.list("parameters", decodeParameter),
    entry: fields.value("entry", decodeEnd),
    nodes: fields.list("nodes", decodeNode),
    links: fields.list("links", decodeLink),
  };
}

function decodeParameter(value: unknown, at: string): ParameterState {
  const fields = new Fields(value, at, ["name", "value"]);
  return { name: fields.text("name"), value: fields.textOrNull("value") };
}
