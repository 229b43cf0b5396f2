/**
 * Node types as a person reads them.
 *
 * @module
 */

import type { TypeDescription } from "../ascii/type.ts";
import type { NodeType } from "../graph/node_type.ts";
import type { Output } from "./output.ts";
import { type Column, layOutTable } from "./table.ts";

/** How it is laid out. */
export interface TypeStyle {
  readonly width: number;
  readonly paint: Output["paint"];
}

const LIST: readonly Column[] = [{ title: "TYPE" }, { title: "SUMMARY", least: 20 }];
const HOOKS: readonly Column[] = [{ title: "HOOK" }, { title: "SUMMARY", least: 20 }];
const MESSAGES: readonly Column[] = [
  { title: "MESSAGE" },
  { title: "KIND" },
  { title: "ARGUMENT", least: 12 },
  { title: "SUMMARY", least: 20 },
];
/** Arrays and structs in structs are not unfolded for ever. */
const MAX_DEPTH = 2;

/** All types, a line each. */
export function typeListLines(types: readonly NodeType[], style: TypeStyle): readonly string[] {
  return paintHeader(layOutTable(LIST, types.map(({ name, summary }) => [name, summary]), style), style);
}

/** One type in full. */
export function typeLines(type: NodeType, style: TypeStyle): readonly string[] {
  const hooks = type.hooks.map(({ pattern, summary }) => [pattern, summary]);
  const messages = Object.entries(type.commands).map(([name, command]) => {
    const argument = command.args === null ? "-" : describe(command.args.description, 0);
    const shown = command.args !== null && command.argsOptional === true ? `[${argument}]` : argument;
    return [name, command.kind, shown, command.summary];
  });
  return [
    `${style.paint("strong", type.name)}  ${type.summary}`,
    "",
    ...paintHeader(layOutTable(HOOKS, hooks, style), style),
    "",
    ...paintHeader(layOutTable(MESSAGES, messages, style), style),
  ];
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
