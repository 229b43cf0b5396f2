/**
 * Node types as a person reads them.
 *
 * @module
 */

import type { Command } from "../../../graph/core/command.ts";
import type { NodeType } from "../../../graph/core/node_type.ts";
import type { Output } from "../../output.ts";
import { ARGUMENT, placeholderOf, type ValueRow, valueRows } from "../../value_words.ts";
import { displayWidth } from "../../../display_width.ts";
import { pad, wrap } from "../../width.ts";

/** The layout. */
export interface TypeStyle {
  readonly width: number;
  readonly paint: Output["paint"];
}

const LIST = ["TYPE", "SUMMARY"] as const;
const INDENT = "      ";
/** The minimum width of a field's description; if its name leaves less, the description is below the name. */
const LEAST_ROOM = 30;

/** All types; a summary that is longer than the line continues below. */
export function typeListLines(types: readonly NodeType[], { width, paint }: TypeStyle): readonly string[] {
  const [title, heading] = LIST;
  const names = Math.max(title.length, ...types.map(({ name }) => displayWidth(name))) + 2;
  const rows = types.flatMap(({ name, summary }) =>
    wrap(summary, Math.max(LEAST_ROOM, width - names)).map((line, index) => pad(index === 0 ? name : "", names) + line)
  );
  return [paint("faint", pad(title, names) + heading), ...rows];
}

/** One type in full. */
export function typeLines(type: NodeType, style: TypeStyle): readonly string[] {
  const { paint } = style;
  const hooks = type.hooks.map(({ pattern, summary }) => entry(paint("strong", pattern), [summary], style));
  const messages = Object.entries(type.commands).map(([name, command]) => {
    const rows = valueRows(command);
    const head = `${paint("strong", name)}  ${paint("faint", `${command.kind}, ${command.cost}`)}`;
    const call = [name, argumentOf(command, rows)].join(" ").trimEnd();
    const named = rows.map((row) => row.name === ARGUMENT ? { ...row, name: placeholderOf(command) } : row);
    return [...entry(head, [command.summary, call], style), ...fieldLines(named, style)];
  });
  return [
    type.summary,
    "",
    paint("faint", "HOOKS"),
    ...hooks.length === 0 ? ["  None"] : hooks.flat(),
    "",
    paint("faint", "MESSAGES"),
    ...messages.length === 0 ? ["  None"] : [...messages.flat(), "", ...legendLines(style)],
  ];
}

/** The words after the name of a message: how topologies treat it, and what a change of it costs. */
const LEGEND: readonly string[] = [
  "Kinds of messages: query reads a value; lifecycle sets up the node, in order; setting sets a value; action has an effect " +
  "once.",
  "Cost of a change: live is sent to the running node; new-connections applies to later connections; replace recreates " +
  "the node.",
];

function legendLines({ width, paint }: TypeStyle): readonly string[] {
  return LEGEND.flatMap((text) => wrap(text, width)).map((line) => paint("faint", line));
}

/** A heading, and its text below. */
function entry(head: string, lines: readonly string[], { width }: TypeStyle): readonly string[] {
  const said = lines.flatMap((line) => wrap(line, width - INDENT.length));
  return [`  ${head}`, ...said.map((line) => INDENT + line)];
}

/** The placeholder of the argument in a command line. */
function argumentOf(command: Command<unknown, unknown>, rows: readonly ValueRow[]): string {
  const { args, argsOptional } = command;
  if (args === null) return "";
  const { description } = args;
  const placeholder = placeholderOf(command);
  const example = description.kind === "named" ? description.examples[0] ?? placeholder : placeholder;
  const argument = rows[0]?.name === ARGUMENT ? example : "{ FIELD=VALUE … }";
  return argsOptional === true ? `[${argument}]` : argument;
}

/** Each field's meaning beside its name, then its type and default. */
function fieldLines(rows: readonly ValueRow[], style: TypeStyle): readonly string[] {
  const names = Math.max(0, ...rows.map(({ name }) => displayWidth(name)));
  const beside = style.width - INDENT.length - names - 2 >= LEAST_ROOM;
  const indent = beside ? INDENT + " ".repeat(names + 2) : `${INDENT}  `;
  return rows.flatMap((row) => {
    const { name, summary, type } = row;
    const facts = [
      type,
      ...row.presence === "required" ? ["required"] : [],
      ...row.default === "" ? [] : [`default: ${row.default}`],
      ...row.presence === "optional" && row.default === "" ? ["optional"] : [],
    ];
    const lines = [
      ...summary === "" ? [] : wrap(summary, style.width - indent.length),
      ...wrap(facts.join("; "), style.width - indent.length).map((line) => style.paint("faint", line)),
    ];
    const head = INDENT + style.paint("strong", name);
    const [first = "", ...rest] = lines;
    if (!beside) return [head, ...lines.map((line) => indent + line)];
    return [`${head}${" ".repeat(names - displayWidth(name) + 2)}${first}`, ...rest.map((line) => indent + line)];
  });
}
