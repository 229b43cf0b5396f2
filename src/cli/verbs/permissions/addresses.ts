/**
 * The addresses that a topology may open, from its messages: templates are expanded with all values of their users.
 *
 * @module
 */

import { parseText } from "../../../ascii/parse.ts";
import { AsciiError } from "../../../ascii/error.ts";
import { string } from "../../../ascii/text.ts";
import { fillReferences, type Reference, WITH } from "../../../graph/core/reference.ts";
import type { GraphState, MessageState, NodeState, TemplateState } from "../../../graph/data/state.ts";
import type { NodeType } from "../../../graph/core/node_type.ts";

/** An address of a socket. */
export type Address =
  /** A host as written, a port; null if it is not known yet. */
  | { readonly kind: "inet"; readonly host: string; readonly port: number | null; readonly isName: boolean }
  /** `aside`: it is created in a private folder, its mode is set there, and it is then linked to its path. */
  | { readonly kind: "local"; readonly path: string; readonly aside: boolean };

/** A socket and the addresses that its messages name. */
export interface UsedSocket {
  readonly node: string;
  readonly addresses: readonly Address[];
  /** True for datagrams that may be sent to any sender. */
  readonly answersAnyone: boolean;
  /** True for a datagram socket that no message binds: the system chooses its port. */
  readonly bindsItself: boolean;
  /** True for a socket with TLS, which needs FFI. */
  readonly hasTls: boolean;
  /** The files of its certificates and keys. */
  readonly files: readonly string[];
}

/**
 * The forms of a host, in the order of the groups: `inet/`, `inet6/[…]`, `inet6/NAME`, `local/"…"`; ports between them.
 */
const ADDRESS =
  /(?<![\w/.])(?:(?:inet|tcp|udp)\/([^\s:"{}[\]=]+)(?::([^\s"\]}]+))?|inet6\/\[([^\]\s]*)\](?::([^\s"\]}]+))?|inet6\/([^\s:"{}[\]=]+)(?::([^\s"\]}]+))?|local\/("(?:[^"\\]|\\.)*"))/g;
/** A `setconfig` that sets a path's permission bits. */
const SETS_MODE = /(?<!\w)mode=/;
/** The files that `settls` names. */
const TLS_FILE = /(?<!\w)(?:cert|key|ca)=("(?:[^"\\]|\\.)*")/g;
/** The placeholder for a part that is unknown before it runs. */
const UNKNOWN = "?";
const LOOPBACK: Readonly<Record<string, string>> = { "0.0.0.0": "127.0.0.1", "::": "::1" };

/** The addresses that every socket of a topology may open. */
export function socketsOf(state: GraphState, types: readonly NodeType[]): readonly UsedSocket[] {
  const given = givenTo(state, types);
  const own = state.nodes.map((node) => socketOf(node, { state, given: new Map(), scope: "" }));
  const copied = state.templates.flatMap((template) =>
    template.nodes.map((node) =>
      socketOf(node, { state, given: given.get(template.name) ?? new Map(), scope: `${template.name}/` })
    )
  );
  return [...own, ...copied].filter((socket) => socket !== null);
}

/** By parameter: all of its values. */
type Given = ReadonlyMap<string, readonly string[]>;

interface Surroundings {
  readonly state: GraphState;
  readonly given: Given;
  readonly scope: string;
}

/** A path that a parameter gives is not known here. */
function tlsFilesOf({ command, argument }: MessageState): readonly string[] {
  if (command !== "settls") return [];
  const paths = [...(argument ?? "").matchAll(TLS_FILE)].map(([, quoted = ""]) => parseText(string, quoted));
  return paths.filter((path) => path !== "system" && !path.includes("${"));
}

function socketOf(node: NodeState, around: Surroundings): UsedSocket | null {
  if (node.hook === null && node.type !== "pool") return null;
  const datagrams = node.hook?.includes("/dgram/") === true;
  const bound = node.messages.some(({ command }) => command === "bind");
  const connected = node.messages.some(({ command }) => command === "connect");
  const hasMode = node.messages.some(({ command, argument }) =>
    command === "setconfig" && SETS_MODE.test(argument ?? "")
  );
  return {
    node: around.scope + node.name,
    addresses: node.messages.flatMap((message) => {
      const addresses = addressesOf(message, around);
      return message.command === "bind" && hasMode ? addresses.map(madeAside) : addresses;
    }),
    answersAnyone: datagrams && !connected,
    bindsItself: datagrams && !bound,
    hasTls: node.hook?.endsWith("/stream/tls") === true,
    files: node.messages.flatMap(tlsFilesOf),
  };
}

function madeAside(address: Address): Address {
  return address.kind === "local" && !address.path.startsWith("\0") ? { ...address, aside: true } : address;
}

function addressesOf({ argument }: MessageState, around: Surroundings): readonly Address[] {
  if (argument === null) return [];
  return variants(argument, around.given).flatMap((text) => {
    const known = fillReferences(text, (reference) => replyOf(reference, around.state));
    return [...known.matchAll(ADDRESS)].map(readAddress);
  });
}

function readAddress([, host4, port4, host6, port6, name6, nameport6, local]: RegExpExecArray): Address {
  if (local !== undefined) return { kind: "local", path: parseText(string, local).replace(/^@/, "\0"), aside: false };
  const host = host4 ?? host6 ?? name6 ?? "";
  const port = port4 ?? port6 ?? nameport6 ?? "0"; // Canonical text leaves out a port that the system chooses.
  const isName = name6 !== undefined || (host4 !== undefined && !/^[\d.]+$/.test(host4));
  return { kind: "inet", host, isName, port: /^\d+$/.test(port) ? Number(port) : null };
}

/** The text with each parameter replaced by each of its values. */
function variants(text: string, given: Given): readonly string[] {
  let texts = [text];
  for (const [parameter, values] of given) {
    texts = texts.flatMap((one) => values.map((value) => fillReferences(one, withValue(parameter, value))));
  }
  return [...new Set(texts)];
}

function withValue(parameter: string, value: string): (reference: Reference) => string | null {
  return (reference) => reference.node === WITH && reference.query === parameter ? value : null;
}

/** The expected reply, as far as it is known: the address that the node binds, with a port only if it is set. */
function replyOf({ node, part }: Reference, { nodes }: GraphState): string | null {
  const bind = nodes.find(({ name }) => name === node)?.messages.find(({ command }) => command === "bind");
  const found = bind?.argument === undefined ? null : [...(bind.argument ?? "").matchAll(ADDRESS)][0] ?? null;
  const address = found === null ? null : readAddress(found);
  if (address?.kind !== "inet") return null;
  const host = LOOPBACK[address.host] ?? address.host;
  const port = address.port === null || address.port === 0 ? UNKNOWN : String(address.port);
  if (part === "port") return port;
  if (part === "address") return host;
  return host.includes(":") ? `inet6/[${host}]:${port}` : `inet/${host}:${port}`;
}

/** By template: its parameters' defaults, and the values of `accept`. */
function givenTo(state: GraphState, types: readonly NodeType[]): ReadonlyMap<string, Given> {
  const nodes = [...state.nodes, ...state.templates.flatMap((template) => template.nodes)];
  const uses = nodes.flatMap((node) => node.messages.flatMap((message) => usesOf(node, message, types)));
  return new Map(state.templates.map((template) => [template.name, givenIn(template, uses)]));
}

function givenIn({ name, parameters }: TemplateState, uses: readonly TemplateUse[]): Given {
  return new Map(parameters.map((parameter) => {
    const values = uses.filter((use) => use.name === name).map((use) => use.with[parameter.name] ?? parameter.value);
    return [parameter.name, [...new Set(values.filter((value) => value !== null))]];
  }));
}

interface TemplateUse {
  readonly name: string;
  readonly with: Readonly<Record<string, string>>;
}

function usesOf(node: NodeState, { command, argument }: MessageState, types: readonly NodeType[]): TemplateUse[] {
  const known = types.find(({ name }) => name === node.type)?.commands[command];
  if (argument === null || known?.args === undefined || known.args === null) return [];
  try {
    return (known.uses?.(parseText(known.args, argument)) ?? []).filter((use) => use.kind === "template");
  } catch (error) {
    // An argument that refers to a reply outside of quotes has no value yet: it names no template then.
    if (error instanceof AsciiError) return [];
    throw error;
  }
}
