/**
 * The JSON Schema of topology files, printed from the table of the decoder and from the facts of the node types, so
 * that editors complete and check files.
 *
 * A schema cannot look up names: the loader checks names, hooks and references. If a value may be an expression, any
 * text with `${` in it is valid.
 *
 * @module
 */

import type { ValueFacts } from "../../ascii/description.ts";
import type { Command } from "../../graph/core/command.ts";
import type { NodeType } from "../../graph/core/node_type.ts";
import {
  type Form,
  IGNORED_PREFIX,
  type KeyRule,
  LINK_KEYS,
  NODE_KEYS,
  PARAMETER_KEYS,
  TEMPLATE_KEYS,
  TOPOLOGY_KEYS,
} from "../parse/format.ts";
import { factsSchema, type JsonSchema, valueSchema } from "./value_schema.ts";

/**
 * The schema of a topology file for these node types.
 *
 * @example
 * ```ts
 * import { builtinTypes, MemoryNetwork, topologySchema } from "@sockgraph/sockgraph";
 *
 * const schema = topologySchema(builtinTypes(new MemoryNetwork().openSockets()));
 * console.log(JSON.stringify(schema).includes("ksocket")); // true
 * ```
 */
export function topologySchema(types: readonly NodeType[]): JsonSchema {
  const known = types.filter((type) => type.creatable);
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "sockgraph topology",
    ...shapeSchema(TOPOLOGY_KEYS),
    $defs: {
      node: nodeSchema(known),
      template: shapeSchema(TEMPLATE_KEYS),
      default: { type: ["string", "number", "boolean", "null"], description: "The default; empty: it must be given" },
      link: {
        anyOf: [
          {
            type: "array",
            items: { type: "string" },
            minItems: 2,
            maxItems: 2,
            description: "[node:hook, node:hook]",
          },
          shapeSchema(LINK_KEYS),
        ],
      },
      end: { type: "string" },
      choice: VALUE,
      name: { type: "string" },
      path: { type: "string", description: "A path, relative to this file" },
      parameter: parameterSchema(),
      values: {
        description:
          "A range (9000-9099), a value, or a list of them; with the name zip, names whose values are paired by their position",
        anyOf: [VALUE, { type: "array", items: VALUE }, {
          type: "object",
          additionalProperties: { anyOf: [VALUE, { type: "array", items: VALUE }] },
        }],
      },
      message: { type: ["string", "object"] },
      ...Object.fromEntries(known.map((type) => [messageName(type), messageSchema(type)])),
    },
  };
}

/** A mapping whose keys are those of a table. */
function shapeSchema(table: Readonly<Record<string, KeyRule>>): JsonSchema {
  const rules = Object.entries(table);
  const required = rules.filter(([, rule]) => rule.required === true).map(([key]) => key);
  return {
    type: "object",
    properties: Object.fromEntries(rules.map(([key, rule]) => {
      return [key, { ...formSchema(rule.form), ...ruleFacts(rule) }];
    })),
    ...IGNORED,
    additionalProperties: false,
    ...(required.length === 0 ? {} : { required }),
  };
}

/** The default of a parameter alone, or a mapping. */
function parameterSchema(): JsonSchema {
  const shape = shapeSchema(PARAMETER_KEYS);
  const { default: preset, ...properties } = Object.fromEntries(
    Object.entries(PARAMETER_KEYS).map(([key, rule]) => [key, { ...formSchema(rule.form), ...ruleFacts(rule) }]),
  );
  return {
    description: "A default, nothing if a value must be given, or a mapping",
    anyOf: [{ type: ["string", "number", "boolean", "null"] }, {
      ...shape,
      properties: { ...properties, default: { ...preset, ...VALUE } },
    }],
  };
}

const VALUE: JsonSchema = { type: ["string", "number", "boolean"] };
const IGNORED: JsonSchema = { patternProperties: { [`^${IGNORED_PREFIX}`]: {} } };

function ruleFacts({ form, summary, default: usual }: KeyRule): JsonSchema {
  const isWord = usual !== undefined && form.kind === "text" && form.words?.includes(usual) === true;
  return {
    description: usual === undefined ? summary : `${summary} (default: ${usual})`,
    ...(isWord ? { default: usual } : {}),
  };
}

function formSchema(form: Form): JsonSchema {
  switch (form.kind) {
    case "text":
      if (form.words !== undefined) return expressionOr({ enum: form.words });
      return form.pattern === undefined ? { type: ["string", "number"] } : expressionOr({
        type: "string",
        pattern: form.pattern,
      });
    case "map":
      return { type: ["object", "null"], ...IGNORED, additionalProperties: { $ref: `#/$defs/${form.of}` } };
    case "list":
      return { type: ["array", "null"], items: { $ref: `#/$defs/${form.of}` } };
  }
}

function expressionOr(schema: JsonSchema): JsonSchema {
  return { anyOf: [schema, { type: "string", pattern: "\\$\\{" }] };
}

/** A node, whose type decides its messages and whether it needs a hook. */
function nodeSchema(types: readonly NodeType[]): JsonSchema {
  const shape = shapeSchema(NODE_KEYS);
  const properties = Object.entries(NODE_KEYS).map(([key, rule]) => {
    const choices = types.map((type) => ({ const: type.name, description: type.summary }));
    const schema = rule.form.kind === "text" && rule.form.types === true ? { anyOf: choices } : formSchema(rule.form);
    return [key, { ...schema, ...ruleFacts(rule) }];
  });
  return { ...shape, properties: Object.fromEntries(properties), allOf: types.map(nodeOfType) };
}

function nodeOfType(type: NodeType): JsonSchema {
  const messages = { items: { $ref: `#/$defs/${messageName(type)}` } };
  const required = type.hookDecides ? { required: ["hook"] } : {};
  return {
    if: { properties: { type: { const: type.name } }, required: ["type"] },
    then: { properties: { messages, hook: type.hookDecides ? hookSchema(type) : false }, ...required },
  };
}

/** Any name; editors complete the usual ones. */
function hookSchema({ hooks }: NodeType): JsonSchema {
  return { anyOf: [{ enum: hooks.flatMap(({ examples = [] }) => examples) }, { type: "string" }] };
}

function messageName(type: NodeType): string {
  return `${type.name}-message`;
}

/** A message of a type, in its three forms: `getname`, `bind inet/127.0.0.1:80`, `{ bind: inet/127.0.0.1:80 }`. */
function messageSchema(type: NodeType): JsonSchema {
  const commands = Object.entries(type.commands).filter(([, command]) => command.imperativeOnly !== true);
  if (commands.length === 0) return { not: {}, description: "This type has no messages" };
  const names = commands.map(([name]) => name.replaceAll(/[^\w]/g, "\\$&"));
  return {
    anyOf: [
      { enum: commands.filter(([, command]) => mayBeBare(command)).map(([name]) => name) },
      { type: "string", pattern: `^\\s*(?:${names.join("|")})(?:\\s|$)` },
      {
        type: "object",
        properties: Object.fromEntries(commands.map(([name, command]) => [name, argumentSchema(command)])),
        ...IGNORED,
        additionalProperties: false,
        minProperties: 1,
      },
    ],
  };
}

function mayBeBare(command: Command<unknown, unknown>): boolean {
  return command.args === null || command.argsOptional === true;
}

const NO_FACTS: ValueFacts = { summary: null, unit: null, default: null, defaultNote: null };

function argumentSchema(command: Command<unknown, unknown>): JsonSchema {
  const { args, argument } = command;
  if (args === null) return { type: "null", description: command.summary };
  const schema = valueSchema(args.description);
  const about = factsSchema({ ...NO_FACTS, ...argument }, null)["description"];
  const description = about === undefined ? command.summary : `${command.summary}. ${about}`;
  return { ...(mayBeBare(command) ? { anyOf: [{ type: "null" }, schema] } : schema), description };
}
