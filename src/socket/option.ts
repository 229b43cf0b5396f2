/**
 * Socket options, as arguments of setopt and getopt.
 *
 * ```text
 * setopt = "{" C-name "=" value "}"
 *        | "{" [ "os=" system ] "level=" number "name=" number ( "value" | "data" ) "=" octets "}"
 * getopt = C-name | "{" [ "os=" system ] "level=" number "name=" number "}"
 * ```
 *
 * Numbers are FreeBSD's unless `os=linux` says otherwise. A known option is always printed by its name, and its octets
 * are parsed by its type; an unknown one keeps its numbers and its octets.
 *
 * @module
 */

import { octets } from "../ascii/array.ts";
import { nearHint } from "../ascii/near.ts";
import { OctetReader, OctetWriter } from "../ascii/octets.ts";
import { type Part, readComposite, type Source, visitFields, type Whole } from "../ascii/part.ts";
import { enumeration, int32 } from "../ascii/scalar.ts";
import type { Scanner } from "../ascii/scanner.ts";
import { struct, withInitial } from "../ascii/struct.ts";
import { AsciiError } from "../ascii/error.ts";
import type { Literal } from "../ascii/literal.ts";
import type { NamedWord } from "../ascii/description.ts";
import type { AsciiType } from "../ascii/type.ts";
import { NetgraphError } from "../errors.ts";
import type { NumberingSystem } from "./endpoint.ts";
import { type OptionFact, optionNamed, type OptionNumbers, OPTIONS } from "./option_table.ts";
import type { OptionValue } from "./option_value.ts";

/** An option: with a value to set or that was read, or without one in a query. */
export interface SocketOption {
  /** The C name; null for an option that is known only by its numbers. */
  readonly option: string | null;
  /** The system whose numbers `level` and `name` are: FreeBSD where it has the option. */
  readonly os: NumberingSystem;
  /** The level, as a number of `os`. */
  readonly level: number;
  /** The number within the level. */
  readonly name: number;
  /** Null in a query. Octets if the option is unknown. */
  readonly value: OptionValue | null;
}

const system = enumeration({ freebsd: 0, linux: 1 });
const value = octets();
const NUMBER_FIELDS = ["level", "name", "value", "data", "os"];

/**
 * An option to set, or that was read.
 *
 * @example
 * ```ts
 * import { parseText, sockopt } from "@sockgraph/sockgraph";
 *
 * const option = parseText(sockopt, "{ SO_KEEPALIVE=1 }");
 * console.log(sockopt.format(option)); // { SO_KEEPALIVE=1 }
 * ```
 */
export const sockopt: AsciiType<SocketOption> = {
  description: {
    kind: "named",
    name: "sockopt",
    examples: ["{ SO_REUSEADDR=1 }", "{ SO_LINGER={ onoff=1 linger=10 } }", "{ level=0xffff name=0x1014 value=[ 2 ] }"],
    keys: optionNames(({ readOnly }) => !readOnly),
  },
  parse: readOption,
  read: (literal) => readComposite(sockopt, literal, readOption),
  format: formatOption,
  pack: (option, writer) => {
    const numbers = freebsdNumbers(option);
    writer.integer(numbers.level, 32);
    writer.integer(numbers.name, 32);
    writer.octets(optionOctets(option));
  },
  unpack: (reader) => {
    const numbers = unpackNumbers(reader);
    return withOctets("freebsd", numbers, reader.octets(reader.remaining));
  },
};

/** The options of the table, for completion in editors. */
function optionNames(isMeant: (fact: OptionFact) => boolean): readonly NamedWord[] {
  return Object.entries(OPTIONS).filter(([, fact]) => isMeant(fact)).map(([name, { summary }]) => ({ name, summary }));
}

/** An option in a query: its value is null. */
export const sockoptName: AsciiType<SocketOption> = {
  description: {
    kind: "named",
    name: "sockoptName",
    examples: ["SO_RCVBUF", "{ level=0xffff name=0x1002 }"],
    words: optionNames(() => true),
  },
  parse: (scanner) => scanner.peek().kind === "{" ? readNumbers(scanner) : parseName(scanner),
  read: (literal: Literal) => readComposite(sockoptName, literal, readNumbers),
  format: (option) => option.option ?? `{ ${numberTexts(option).join(" ")} }`,
  pack: (option, writer) => {
    const numbers = freebsdNumbers(option);
    writer.integer(numbers.level, 32);
    writer.integer(numbers.name, 32);
  },
  unpack: (reader) => question("freebsd", unpackNumbers(reader)),
};

/** The kernel's own struct, as a FreeBSD host reads and prints it: for scripts for such a host. */
export const kernelSockopt: AsciiType<{ readonly level: number; readonly name: number; readonly value: Uint8Array }> =
  struct({
    level: int32,
    name: int32,
    value: withInitial(
      { ...value, format: (given) => octets({ length: given.length }).format(given) },
      new Uint8Array(),
    ),
  });

/** The identity of a setting: the option, and for a membership its group. */
export function optionKey(option: SocketOption): string {
  const { option: name, value } = option;
  if (name === null) return numberTexts(option).join(" ");
  const perGroup = OPTIONS[name]?.perGroup === true && typeof value === "object" && value !== null;
  return perGroup && "group" in value ? `${name} ${value.group}` : name;
}

/** A system's numbers of an option; null if it has none, or if only those of the other system are known. */
export function optionNumbers(option: SocketOption, system: NumberingSystem): OptionNumbers | null {
  const fact = option.option === null ? undefined : OPTIONS[option.option];
  if (fact !== undefined) return fact[system];
  return option.os === system ? { level: option.level, name: option.name } : null;
}

/** The option's value in binary, as for setsockopt on a little-endian host; empty in a query. */
export function optionOctets(option: SocketOption): Uint8Array {
  const { value } = option;
  if (value === null) return new Uint8Array();
  if (value instanceof Uint8Array) return value;
  const writer = new OctetWriter();
  factOf(option).value.pack(value, writer);
  return writer.finish();
}

/** The option with a value in binary from getsockopt. */
export function withOptionOctets(option: SocketOption, given: Uint8Array): SocketOption {
  return withOctets(option.os, option, given);
}

function factOf({ option }: SocketOption): typeof OPTIONS[string] {
  const fact = option === null ? undefined : OPTIONS[option];
  if (fact === undefined) throw new TypeError(`Option ${option} is not in the table`);
  return fact;
}

function freebsdNumbers(option: SocketOption): OptionNumbers {
  const numbers = optionNumbers(option, "freebsd");
  if (numbers !== null) return numbers;
  throw new NetgraphError("ENOPROTOOPT", `Cannot pack ${optionKey(option)}: FreeBSD has no such option`);
}

function formatOption(option: SocketOption): string {
  const { option: name, value: given } = option;
  if (name === null) {
    const texts = numberTexts(option);
    if (given instanceof Uint8Array) texts.push(`value=${value.format(given)}`);
    return `{ ${texts.join(" ")} }`;
  }
  return given === null ? name : `{ ${name}=${factOf(option).value.format(given)} }`;
}

function numberTexts({ os, level, name }: SocketOption): string[] {
  return [...(os === "freebsd" ? [] : [`os=${os}`]), `level=${level}`, `name=${name}`];
}

function parseName(scanner: Scanner): SocketOption {
  const token = scanner.peek();
  if (token.kind !== "word" || !Object.hasOwn(OPTIONS, token.text)) {
    const hint = optionHint(token.text) ?? "or write { level=0xffff name=0x1002 }";
    throw scanner.failAt(token, token.kind === "word" ? "ENOENT" : "EINVAL", `Unknown option "${token.text}"`, hint);
  }
  scanner.next();
  return namedOption(token.text, null);
}

interface Found {
  named: SocketOption | null;
  os: NumberingSystem;
  level: number | null;
  name: number | null;
  value: Uint8Array | null;
  valuePart: Part | null;
}

function readOption(source: Source): SocketOption {
  const { found, whole } = readParts(source);
  if (found.named !== null) return found.named;
  const numbers = checkNumbers(found, whole);
  if (found.value === null) throw whole.fail("EOPNOTSUPP", 'Field "value" is missing', "such as value=[ 1 ]");
  const size = OPTIONS[optionNamed(found.os, numbers) ?? ""]?.octets ?? found.value.length;
  if (found.value.length > size) {
    const message = `Value has ${found.value.length} octets where the option has ${size}`;
    throw found.valuePart?.failValue("E2BIG", message) ?? whole.fail("E2BIG", message);
  }
  return withOctets(found.os, numbers, found.value);
}

function readNumbers(source: Source): SocketOption {
  const { found, whole } = readParts(source);
  if (found.named !== null) {
    throw whole.fail("EINVAL", "An option that is asked for has no value", `write ${found.named.option}`);
  }
  if (found.value !== null && found.value.length > 0) {
    throw whole.fail("EINVAL", "An option that is asked for has no value");
  }
  return question(found.os, checkNumbers(found, whole));
}

function checkNumbers({ level, name }: Found, whole: Whole): OptionNumbers {
  if (level === null || name === null) {
    const missing = level === null ? "level" : "name";
    throw whole.fail("EOPNOTSUPP", `Field "${missing}" is missing`, "such as { SO_REUSEADDR=1 }");
  }
  return { level, name };
}

function readParts(source: Source): { found: Found; whole: Whole } {
  const found: Found = { named: null, os: "freebsd", level: null, name: null, value: null, valuePart: null };
  let count = 0;
  const whole = visitFields(source, (part) => {
    count += 1;
    if (found.named !== null || (count > 1 && Object.hasOwn(OPTIONS, part.name))) {
      throw part.failName("EINVAL", "One setopt sets one option", "send one for each option");
    }
    readPart(part, found);
  });
  return { found, whole };
}

function readPart(part: Part, found: Found): void {
  const fact = Object.hasOwn(OPTIONS, part.name) ? OPTIONS[part.name] : undefined;
  if (fact !== undefined) {
    const given = part.read(fact.value);
    if (fact.readOnly) throw part.failName("EINVAL", `Option ${part.name} can only be asked for`);
    found.named = namedOption(part.name, given);
    return;
  }
  switch (part.name) {
    case "os":
      found.os = part.read(system);
      return;
    case "level":
      found.level = readNumber(part);
      return;
    case "name":
      found.name = readNumber(part);
      return;
    case "value":
    case "data":
      if (found.value !== null) throw part.failName("EALREADY", 'The value is given as "value" and as "data"');
      found.value = part.read(value);
      found.valuePart = part;
      return;
    default: {
      const hint = optionHint(part.name) ?? nearHint(part.name, NUMBER_FIELDS);
      throw part.failName("ENOENT", `Unknown option or field "${part.name}"`, hint);
    }
  }
}

/**
 * The option for a name without its prefix, such as nodelay, otherwise the most similar one; null if none is similar.
 */
function optionHint(name: string): string | null {
  const plain = (text: string): string => text.toLowerCase().replace(/[-_.]/g, "");
  const names = Object.keys(OPTIONS);
  const short = names.find((one) => [one, one.replace(/^[A-Z0-9]+_/, "")].some((form) => plain(form) === plain(name)));
  return short === undefined ? nearHint(name, names) : `did you mean "${short}"?`;
}

/** Names belong in the other form: `{ SO_REUSEADDR=1 }`. */
function readNumber(part: Part): number {
  try {
    return part.read(int32);
  } catch (error) {
    if (!(error instanceof AsciiError) || error.hint !== null) throw error;
    throw error.moved(() => ({ hint: "names are written { SO_REUSEADDR=1 }" }));
  }
}

/** The option with that C name; TypeError if the table does not have it. */
export function namedOption(option: string, value: OptionValue | null): SocketOption {
  const fact = OPTIONS[option];
  const os = fact?.freebsd === null ? "linux" : "freebsd";
  const numbers = fact?.[os];
  if (numbers === undefined || numbers === null) throw new TypeError(`Option ${option} has no numbers`);
  return { option, os, ...numbers, value };
}

function question(os: NumberingSystem, { level, name }: OptionNumbers): SocketOption {
  const option = optionNamed(os, { level, name });
  return option === null ? { option, os, level, name, value: null } : namedOption(option, null);
}

function withOctets(os: NumberingSystem, { level, name }: OptionNumbers, given: Uint8Array): SocketOption {
  const option = optionNamed(os, { level, name });
  const fact = option === null ? undefined : OPTIONS[option];
  if (option === null || fact === undefined) return { option: null, os, level, name, value: given };
  const filled = new Uint8Array(Math.max(fact.octets, given.length));
  filled.set(given);
  return namedOption(option, fact.value.unpack(new OctetReader(filled)));
}

function unpackNumbers(reader: OctetReader): OptionNumbers {
  const level = int32.unpack(reader);
  return { level, name: int32.unpack(reader) };
}

/** Options that the system may set to a higher value than requested. */
const AT_LEAST = ["SO_RCVBUF", "SO_SNDBUF", "SO_RCVLOWAT", "SO_RCVTIMEO", "SO_SNDTIMEO", "TCP_DEFER_ACCEPT"];

/** Options that may be lower on a connection than requested: the value that both ends agreed on. */
const AT_MOST = ["TCP_MAXSEG"];

/**
 * Whether an option that was read back has the value that was set.
 *
 * @returns null if the reply does not show it
 */
export function optionMatches(wanted: SocketOption, found: SocketOption): boolean | null {
  const { option, value } = wanted;
  if (value === null || found.value === null) return null;
  if (typeof value === "number" && typeof found.value === "number") {
    if (option !== null && AT_LEAST.includes(option)) return found.value >= value;
    if (option !== null && AT_MOST.includes(option)) return found.value <= value;
    const isSwitch = option !== null && OPTIONS[option]?.isSwitch === true;
    return isSwitch ? (value === 0) === (found.value === 0) : value === found.value;
  }
  // Memberships cannot be queried.
  if (option !== null && OPTIONS[option]?.perGroup === true) return null;
  return sockopt.format(wanted) === sockopt.format(found);
}
