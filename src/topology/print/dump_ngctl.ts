/**
 * GraphState → a script for FreeBSD's ngctl(8) that builds the same graph there.
 *
 * There, a node exists as long as it has hooks, and a script's own hooks end with it. Therefore unlinked nodes are
 * linked to a `hole`, and the temporary hook of the first node of a group is removed at the end. Comments start in
 * column 0, as ngctl requires; they list parts without a counterpart, and information for `sockgraph import`.
 *
 * @module
 */

import type { NodeType } from "../../graph/core/node_type.ts";
import { hasReferences } from "../../graph/core/reference.ts";
import {
  DEFAULT_RESTART,
  formatMessage,
  type GraphState,
  type MessageState,
  type NodeState,
} from "../../graph/data/state.ts";
import { FreebsdNames } from "./freebsd_names.ts";
import { joinFreebsdNodes } from "./freebsd_links.ts";

/** Writes topologies as one script. */
export function dumpNgctl(states: readonly GraphState[], types: readonly NodeType[]): string {
  const names = new FreebsdNames();
  const lines = [
    "# Made by sockgraph for ngctl(8) of FreeBSD: ngctl -f FILE",
    ...states.flatMap((state) => new Script(state, types, names).lines()),
  ];
  return `${lines.join("\n")}\n`;
}

/** The output for one topology. */
class Script {
  readonly #state: GraphState;
  readonly #types: ReadonlyMap<string, NodeType>;
  readonly #names: FreebsdNames;

  constructor(state: GraphState, types: readonly NodeType[], names: FreebsdNames) {
    this.#state = state;
    this.#types = new Map(types.map((type) => [type.name, type]));
    this.#names = names;
  }

  lines(): readonly string[] {
    const { name, description, nodes, templates } = this.#state;
    const there = nodes.filter((node) => this.#types.get(node.type)?.kernel !== undefined);
    const missing = nodes.filter((node) => !there.includes(node));
    const { lines, made } = joinFreebsdNodes({
      state: this.#state,
      nodes: there,
      types: this.#types,
      names: this.#names,
    });
    const [now, last] = this.#messages(there.filter((node) => made.has(node)));
    return [
      "",
      `# sockgraph: topology ${name}`,
      ...(description === null ? [] : [`# sockgraph: description ${description.replaceAll("\n", " ")}`]),
      ...missing.map((node) => lacking(`node ${node.name} of type ${node.type}`, "FreeBSD has no such type")),
      ...templates.map((template) => lacking(`template ${template.name}`, "the kernel makes no copies")),
      ...this.#restarts(),
      ...lines,
      ...now,
      ...(last.length === 0 ? [] : [LAST, ...last]),
    ];
  }

  #restarts(): readonly string[] {
    return this.#state.nodes.filter(({ restart }) => restart !== DEFAULT_RESTART).map(({ name, restart }) => {
      return lacking(`restart: ${restart} of ${name}`, "the kernel restarts nothing");
    });
  }

  /** Messages in order; those after the first connect of a stream are last. */
  #messages(nodes: readonly NodeState[]): readonly [now: readonly string[], last: readonly string[]] {
    const [now, last]: [string[], string[]] = [[], []];
    for (const node of nodes) {
      let lines = now;
      for (const message of node.messages) {
        if (this.#isPending(node, message)) lines = last;
        lines.push(this.#message(node, message));
      }
    }
    return [now, last];
  }

  #isPending({ type: typeName, hook }: NodeState, { command }: MessageState): boolean {
    const type = this.#types.get(typeName);
    return type?.commands[command]?.failureDegrades === true && type.flow(hook ?? "") === "stream";
  }

  #message(node: NodeState, message: MessageState): string {
    const type = this.#types.get(node.type);
    const command = type?.commands[message.command];
    const lacks = (why: string) => lacking(`msg ${node.name}: ${formatMessage(message)}`, why);
    if (command !== undefined && command.id >= OURS) return lacks("the message is sockgraph's own");
    if (hasReferences(message.argument)) return lacks("ngctl has no references");
    const kernel = type?.kernel?.message(message) ?? message;
    if ("lacks" in kernel) return lacks(kernel.lacks);
    const text = formatMessage(kernel);
    if (/\s\s|[\t\n]/.test(text)) return lacks("ngctl takes no blanks as they are");
    return `msg ${this.#names.of(this.#state.name, node.name)}: ${text}`;
  }
}

/** Messages from this number on are ours. */
const OURS = 1000;

const LAST = "# ngctl ends a script at a connect that is under way, though it goes on: send each line below by itself";

function lacking(what: string, why: string): string {
  return `# sockgraph: no counterpart: ${what.replaceAll("\n", " ")} (${why})`;
}
