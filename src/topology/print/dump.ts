/**
 * GraphState → YAML that loads to the same state, in the style of a manually written file.
 *
 * A message takes the form `command: value` if its type parses the same from it, otherwise the string form, which is
 * the canonical text itself. Names that begin with `x-` cannot be written in a file, because such keys are ignored.
 *
 * @module
 */

import { formatLiteral, readLiteral } from "../../ascii/parse.ts";
import { AsciiError } from "../../ascii/error.ts";
import type { Literal } from "../../ascii/literal.ts";
import type { AsciiType } from "../../ascii/type.ts";
import type { NodeType } from "../../graph/core/node_type.ts";
import { escapeReferences, hasReferences } from "../../graph/core/reference.ts";
import {
  DEFAULT_RESTART,
  type End,
  formatEnd,
  formatMessage,
  type GraphState,
  type LinkState,
  type MessageState,
  type NodeState,
  type TemplateState,
} from "../../graph/data/state.ts";
import { literalFromAscii } from "../../ascii/literal_of_text.ts";
import { escapeDollars, fileText, yamlFlow, yamlScalar } from "./yaml_text.ts";

/** Longer messages are written with one field per line. */
const MAX_LINE = 100;

/**
 * Writes a topology as a file.
 *
 * @example
 * ```ts
 * import { builtinTypes, dumpTopology, MemoryNetwork } from "@sockgraph/sockgraph";
 *
 * const types = builtinTypes(new MemoryNetwork().openSockets());
 * const state = { name: "none", description: null, nodes: [], links: [], templates: [] };
 * console.log(dumpTopology(state, types).includes("name: none")); // true
 * ```
 */
export function dumpTopology(state: GraphState, types: readonly NodeType[]): string {
  const dumper = new Dumper(types);
  const lines = [
    `name: ${value(state.name)}`,
    ...(state.description === null ? [] : [`description: ${value(state.description)}`]),
    "",
    ...dumper.nodes(state.nodes, ""),
    ...dumper.links(state, ""),
    ...dumper.templates(state.templates),
  ];
  return `${lines.join("\n")}\n`;
}

/**
 * Writes several topologies as the documents of one file.
 *
 * @example
 * ```ts
 * import { builtinTypes, dumpTopologies, MemoryNetwork } from "@sockgraph/sockgraph";
 *
 * const types = builtinTypes(new MemoryNetwork().openSockets());
 * const one = { name: "one", description: null, nodes: [], links: [], templates: [] };
 * console.log(dumpTopologies([one, { ...one, name: "two" }], types).includes("---")); // true
 * ```
 */
export function dumpTopologies(states: readonly GraphState[], types: readonly NodeType[]): string {
  return states.map((state) => dumpTopology(state, types)).join("---\n");
}

interface LinkedNodes {
  readonly nodes: readonly NodeState[];
  readonly links: readonly LinkState[];
}

class Dumper {
  readonly #types: ReadonlyMap<string, NodeType>;

  constructor(types: readonly NodeType[]) {
    this.#types = new Map(types.map((type) => [type.name, type]));
  }

  nodes(nodes: readonly NodeState[], indent: string): readonly string[] {
    if (nodes.length === 0) return [`${indent}nodes: {}`];
    return [`${indent}nodes:`, ...nodes.flatMap((node) => this.#node(node, `${indent}  `))];
  }

  links(graph: LinkedNodes, indent: string): readonly string[] {
    if (graph.links.length === 0) return [];
    const lines = graph.links.map(({ ends: [one, other] }) => {
      return `${indent}  - [${this.#end(one, graph.nodes)}, ${this.#end(other, graph.nodes)}]`;
    });
    return [`${indent}links:`, ...lines];
  }

  templates(templates: readonly TemplateState[]): readonly string[] {
    if (templates.length === 0) return [];
    return ["", "templates:", ...templates.flatMap((template) => this.#template(template))];
  }

  #template(template: TemplateState): readonly string[] {
    const parameters = template.parameters.map(({ name, value: initial }) => {
      return `${yamlScalar(name, "flow")}: ${initial === null ? "" : yamlScalar(escapeDollars(initial), "flow")}`;
    });
    return [
      `  ${yamlScalar(template.name, "block")}:`,
      ...(parameters.length === 0 ? [] : [`    parameters: { ${parameters.join(", ")} }`]),
      `    entry: ${this.#end(template.entry, template.nodes)}`,
      ...this.nodes(template.nodes, "    "),
      ...this.links(template, "    "),
    ];
  }

  #node(node: NodeState, indent: string): readonly string[] {
    const inner = `${indent}  `;
    const messages = node.messages.flatMap((message) => this.#message(node, message, `${inner}  `));
    return [
      `${indent}${yamlScalar(node.name, "block")}:`,
      `${inner}type: ${value(node.type)}`,
      ...(node.hook === null ? [] : [`${inner}hook: ${value(node.hook)}`]),
      ...(node.restart === DEFAULT_RESTART ? [] : [`${inner}restart: ${node.restart}`]),
      ...(node.depends === undefined
        ? []
        : [`${inner}depends: [${node.depends.map((name) => yamlScalar(escapeDollars(name), "flow")).join(", ")}]`]),
      ...(messages.length === 0 ? [] : [`${inner}messages:`, ...messages]),
    ];
  }

  #message(node: NodeState, message: MessageState, indent: string): readonly string[] {
    const { command, argument } = message;
    if (argument === null) return [`${indent}- ${value(command)}`];
    const commands = this.#types.get(node.type)?.commands ?? {};
    const type = (Object.hasOwn(commands, command) ? commands[command] : undefined)?.args ?? null;
    const literal = type === null ? null : literalFromAscii(argument);
    if (type === null || literal === null || !readsAs(type, literal, argument)) {
      return [`${indent}- ${yamlScalar(fileText(formatMessage(message)), "block")}`];
    }
    const key = `${indent}- ${yamlScalar(command, "block")}:`;
    if (literal.kind === "word") return [`${key} ${yamlScalar(fileText(literal.text), "block")}`];
    const line = `${key} ${yamlFlow(literal)}`;
    if (literal.kind !== "struct" || line.length <= MAX_LINE) return [line];
    return [
      key,
      ...literal.fields.map((field) => `${indent}    ${yamlScalar(field.name, "block")}: ${yamlFlow(field.value)}`),
    ];
  }

  /** The hook of a node with only one hook is omitted. */
  #end(end: End, nodes: readonly NodeState[]): string {
    const node = nodes.find((one) => one.name === end.node);
    const obvious = node !== undefined && node.hook !== null && node.hook === end.hook;
    return yamlScalar(escapeDollars(obvious ? end.node : formatEnd(end)), "end");
  }
}

/** True if the type parses this argument from the literal. */
function readsAs(type: AsciiType<unknown>, literal: Literal, argument: string): boolean {
  if (hasReferences(argument)) return formatLiteral(type.description, literal) === argument;
  try {
    return escapeReferences(type.format(readLiteral(type, mapWords(literal, plainText)))) === argument;
  } catch (error) {
    if (error instanceof AsciiError) return false;
    throw error;
  }
}

function mapWords(literal: Literal, change: (text: string) => string): Literal {
  switch (literal.kind) {
    case "none":
      return literal;
    case "word":
      return { kind: "word", text: change(literal.text) };
    case "struct":
      return {
        kind: "struct",
        fields: literal.fields.map((field) => ({ name: field.name, value: mapWords(field.value, change) })),
      };
    case "array":
      return { kind: "array", elements: literal.elements.map((element) => mapWords(element, change)) };
  }
}

/** The plain text for a state's text without references. */
function plainText(text: string): string {
  return text.split("$${").join("${");
}

function value(text: string): string {
  return yamlScalar(escapeDollars(text), "block");
}
