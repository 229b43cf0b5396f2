/**
 * rinetd.conf → a topology: a listener for each rule.
 *
 * ```text
 * [ allow PATTERN | deny PATTERN ]…                      for all rules: an address must pass these and the rule's own
 * BINDADDRESS PORT[/tcp|/udp] ADDRESS PORT[/tcp|/udp] [ [timeout=72,src=ADDRESS] ]
 * [ allow PATTERN | deny PATTERN ]…                      for the rule above
 * ```
 *
 * @module
 */

import type { GraphState } from "../../../graph/data/state.ts";
import { inetAddress, RelayDraft } from "./relay.ts";
import { type Block, blocksOf, covers, distinct, intersect } from "./rinetd_access.ts";
import { portNumber } from "./service.ts";
import {
  attempt,
  type ImportContext,
  judgedWhole,
  noteChange,
  noteLoss,
  noteName,
  noteTimeouts,
  refuse,
  type Word,
  type WordLine,
  wordLines,
} from "./reading.ts";

interface Access {
  /** Null: there is no `allow` line, so all clients are admitted. */
  readonly allow: readonly Block[] | null;
  readonly deny: readonly Block[];
}

const OPEN: Access = { allow: null, deny: [] };

interface Rule {
  readonly line: WordLine;
  readonly own: Access;
  /** True if a pattern that denies clients cannot be parsed: without it they would be admitted. */
  readonly unread: boolean;
}

/** Reads a configuration. */
export function importRinetd(context: ImportContext): readonly GraphState[] {
  let all = OPEN;
  let unread = false;
  const rules: Rule[] = [];
  for (const line of wordLines(context.file, { isComment: (text) => /^\s*#/.test(text), trailing: true })) {
    const [word, pattern, ...more] = line.words;
    switch (word?.text) {
      case "allow":
      case "deny": {
        const blocks = pattern === undefined || more.length > 0 ? null : blocksOf(pattern.text);
        const rule = rules.pop();
        const isUnread = blocks === null && word.text === "deny";
        if (blocks === null) attempt(context, "pattern", (inner) => refusePattern(line, inner));
        if (rule === undefined) {
          all = withBlocks(all, word.text, blocks ?? []);
          unread ||= isUnread;
        } else {
          rules.push({
            ...rule,
            own: withBlocks(rule.own, word.text, blocks ?? []),
            unread: rule.unread || isUnread,
          });
        }
        break;
      }
      case "logfile":
      case "logcommon":
      case "pidlogfile":
        noteLoss(context, line.span, `"${word.text}" is left out: the engine logs, and reports events`);
        break;
      default:
        rules.push({ line, own: OPEN, unread: false });
    }
  }
  const draft = new RelayDraft(context);
  for (const { line, own, unread: ownUnread } of rules) {
    draft.attempt("rule", (inner) => {
      if (unread || ownUnread) return refuse(inner, line.span, "Clients that a list refuses could connect");
      judgedWhole(inner, line.span, () => addRule(line, bothOf(all, own), { context: inner, draft }));
    });
  }
  const [first] = draft.state(context.name).nodes;
  const place = first === undefined ? undefined : context.places.get(first.name);
  if (place !== undefined) noteTimeouts(context, place, "rinetd waits for both as long as the system does");
  const state = draft.state(context.name);
  return state.nodes.length === 0 ? [] : [state];
}

/** Without a pattern of "allow" fewer clients are admitted; without one of "deny" the rule is omitted too. */
function refusePattern({ words: [word, pattern, ...more] }: WordLine, context: ImportContext): void {
  const at = more[0] ?? pattern ?? word;
  if (at === undefined) return;
  const message = "Expected one pattern of an address, such as 192.168.1.* or 10.0.0.?";
  refuse(context, at.span, word?.text === "allow" ? `${message}; its clients are not admitted` : message);
}

function withBlocks(access: Access, list: "allow" | "deny", blocks: readonly Block[]): Access {
  return { ...access, [list]: distinct([...access[list] ?? [], ...blocks]) };
}

/** rinetd checks the common list first, and then the rule's own: an address must pass both. */
function bothOf(all: Access, own: Access): Access {
  const allow = all.allow === null ? own.allow : own.allow === null ? all.allow : intersect(all.allow, own.allow);
  return { allow, deny: distinct([...all.deny, ...own.deny]) };
}

/**
 * The lists as rinetd reads them for a socket of IPv6: clients of IPv4 are "::ffff:10.0.0.1" there, which patterns of
 * IPv4 do not match. What `deny` would turn away here and not there stays turned away.
 */
function asRead(access: Access): Access {
  return access.allow === null || access.allow.every(isMatched)
    ? access
    : { ...access, allow: access.allow.filter(isMatched) };
}

function isMatched({ family, prefix }: Block): boolean {
  return family === "inet6" || prefix === 0;
}

/** True when no address is admitted. */
function admitsNothing({ allow, deny }: Access, family: "inet" | "inet6"): boolean {
  // An inet6 socket has IPv4 clients too, so both must be denied to deny all.
  const families = family === "inet" ? ["inet"] : ["inet", "inet6"];
  const everything = families.flatMap((one) => blocksOf("*")?.filter((block) => block.family === one) ?? []);
  const admitted = (allow ?? everything).filter((block) => families.includes(block.family));
  return admitted.every((block) => deny.some((other) => covers(other, block)));
}

interface RuleContext {
  readonly context: ImportContext;
  readonly draft: RelayDraft;
}

function addRule(line: WordLine, written: Access, { context, draft }: RuleContext): void {
  const [host, port, to, toPort, ...rest] = line.words;
  if (host === undefined || port === undefined || to === undefined || toPort === undefined) {
    return refuse(context, line.span, "Expected a rule, such as 0.0.0.0 8080 10.0.0.2 80");
  }
  const [from, target] = [portOf(port, context), portOf(toPort, context)];
  if (from === null || target === null) return;
  const own = ownHost(host, context);
  if (own.includes("[")) return refuse(context, host.span, "rinetd does not accept brackets around an address");
  const bind = inetAddress(own, from.port, null);
  const connect = inetAddress(to.text, target.port, null);
  if (!draft.accepts("bind", bind, host) || !draft.accepts("connect", connect, to)) return;
  if (from.protocol !== target.protocol) {
    return refuse(context, line.span, `A rule from ${from.protocol} to ${target.protocol} has no counterpart`);
  }
  const family = bind.startsWith("inet6") ? "inet6" : "inet";
  const access = family === "inet6" ? asRead(written) : written;
  if (access.allow !== written.allow || (family === "inet6" && written.deny.some((block) => !isMatched(block)))) {
    noteChange(
      context,
      line.span,
      "Patterns of IPv4 match no client of an IPv6 address in rinetd: here allow is without them, and deny counts",
    );
  }
  if (admitsNothing(access, family)) {
    return refuse(context, line.span, "Its lists and those for all rules admit no address");
  }
  noteName(context, to.span, to.text);
  const settings = settingsOf(rest, from.protocol, context);
  const lists = Object.entries({ allow: access.allow ?? [], deny: access.deny }).filter(([, list]) => list.length > 0);
  const fields = [
    `connect=${connect}`,
    ...lists.map(([name, list]) => `${name}=[ ${list.map(({ text }) => text).join(" ")} ]`),
  ];
  if (from.protocol === "udp") {
    // rinetd's own time for a silent client.
    const idle = settings.length > 0 ? settings : [["setconfig", "{ idleTimeout=72s }"]] as const;
    draft.add(`udp-${from.port}`, `${family}/dgram/udp`, [
      ...idle,
      ["bind", bind],
      ["accept", `{ ${fields.join(" ")} }`],
    ], line.span);
    return;
  }
  draft.add(`tcp-${from.port}`, `${family}/stream/tcp`, [
    ["setopt", "{ SO_REUSEADDR=1 }"],
    // rinetd ends no connection that is silent.
    ["setconfig", "{ idleTimeout=0s }"],
    ["bind", bind],
    ["listen", "128"],
    ["accept", `{ ${fields.join(" ")} }`],
  ], line.span);
}

/** The address to bind: bind accepts no names, except for one that is known everywhere. */
function ownHost({ text, span }: Word, context: ImportContext): string {
  if (text !== "localhost") return text;
  noteChange(context, span, '"localhost" is 127.0.0.1 here: bind accepts addresses');
  return "127.0.0.1";
}

function portOf(
  word: Word,
  context: ImportContext,
): { readonly port: string; readonly protocol: "tcp" | "udp" } | null {
  const [, text = "", , name] = /^([^/]*)(\/(tcp|udp))?$/i.exec(word.text) ?? [];
  const protocol = name?.toLowerCase() === "udp" ? "udp" : "tcp";
  const port = portNumber(text, protocol);
  if (port !== null && port !== "0") return { port, protocol };
  refuse(context, word.span, `Expected a port or the name of a well-known service, not "${word.text}"`);
  return null;
}

function settingsOf(
  words: readonly Word[],
  protocol: "tcp" | "udp",
  context: ImportContext,
): readonly (readonly [string, string])[] {
  return words.flatMap((word) => {
    const options = /^\[(.*)\]$/.exec(word.text)?.[1]?.split(",") ?? [word.text];
    return options.flatMap((option): readonly (readonly [string, string])[] => {
      const timeout = /^timeout=(\d+)$/.exec(option)?.[1];
      if (timeout !== undefined && protocol === "udp") return [["setconfig", `{ idleTimeout=${timeout}s }`]];
      if (timeout !== undefined) {
        noteLoss(context, word.span, `Option "${option}" is left out: rinetd uses it for UDP alone`);
        return [];
      }
      noteLoss(context, word.span, `Option "${option}" of rinetd is left out`);
      return [];
    });
  });
}
