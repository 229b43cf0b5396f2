/**
 * Control messages between their ASCII form and FreeBSD's binary one: what `ascii2binary` and `binary2ascii` do.
 *
 * ```text
 * ascii2binary { cmdstr="bind" data="inet/127.0.0.1:80" }
 *   { version=8 arglen=16 cmd=1 typecookie=942710669 cmdstr="bind" data=[ 0x10 0x2 3=0x50 0x7f 7=0x1 15=0x0 ] }
 * ```
 *
 * The flags say whether `data` is the argument of a command, or (1) its reply. A text in `data` ends with its quote, or
 * with a NUL as in the kernel.
 *
 * @module
 */

import { octets } from "../../ascii/array.ts";
import { decodeText, encodeText, OctetReader, OctetWriter } from "../../ascii/octets.ts";
import { parseText } from "../../ascii/parse.ts";
import { hint32, uint16, uint32, uint8 } from "../../ascii/scalar.ts";
import { required, struct } from "../../ascii/struct.ts";
import { fixedString } from "../../ascii/text.ts";
import { AsciiError } from "../../ascii/error.ts";
import type { AsciiType } from "../../ascii/type.ts";
import { NetgraphError } from "../../errors.ts";
import type { Command, CommandTable } from "../core/command.ts";

/** FreeBSD's `NG_VERSION`. */
const VERSION = 8;
/** The message is a reply. */
const FLAG_REPLY = 1;

/** FreeBSD's `struct ng_mesg`: a header and the data of the command. */
export interface BinaryMessage {
  /** The version of the layout; 0 means the only one. */
  readonly version: number;
  /** Unused. */
  readonly spare: number;
  /** Unused. */
  readonly spare2: number;
  /** The length of `data` in octets; 0 if `data` contains it. */
  readonly arglen: number;
  /** The command's number. */
  readonly cmd: number;
  /** 1 for a reply. */
  readonly flags: number;
  /** The token that matches a reply. */
  readonly token: number;
  /** The cookie of the command. */
  readonly typecookie: number;
  /** The command's name. */
  readonly cmdstr: string;
  /** The argument or reply: in binary, or its text. */
  readonly data: Uint8Array;
}

const message: AsciiType<BinaryMessage> = struct({
  version: uint8,
  spare: uint8,
  spare2: uint16,
  arglen: uint32,
  cmd: uint32,
  flags: hint32,
  token: uint32,
  typecookie: uint32,
  cmdstr: fixedString(32),
  data: required(octets()),
});

/** `struct ng_mesg` as a value: its `data` is as long as `arglen` says, filled up with zeros. */
export const binaryMessage: AsciiType<BinaryMessage> = {
  ...message,
  parse: (scanner) => {
    const { offset } = scanner.peek();
    return filled(message.parse(scanner), (text) => scanner.fail("E2BIG", text, { offset, length: 0 }));
  },
  read: (literal) => filled(message.read(literal), (text) => new AsciiError("E2BIG", text)),
  unpack: (reader) => {
    const given = message.unpack(reader);
    return filled(given, (text) => new NetgraphError("EINVAL", text));
  },
};

/** The commands of a cookie. */
export interface CookieCommands {
  readonly cookie: number;
  readonly commands: CommandTable;
}

/**
 * A message whose data is text, in binary.
 *
 * @param tables tables to search for its command by name, in this order
 * @throws NetgraphError ENOSYS for an unknown command; AsciiError for a text that is not its argument
 */
export function asciiToBinary(message: BinaryMessage, tables: readonly CookieCommands[]): BinaryMessage {
  checkVersion(message, "ascii2binary");
  const table = tables.find(({ commands }) => Object.hasOwn(commands, message.cmdstr));
  const command = table?.commands[message.cmdstr];
  if (table === undefined || command === undefined) {
    throw unknown("ENOSYS", "ascii2binary", `command "${message.cmdstr}"`);
  }
  const writer = new OctetWriter();
  const type = typeOf(message, command);
  if (type !== null) type.pack(parseText(type, textOf(message.data)), writer);
  const packed = writer.finish();
  const { cookie: typecookie } = table;
  return { ...message, version: VERSION, arglen: packed.length, cmd: command.id, typecookie, data: packed };
}

/**
 * A message whose data is binary, in text.
 *
 * @param tables tables to search for its command by cookie and number
 * @throws NetgraphError EINVAL for an unknown command, as from a node, and for octets that are not its argument
 */
export function binaryToAscii(message: BinaryMessage, tables: readonly CookieCommands[]): BinaryMessage {
  checkVersion(message, "binary2ascii");
  const { typecookie, cmd, data } = message;
  const table = tables.find(({ cookie }) => cookie === typecookie);
  const [cmdstr, command] = Object.entries(table?.commands ?? {}).find(([, { id }]) => id === cmd) ?? [];
  if (cmdstr === undefined || command === undefined) {
    throw unknown("EINVAL", "binary2ascii", `command ${cmd} with cookie ${typecookie}`);
  }
  const type = typeOf(message, command);
  const text = encodeText(type === null ? "" : formatBinary(type, data));
  const terminated = new Uint8Array(text.length + 1);
  terminated.set(text);
  return { ...message, version: VERSION, arglen: terminated.length, cmdstr, data: terminated };
}

function typeOf({ flags }: BinaryMessage, command: Command<unknown, unknown>): AsciiType<unknown> | null {
  return flags % 2 === FLAG_REPLY ? command.reply : command.args;
}

function formatBinary(type: AsciiType<unknown>, data: Uint8Array): string {
  const reader = new OctetReader(data);
  const value = type.unpack(reader);
  if (reader.remaining > 0) {
    throw new NetgraphError("EINVAL", `Cannot convert ${data.length} octets: ${reader.position} are its argument`);
  }
  const text = type.format(value);
  // Octets can encode values that no text can: the command must accept the resulting text.
  checkText(type, text);
  return text;
}

function checkText(type: AsciiType<unknown>, text: string): void {
  try {
    parseText(type, text);
  } catch (error) {
    if (!(error instanceof AsciiError)) throw error;
    throw new NetgraphError("EINVAL", `Cannot convert to "${text}": ${error.message}`, { cause: error });
  }
}

function filled(message: BinaryMessage, refuse: (text: string) => NetgraphError): BinaryMessage {
  const { arglen, data } = message;
  if (arglen === 0) return { ...message, arglen: data.length };
  if (arglen < data.length) throw refuse(`Message has ${data.length} octets of data, but arglen=${arglen}`);
  if (arglen > MAX_DATA) throw refuse(`Message has arglen=${arglen} where ${MAX_DATA} is the most`);
  const whole = new Uint8Array(arglen);
  whole.set(data);
  return { ...message, data: whole };
}

/** The kernel also rejects a longer text. */
const MAX_DATA = 20 * 1024;

function checkVersion({ version }: BinaryMessage, command: string): void {
  if (version === 0 || version === VERSION) return;
  throw new NetgraphError("EINVAL", `Cannot read message of "${command}": version is ${version}, not ${VERSION}`);
}

function textOf(data: Uint8Array): string {
  const end = data.indexOf(0);
  return decodeText(end < 0 ? data : data.subarray(0, end));
}

function unknown(code: "EINVAL" | "ENOSYS", command: string, what: string): NetgraphError {
  return new NetgraphError(code, `Cannot convert message of "${command}": there is no ${what}`);
}
