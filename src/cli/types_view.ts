/**
 * Node types as a person reads them.
 *
 * @module
 */

import type { TypeDescription } from "../ascii/description.ts";
import type { NodeType } from "../graph/node_type.ts";
import type { Output } from "./output.ts";
import { type Column, layOutTable } from "./table.ts";
import { wrap } from "./width.ts";

/** How it is laid out. */
export interface TypeStyle {
  readonly width: number;
  readonly paint: Output["paint"];
}

const LIST: readonly Column[] = [{ title: "TYPE" }, { title: "SUMMARY", least: 20 }];
/** Arrays and structs in structs are not unfolded for ever. */
const MAX_DEPTH = 2;
const INDENT = "      ";

/** All types, a line each. */
export function typeListLines(types: readonly NodeType[], style: TypeStyle): readonly string[] {
  return paintHeader(layOutTable(LIST, types.map(({ name, summary }) => [name, summary]), style), style);
}

/** One type in full. */
export function typeLines(type: NodeType, style: TypeStyle): readonly string[] {
  const { paint } = style;
  const hooks = type.hooks.map(({ pattern, summary }) => entry(paint("strong", pattern), [summary], style));
  const messages = Object.entries(type.commands).map(([name, command]) => {
    const { args, kind, summary } = command;
    const argument = args === null ? "" : describe(args.description, 0);
    const example = args === null ? name : `${name} ${command.argsOptional === true ? `[${argument}]` : argument}`;
    return entry(`${paint("strong", name)}  ${paint("faint", kind)}`, [summary, example], style);
  });
  return [
    type.summary,
    "",
    paint("faint", "HOOKS"),
    ...hooks.flat(),
    "",
    paint("faint", "MESSAGES"),
    ...messages.flat(),
  ];
}

/** A head line, and what there is to say of it below. */
function entry(head: string, lines: readonly string[], { width }: TypeStyle): readonly string[] {
  const said = lines.flatMap((line) => wrap(line, width - INDENT.length));
  return [`  ${head}`, ...said.map((line) => INDENT + line)];
}

function paintHeader([header = "", ...rows]: readonly string[], style: TypeStyle): readonly string[] {
  return [style.paint("faint", header), ...rows];
}

/** A value's type in few words: `inet/127.0.0.1:80`, `{ onoff=… linger=… }`, `0…65535`. */
function describe(type: TypeDescription, depth: number): string {
  switch (type.kind) {
    case "integer":
      return "number";
    case "boolean":
      return "true|false";
    case "enum":
      return type.words.join("|");
    case "string":
      return '"text"';
    case "duration":
      return "5s";
    case "size":
      return "1MiB";
    case "octets":
      return "[octets]";
    case "named":
      return type.examples[0] ?? type.name;
    case "array":
      return `[ ${depth < MAX_DEPTH ? describe(type.element, depth + 1) : "…"} ]`;
    case "dictionary":
      return `{ NAME=${depth < MAX_DEPTH ? describe(type.element, depth + 1) : "…"} }`;
    case "struct": {
      if (depth >= MAX_DEPTH) return "{ … }";
      const fields = type.fields.map((field) => `${field.name}=${describe(field.type, depth + 1)}`);
      return fields.length === 0 ? "{}" : `{ ${fields.join(" ")} }`;
    }
  }
}
