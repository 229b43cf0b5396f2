/**
 * The listeners that several threads can have: those whose connections have separate targets. A listener that joins
 * connections to a single node, or that must know all of its connections, stays in the thread of that node.
 *
 * @module
 */

import { parseText } from "../../ascii/parse.ts";
import { AsciiError } from "../../ascii/error.ts";
import { sharedEnds } from "../../graph/message/bring_up.ts";
import {
  clientPart,
  escapeReferences,
  findReferences,
  hasReferences,
  substituteReferences,
  WITH,
} from "../../graph/core/reference.ts";
import type { MessageRecord, NodeSnapshot } from "../../graph/data/snapshot.ts";
import type { MessageState, TemplateState } from "../../graph/data/state.ts";
import { type AcceptTarget, usesOf } from "../../nodes/ksocket/accept_target.ts";
import { KSOCKET_COMMANDS } from "../../nodes/ksocket/ksocket_commands.ts";
import { parseEndpoint } from "../../socket/endpoint.ts";

/** A listener, for all threads. */
export interface SharedListener {
  readonly name: string;
  /** Its ID in the first thread, which identifies it. */
  readonly id: string;
  readonly hook: string;
  /** The number of its threads. */
  readonly threads: number;
  /** Its messages, with its actual address and its target without references. */
  readonly messages: readonly MessageState[];
  /** The targets of its connections. */
  readonly templates: readonly TemplateState[];
  /** The pools that select them. */
  readonly pools: readonly SharedPool[];
}

/** A pool, for all threads. */
export interface SharedPool {
  readonly name: string;
  /** Its ID in the first thread, which identifies it. */
  readonly id: string;
  readonly messages: readonly MessageState[];
}

/** Whether a listener is shared, and the reason if not. */
export type Verdict =
  | { readonly kind: "shared"; readonly listener: SharedListener }
  | { readonly kind: "alone"; readonly why: string };

/** The input of the decision beside the listener. */
export interface Circumstances {
  /** The number of threads. */
  readonly threads: number;
  readonly templates: readonly TemplateState[];
  /** The nodes of the topology. */
  readonly nodes: readonly NodeSnapshot[];
  /** The target of its accept, without references. */
  readonly target: string;
}

/** A message's argument as its node understands it; null if it refers to others. */
export function plainArgument({ argument }: MessageRecord): string | null {
  if (argument === null || hasReferences(argument)) return null;
  return substituteReferences(argument, () => "");
}

/** The accept of a stream listener that works; null for all other nodes. */
export function armedAccept(node: NodeSnapshot): MessageRecord | null {
  const { name, owner, type, hook, phase } = node;
  if (name === null || owner !== null || type !== "ksocket" || hook === null || phase === "failed") return null;
  const { type: kind, family } = parseEndpoint(hook);
  if (kind !== "stream" || (family !== "inet" && family !== "inet6")) return null;
  const done = (command: string) => node.messages.find((one) => one.command === command && one.phase === "done");
  const accept = done("accept");
  return done("listen") === undefined || accept === undefined || accept.argument === null ? null : accept;
}

/** Decides for a listener with an {@linkcode armedAccept}. */
export function judgeListener(node: NodeSnapshot, circumstances: Circumstances): Verdict {
  const target = parseTarget(circumstances.target);
  if (target === null) return { kind: "alone", why: "its accept cannot be read" };
  const threads = Math.min(circumstances.threads, target.max ?? circumstances.threads);
  const used = new Set(usesOf(target).map((use) => use.kind === "template" ? use.name : ""));
  const templates = circumstances.templates.filter(({ name }) => used.has(name));
  const names = poolsOf(target, templates);
  const nodes = circumstances.nodes.filter(({ name, type }) => name !== null && type === "pool" && names.has(name));
  const why = aloneBy(node, target) ?? aloneByTemplate(templates) ?? aloneByPools(names, nodes);
  if (why !== null) return { kind: "alone", why };
  if (threads < 2) return { kind: "alone", why: `a limit of ${target.max} connections cannot be divided` };
  return {
    kind: "shared",
    listener: {
      name: node.name ?? "",
      id: node.id,
      hook: node.hook ?? "",
      threads,
      messages: messagesOf(node, circumstances.target),
      templates,
      pools: nodes.map(sharedPool),
    },
  };
}

/** The messages that can be sent to other threads unchanged. */
const REPEATED = new Set(["bind", "listen", "accept", "setopt", "setconfig", "settls"]);
const QUERIES = new Set(["getname", "getpeername", "getopt", "getconfig", "getstate", "getaccept", "gettls"]);

function aloneBy(node: NodeSnapshot, target: AcceptTarget): string | null {
  if (node.hooks.some(({ peer }) => peer !== null)) return "its hook is linked";
  const joined = usesOf(target).find((use) => use.kind === "node");
  if (joined?.kind === "node") return `its connections join "${joined.end.node}"`;
  for (const name of ["maxPerSource", "ratePerSource"] as const) {
    if (target[name] !== undefined) return `${name} counts the connections of one source in all threads`;
  }
  for (const { command, argument } of node.messages) {
    if (QUERIES.has(command)) continue;
    if (!REPEATED.has(command)) return `"${command}" cannot be done several times`;
    const setting = command === "setopt" || command === "setconfig" || command === "settls";
    if (setting && hasReferences(argument)) return `"${command}" refers to another node`;
    if (command === "setopt" && /\bSO_REUSEPORT=0/.test(argument ?? "")) return "SO_REUSEPORT is switched off";
  }
  return null;
}

function aloneByTemplate(templates: readonly TemplateState[]): string | null {
  for (const template of templates) {
    const [end] = sharedEnds(template);
    if (end !== undefined) return `template "${template.name}" joins "${end.node}"`;
    for (const { command, argument } of template.nodes.flatMap((node) => node.messages)) {
      if (command === "accept") return `template "${template.name}" accepts`;
      const reference = findReferences(argument ?? "").find((one) => one.node !== WITH && clientPart(one) === null);
      if (reference !== undefined) return `template "${template.name}" refers to "${reference.node}"`;
    }
  }
  return null;
}

/** The names of the pools that its connections go through. */
function poolsOf(target: AcceptTarget, templates: readonly TemplateState[]): ReadonlySet<string> {
  const own = usesOf(target).flatMap((use) => use.kind === "pool" ? [use.name] : []);
  const messages = templates.flatMap(({ nodes }) => nodes.flatMap((node) => node.messages));
  return new Set([...own, ...messages.flatMap(({ argument }) => /^pool\/(.+)$/.exec(argument ?? "")?.[1] ?? [])]);
}

function aloneByPools(names: ReadonlySet<string>, pools: readonly NodeSnapshot[]): string | null {
  for (const name of names) {
    const pool = pools.find((one) => one.name === name);
    if (pool === undefined) return `there is no pool "${name}"`;
    if (pool.messages.some(({ argument }) => hasReferences(argument))) return `pool "${name}" refers to another node`;
  }
  return null;
}

const POOL_SETTINGS = new Set(["settargets", "setconfig", "sethealth", "draintarget", "disabletarget"]);

function sharedPool({ name, id, messages }: NodeSnapshot): SharedPool {
  const settings = messages.filter(({ command, phase }) => POOL_SETTINGS.has(command) && phase === "done");
  return { name: name ?? "", id, messages: settings.map(({ command, argument }) => ({ command, argument })) };
}

/** The record of a listener as another thread can repeat it: with its actual address. */
function messagesOf(node: NodeSnapshot, target: string): readonly MessageState[] {
  const bind: MessageState = { command: "bind", argument: node.report?.local ?? null };
  const bound = node.messages.some(({ command }) => command === "bind");
  return node.messages.flatMap(({ command, argument }): readonly MessageState[] => {
    if (QUERIES.has(command)) return [];
    if (command === "bind") return [bind];
    if (command === "accept") return [{ command, argument: escapeReferences(target) }];
    return command === "listen" && !bound ? [bind, { command, argument }] : [{ command, argument }];
  });
}

function parseTarget(text: string): AcceptTarget | null {
  const { args } = KSOCKET_COMMANDS.accept;
  try {
    return args === null ? null : parseText(args, text);
  } catch (error) {
    if (error instanceof AsciiError) return null;
    throw error;
  }
}
