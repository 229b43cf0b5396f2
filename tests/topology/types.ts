/**
 * Small node types for the loader's tests: as much of ksocket, hub and tee as the checks look at, and no more, so that
 * these tests fail for the loader's reasons only.
 *
 * @module
 */

import { array } from "../../src/ascii/array.ts";
import { dictionary } from "../../src/ascii/dictionary.ts";
import { duration } from "../../src/ascii/duration.ts";
import { enumeration, int32, uint32 } from "../../src/ascii/scalar.ts";
import { optional, struct } from "../../src/ascii/struct.ts";
import { string } from "../../src/ascii/text.ts";
import { AsciiError } from "../../src/ascii/error.ts";
import type { AsciiType } from "../../src/ascii/type.ts";
import type { Command } from "../../src/graph/core/command.ts";
import { defineNodeType, type NodeType } from "../../src/graph/core/node_type.ts";
import { type LoadOptions, type LoadResult, loadTopology } from "../../src/topology/load/load.ts";

/** An address as far as these tests need one: `inet/HOST:PORT` or `local/"PATH"`. */
export const address: AsciiType<string> = {
  description: { kind: "named", name: "sockaddr", examples: ["inet/127.0.0.1:80"] },
  parse: (scanner) => {
    const text = scanner.match(/local\/"[^"]*"|[^\s{}[\]="]+/y) ?? "";
    const port = /^inet\/[^:]+:(\d+)$/.exec(text)?.[1];
    if (text.startsWith('local/"')) return text;
    if (port === undefined) throw scanner.fail("EINVAL", `Cannot read address "${text}"`);
    if (Number(port) > 65535) {
      const where = { offset: scanner.offset - port.length, length: port.length };
      throw scanner.fail("EINVAL", `Port ${port} in "${text}" is larger than 65535`, where);
    }
    return text;
  },
  read: (literal) => {
    if (literal.kind !== "word") throw new AsciiError("EINVAL", "Expected an address");
    const port = /^inet\/[^:]+:(\d+)$/.exec(literal.text)?.[1];
    if (literal.text.startsWith('local/"')) return literal.text;
    if (port === undefined) throw new AsciiError("EINVAL", `Cannot read address "${literal.text}"`);
    if (Number(port) <= 65535) return literal.text;
    const where = { offset: literal.text.length - port.length, length: port.length };
    throw new AsciiError("EINVAL", `Port ${port} in "${literal.text}" is larger than 65535`, where);
  },
  format: (value) => value,
  pack: () => {},
  unpack: () => "",
};

interface Target {
  readonly template?: string;
  readonly with?: Readonly<Record<string, string>>;
  readonly peer?: string;
  readonly connect?: string;
}

const target: AsciiType<Target> = struct({
  template: optional(string),
  with: optional(dictionary(string)),
  peer: optional(string),
  connect: optional(address),
  max: optional(uint32),
  allow: optional(array(string)),
});

const accept: Command<Target, null> = {
  id: 3,
  summary: "Takes connections",
  args: target,
  argsOptional: true,
  reply: null,
  kind: "setting",
  cost: "new-connections",
  uses: (args) => {
    if (args === null) return [];
    const [node = "", hook = null] = args.peer?.split(":") ?? [];
    return [
      ...(args.template === undefined
        ? []
        : [{ kind: "template" as const, name: args.template, with: args.with ?? {} }]),
      ...(args.peer === undefined ? [] : [{ kind: "node" as const, end: { node, hook } }]),
    ];
  },
};

const LIVE = { reply: null, cost: "live" } as const;

const commands = {
  bind: { ...LIVE, id: 1, summary: "Binds", args: address, kind: "lifecycle" },
  listen: { ...LIVE, id: 2, summary: "Listens", args: int32, kind: "lifecycle" },
  accept,
  connect: { ...LIVE, id: 4, summary: "Connects", args: address, kind: "lifecycle" },
  getname: {
    id: 5,
    summary: "Own address",
    args: null,
    reply: address,
    kind: "query",
    cost: "live",
    refer: (reply: string) => reply,
  },
  setopt: {
    ...LIVE,
    id: 7,
    summary: "Sets an option",
    args: struct({ SO_REUSEADDR: optional(int32), SO_RCVBUF: optional(int32) }),
    kind: "setting",
    before: "bind",
  },
  setconfig: {
    ...LIVE,
    id: 8,
    summary: "Sets limits",
    args: struct({ connectTimeout: optional(duration), mode: optional(enumeration({ fast: 0, slow: 1 })) }),
    kind: "setting",
  },
  send: { ...LIVE, id: 9, summary: "Writes", args: string, kind: "action" },
} as const;

/** A node that is its hook. */
export const ksocket: NodeType = defineNodeType({
  name: "ksocket",
  summary: "A socket",
  cookie: 1,
  commands: widen(commands),
  hooks: [{ pattern: "<family>/<type>/<protocol>", summary: "The socket" }],
  hookDecides: true,
  parseHook: (name) => {
    const canonical = { "inet/stream/6": "inet/stream/tcp", "2/stream/tcp": "inet/stream/tcp" }[name] ?? name;
    if (/^inet\/(stream\/tcp|dgram\/udp)$/.test(canonical)) return canonical;
    const at = name.lastIndexOf("/") + 1;
    throw new AsciiError("EINVAL", `Unknown protocol in "${name}"`, { offset: at, length: name.length - at });
  },
  flow: (hook) => hook.includes("dgram") ? "datagram" : "stream",
  claims: ({ messages }) =>
    messages.flatMap(({ command, args }) => {
      if (command !== "bind" || typeof args !== "string") return [];
      const place = args.slice(args.indexOf(":") + 1);
      return place === "0" ? [] : [{ space: "tcp", host: args, place, shared: false, peer: null, text: args }];
    }),
  check: ({ messages }) => {
    const index = messages.findIndex((message) => message.command === "listen");
    const bound = messages.some((message) => message.command === "bind");
    if (index === -1 || bound) return [];
    const message = "Listening needs an address";
    return [{ severity: "error", code: "no-address", message, messageIndex: index, hint: "bind first" }];
  },
  create: refuseToCreate,
});

function plain(name: string, options: Partial<NodeType>): NodeType {
  return defineNodeType({
    name,
    summary: name,
    cookie: 1,
    commands: {},
    hooks: [],
    parseHook: (hook) => hook,
    create: refuseToCreate,
    ...options,
  });
}

/** All of them. */
export const TYPES: readonly NodeType[] = [
  ksocket,
  plain("echo", { automaticHook: () => "echo0" }),
  plain("hub", { automaticHook: () => "hub0", fansOut: true }),
  plain("tee", {
    fansOut: true,
    hooks: ["left", "right", "left2right", "right2left"].map((pattern) => ({ pattern, summary: pattern })),
    parseHook: (name) => {
      if (/^(left|right)(2(left|right))?$/.test(name)) return name;
      throw new AsciiError("EINVAL", `No hook "${name}"`);
    },
  }),
  plain("socket", { creatable: false }),
];

/** Loads a text with the small types. */
export function load(
  text: string,
  options: Partial<LoadOptions> & { variables?: Record<string, string> } = {},
): LoadResult {
  const { variables = {}, ...rest } = options;
  return loadTopology({
    source: { name: "test.yaml", text },
    types: TYPES,
    env: (name) => variables[name] ?? null,
    defaultName: "test",
    baseDirectory: "/srv",
    ...rest,
  });
}

function widen(table: Readonly<Record<string, unknown>>): NodeType["commands"] {
  const isTable = (found: unknown): found is NodeType["commands"] => typeof found === "object";
  if (isTable(table)) return table;
  throw new TypeError("No table of commands");
}

function refuseToCreate(): never {
  throw new TypeError("These types are for the loader only");
}
