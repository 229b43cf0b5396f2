/**
 * What the file format knows and this version does not do yet: told as such, rather than as unknown.
 *
 * A row goes when the thing comes; where a type, message or field of that name exists, its row is never looked at.
 *
 * @module
 */

import type { Problem } from "./diagnostic.ts";

const TYPES: readonly string[] = [
  "source",
  "tag",
  "bpf",
];

const MESSAGES: Readonly<Record<string, string>> = {
  settls: "TLS",
  setprogram: "A filter program",
};

const FIELDS: Readonly<Record<string, string>> = {
  balance: "A choice between several targets",
  fall: "Passive health of targets",
  rise: "Passive health of targets",
  idleTimeout: "A session of a datagram socket",
  replies: "A session of a datagram socket",
  targets: "A list of targets",
  weight: "A choice between several targets",
  check: "A health check of targets",
  tls: "TLS",
  rate: "A rate limit",
  proxy: "The PROXY protocol",
  proxyProtocol: "The PROXY protocol",
  route: "A choice by what a connection says",
};

/** What comes nearest to a field that is to come, and to one that other tools have. */
const NEAREST: Readonly<Record<string, string>> = {
  targets: "name one target, connect: ADDRESS",
  balance: "name one target, connect: ADDRESS",
  weight: "name one target, connect: ADDRESS",
  rate: "a pipe in a template limits each connection: setcfg: { bandwidth: … }",
  route: "make a listener for each target",
};

/** Fields that will take a list of targets. */
const TARGETS: readonly string[] = ["template", "connect"];

type Words = Pick<Problem, "message" | "hint">;

/** What to say of a node type that is to come; null for any other. */
export function plannedType(name: string): Words | null {
  return wordsFor(TYPES.includes(name) ? `Node type "${name}"` : undefined);
}

/** What to say of a message that is to come; null for any other. */
export function plannedMessage(name: string): Words | null {
  return wordsFor(Object.hasOwn(MESSAGES, name) ? MESSAGES[name] : undefined);
}

/** What to say of an argument's field that is to come; null for any other. */
export function plannedField(name: string): Words | null {
  const words = wordsFor(Object.hasOwn(FIELDS, name) ? FIELDS[name] : undefined);
  return words === null || !Object.hasOwn(NEAREST, name) ? words : { ...words, hint: NEAREST[name] ?? null };
}

/** What to say of a list of targets; null for a list of anything else. */
export function plannedList(name: string): Words | null {
  return TARGETS.includes(name)
    ? { message: `A list of targets for "${name}" is not there yet`, hint: "name one" }
    : null;
}

function wordsFor(what: string | undefined): Words | null {
  return what === undefined ? null : { message: `${what} is not there yet`, hint: "leave it out for now" };
}
