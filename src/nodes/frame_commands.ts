/**
 * frame's commands: the framing of the stream, the longest item, and what happens to longer ones.
 *
 * @module
 */

import { boolean, enumeration } from "../ascii/scalar.ts";
import { notZero } from "../ascii/not_zero.ts";
import { size } from "../ascii/size.ts";
import { optional, required, struct } from "../ascii/struct.ts";
import type { ConfigCommands } from "../graph/core/command.ts";
import type { FramingName } from "./framing.ts";

/**
 * - `cut`: its first `maxSize` bytes are an item, the rest is dropped
 * - `drop`: all of it is dropped
 * - `close`: the stream is reset
 */
export type Oversize = "cut" | "drop" | "close";

/**
 * Whether the CR of a line that ends with CR LF is removed.
 *
 * - `auto`: if the first line of the stream ends with it; otherwise a CR is part of the line
 * - `always`, `never`
 */
export type StripCr = "auto" | "always" | "never";

/** The configuration of a frame. */
export interface FrameConfig {
  /** The framing of the stream. */
  readonly framing: FramingName;
  /** The longest item, in bytes. */
  readonly maxSize: number;
  /** What happens to a longer one. */
  readonly oversize: Oversize;
  /** The rule for the CR of a line that ends with CR LF. */
  readonly stripCR: StripCr;
  /** True if an empty line is an item. */
  readonly emptyLines: boolean;
}

/** frame's commands, by name. */
export type FrameCommands = ConfigCommands<FrameConfig, Partial<FrameConfig>>;

/** The default configuration. */
export const DEFAULT_CONFIG: FrameConfig = {
  framing: "newline",
  maxSize: 64 * 1024,
  oversize: "cut",
  stripCR: "auto",
  emptyLines: true,
};

const framing = enumeration<FramingName>({ newline: 1, "octet-counted": 2, length16: 3, length32: 4 });
const stripCr = enumeration<StripCr>({ auto: 0, always: 1, never: 2 });
const oversize = enumeration<Oversize>({ cut: 0, drop: 1, close: 2 });

/** frame's commands. */
export const FRAME_COMMANDS: FrameCommands = {
  setconfig: {
    id: 1,
    summary: "How items are framed in the stream, and how long they may be",
    args: struct({
      framing: optional(framing, "How items are separated in the stream", { default: DEFAULT_CONFIG.framing }),
      maxSize: optional(notZero(size, "drops every item"), "The longest item", { default: DEFAULT_CONFIG.maxSize }),
      oversize: optional(oversize, "What happens to a longer item: it is cut, dropped, or the stream is closed", {
        default: DEFAULT_CONFIG.oversize,
      }),
      stripCR: optional(
        stripCr,
        "Leaves out the CR of lines that end with CR LF: auto (where the first line does), always, never",
        { default: DEFAULT_CONFIG.stripCR },
      ),
      emptyLines: optional(boolean, "An empty line is an item (true), or is left out", {
        default: DEFAULT_CONFIG.emptyLines,
      }),
    }),
    reply: null,
    kind: "setting",
    cost: "live",
    entries: (config) => Object.entries(config ?? {}).map(([key, value]) => ({ key, args: { [key]: value } })),
    reset: (key) => Object.fromEntries(Object.entries(DEFAULT_CONFIG).filter(([name]) => name === key)),
    readBack: { query: "getconfig", matches: (wanted, reply) => matchesConfig(wanted, reply) },
  },
  getconfig: {
    id: 2,
    summary: "How items are framed in the stream, and how long they may be",
    args: null,
    reply: struct({
      framing: required(framing),
      maxSize: required(size),
      oversize: required(oversize),
      stripCR: required(stripCr),
      emptyLines: required(boolean),
    }),
    kind: "query",
    cost: "live",
  },
};

function matchesConfig(wanted: Partial<FrameConfig>, reply: unknown): boolean {
  if (typeof reply !== "object" || reply === null) return false;
  const found = new Map(Object.entries(reply));
  return Object.entries(wanted).every(([key, value]) => found.get(key) === value);
}
