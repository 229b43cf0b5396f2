/**
 * Messages in the argument of another message, which are sent to nodes that do not exist yet. The type parses them with
 * the same commands as the messages of a declared node, so that an invalid message is an immediate error.
 *
 * ```text
 * inner = '"' command [ blank argument ] '"'
 * ```
 *
 * A data language also has the form `{ command: argument }`.
 *
 * @module
 */

import { nearHint } from "../../ascii/near.ts";
import { formatMessageLiteral, parseText } from "../../ascii/parse.ts";
import { plainText } from "../../ascii/quote.ts";
import { string } from "../../ascii/text.ts";
import { AsciiError } from "../../ascii/error.ts";
import type { TypeDescription } from "../../ascii/description.ts";
import type { Literal, LiteralField } from "../../ascii/literal.ts";
import type { AsciiType } from "../../ascii/type.ts";
import type { Command, CommandTable } from "../core/command.ts";
import type { CheckedMessage } from "../core/node_type.ts";
import { escapeReferences, hasReferences, substituteReferences } from "../core/reference.ts";

/** Which messages are allowed in an argument. */
export interface InnerRules {
  /** The commands of the nodes that receive them. */
  commands(): CommandTable;
  /** True for a command that such a node can execute. */
  takes(name: string, command: Command<unknown, unknown>): boolean;
  /** A description of such a node, for error messages: `an accepted connection`. */
  readonly receiver: string;
  /** A valid one, for error messages. */
  readonly example: string;
}

/** The type of a message inside an argument. */
export interface InnerMessageType extends AsciiType<string> {
  /**
   * The content of such a message, for the checks of a node type: its argument is unknown while it refers to a reply.
   */
  check(text: string): CheckedMessage;
}

/** The type of messages that follow these rules. */
export function innerMessage(rules: InnerRules): InnerMessageType {
  const argumentOf = (name: string): TypeDescription | null => commandOf(rules, name)?.args?.description ?? null;
  const { example } = rules;
  return {
    ...string,
    description: { kind: "named", name: "message", examples: [example], quoted: true, argumentOf },
    parse: (scanner) => {
      const token = scanner.peek();
      const text = string.parse(scanner);
      try {
        return readText(rules, text);
      } catch (error) {
        if (!(error instanceof AsciiError)) throw error;
        // Escapes have another length in the text: then the error covers all of it.
        const plain = plainText(token) !== null;
        throw error.moved(({ offset, length }) => ({
          ...(plain ? { offset: token.offset + 1 + offset, length } : { offset: token.offset, length: token.length }),
          path: [],
        }));
      }
    },
    read: (literal: Literal): string => {
      if (literal.kind === "word") return readText(rules, literal.text);
      const [field, second] = literal.kind === "struct" ? literal.fields : [];
      if (field !== undefined && second === undefined) return readField(rules, field);
      throw new AsciiError("EINVAL", "Expected one message", { hint: `such as ${example}` });
    },
    check: (text) => {
      const { command: name, argument } = split(text);
      const type = commandOf(rules, name)?.args ?? null;
      const known = type !== null && argument !== "" && !hasReferences(argument);
      return {
        command: name,
        args: known ? parseText(type, substitute(argument)) : argument === "" ? null : undefined,
      };
    },
  };
}

interface Parts {
  readonly command: string;
  /** The offset of the command. */
  readonly start: number;
  readonly argument: string;
  /** The offset of the argument. */
  readonly at: number;
}

function split(text: string): Parts {
  const [whole = "", blanks = "", command = ""] = /^(\s*)(\S*)\s*/.exec(text) ?? [];
  return { command, start: blanks.length, argument: text.slice(whole.length).trimEnd(), at: whole.length };
}

/** The canonical text of a message; offsets of errors count in the text as given. */
function readText(rules: InnerRules, text: string): string {
  const { command: name, start, argument, at } = split(text);
  const type = requireCommand(rules, { name, offset: start, given: argument !== "" });
  if (argument === "") return name;
  if (type === null) {
    const where = { offset: at, length: argument.length, path: [name], hint: `write ${name} alone` };
    throw new AsciiError("EINVAL", `Message "${name}" accepts no argument`, where);
  }
  if (hasReferences(argument)) return `${name} ${argument}`;
  const filled = substitute(argument);
  try {
    return canonical(name, type, parseText(type, filled));
  } catch (error) {
    if (!(error instanceof AsciiError)) throw error;
    const same = filled === argument;
    throw error.moved(({ offset, length, path }) => ({
      ...(same ? { offset: at + offset, length } : { offset: at, length: argument.length }),
      path: [name, ...path],
    }));
  }
}

/** `{ setopt: { TCP_NODELAY: 1 } }` */
function readField(rules: InnerRules, { name, value }: LiteralField): string {
  const type = requireCommand(rules, { name, offset: 0, given: value.kind !== "none" });
  if (value.kind === "none") return name;
  const path = [name];
  if (type === null) {
    const length = value.kind === "word" ? value.text.length : 0;
    throw new AsciiError("EINVAL", `Message "${name}" accepts no argument`, {
      length,
      path,
      hint: `write ${name} alone`,
    });
  }
  const text = formatMessageLiteral(() => type.description, [{ name, value }]);
  if (hasReferences(text)) return text;
  try {
    return canonical(name, type, type.read(value));
  } catch (error) {
    if (!(error instanceof AsciiError)) throw error;
    throw error.moved(({ path }) => ({ path: [name, ...path] }));
  }
}

interface Given {
  readonly name: string;
  readonly offset: number;
  /** True if it has an argument. */
  readonly given: boolean;
}

/** The type of a command's argument; null if it has none. */
function requireCommand(rules: InnerRules, { name, offset, given }: Given): AsciiType<unknown> | null {
  const where = { offset, length: name.length, path: [name] };
  const command = commandOf(rules, name);
  if (command === undefined || !rules.takes(name, command)) {
    const known = Object.entries(rules.commands()).filter(([one, each]) => rules.takes(one, each));
    // The reply of a query would not be read there.
    const useful = known.filter(([, { kind }]) => kind !== "query").map(([one]) => one);
    const hint = (command === undefined ? nearHint(name, known.map(([one]) => one)) : null) ??
      `known messages: ${useful.join(", ")}`;
    const message = command === undefined
      ? `Unknown message "${name}" for ${rules.receiver}`
      : `Message "${name}" is not allowed for ${rules.receiver}`;
    throw new AsciiError("ENOSYS", message, { ...where, hint });
  }
  if (command.args !== null && !given && command.argsOptional !== true) {
    const { description } = command.args;
    const example = description.kind === "named" ? description.examples[0] : undefined;
    const hint = example === undefined ? null : `such as ${name} ${example}`;
    throw new AsciiError("EINVAL", `Message "${name}" lacks its argument`, { ...where, hint });
  }
  return command.args;
}

function commandOf(rules: InnerRules, name: string): Command<unknown, unknown> | undefined {
  const table = rules.commands();
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

function canonical(name: string, type: AsciiType<unknown>, value: unknown): string {
  return `${name} ${escapeReferences(type.format(value))}`;
}

/** The text that is sent, without references. */
function substitute(argument: string): string {
  return substituteReferences(argument, ({ start, end }) => argument.slice(start, end));
}
