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

import type { GraphState } from "../../graph/state.ts";
import { inetAddress, RelayDraft } from "./relay.ts";
import { type Block, blocksOf, covers, distinct, intersect } from "./rinetd_access.ts";
import { portNumber } from "./service.ts";
import {
  type ImportContext,
  judgedWhole,
  noteChange,
  noteLoss,
  noteName,
  refuse,
  type Word,
  type WordLine,
  wordLines,
} from "./reading.ts";

interface Access {
  /** Null: no line says `allow`, so everybody may come. */
  readonly allow: readonly Block[] | null;
  readonly deny: readonly Block[];
}

const OPEN: Access = { allow: null, deny: [] };

interface Rule {
  readonly line: WordLine;
  readonly own: Access;
}

/** Reads a configuration. */
export function importRinetd(context: ImportContext): readonly GraphState[] {
  let all = OPEN;
  const rules: Rule[] = [];
  for (const line of wordLines(context.file, (text) => /^\s*#/.test(text))) {
    const [word, pattern, ...more] = line.words;
    switch (word?.text) {
      case "allow":
      case "deny": {
        const blocks = pattern === undefined || more.length > 0 ? null : blocksOf(pattern.text);
        if (blocks === null) {
          const message = "Expected one pattern of an address, such as 192.168.1.* or 10.0.0.?";
          refuse(context, (more[0] ?? pattern ?? word).span, message);
          break;
        }
        const rule = rules.pop();
        if (rule === undefined) all = withBlocks(all, word.text, blocks);
        else rules.push({ ...rule, own: withBlocks(rule.own, word.text, blocks) });
        break;
      }
      case "logfile":
      case "logcommon":
      case "pidlogfile":
        noteLoss(context, line.span, `"${word.text}" is left out: the engine logs, and tells what happens by events`);
        break;
      default:
        rules.push({ line, own: OPEN });
    }
  }
  const draft = new RelayDraft(context);
  for (const { line, own } of rules) {
    judgedWhole(context, line.span, () => addRule(line, bothOf(all, own), { context, draft }));
  }
  const state = draft.state(context.name);
  return state.nodes.length === 0 ? [] : [state];
}

function withBlocks(access: Access, list: "allow" | "deny", blocks: readonly Block[]): Access {
  return { ...access, [list]: distinct([...access[list] ?? [], ...blocks]) };
}

/** rinetd asks the list for all rules first, and then the rule's own: an address must pass both. */
function bothOf(all: Access, own: Access): Access {
  const allow = all.allow === null ? own.allow : own.allow === null ? all.allow : intersect(all.allow, own.allow);
  return { allow, deny: distinct([...all.deny, ...own.deny]) };
}

/** True when no address is admitted. */
function admitsNothing({ allow, deny }: Access, family: "inet" | "inet6"): boolean {
  // An inet6 socket has IPv4 clients too, so only lists that say so shut them all out.
  const families = family === "inet" ? ["inet"] : ["inet", "inet6"];
  const everything = families.flatMap((one) => blocksOf("*")?.filter((block) => block.family === one) ?? []);
  const admitted = (allow ?? everything).filter((block) => families.includes(block.family));
  return admitted.every((block) => deny.some((other) => covers(other, block)));
}

interface RuleContext {
  readonly context: ImportContext;
  readonly draft: RelayDraft;
}

function addRule(line: WordLine, access: Access, { context, draft }: RuleContext): void {
  const [host, port, to, toPort, ...rest] = line.words;
  if (host === undefined || port === undefined || to === undefined || toPort === undefined) {
    return refuse(context, line.span, "Expected a rule, such as 0.0.0.0 8080 10.0.0.2 80");
  }
  const [from, target] = [portOf(port, context), portOf(toPort, context)];
  if (from === null || target === null) return;
  const own = ownHost(host, context);
  const bind = inetAddress(own, from.port, null);
  const connect = inetAddress(to.text, target.port, null);
  if (!draft.accepts("bind", bind, host) || !draft.accepts("connect", connect, to)) return;
  if (from.protocol !== target.protocol) {
    return refuse(context, line.span, `A rule from ${from.protocol} to ${target.protocol} has no counterpart`);
  }
  const family = bind.startsWith("inet6") ? "inet6" : "inet";
  if (admitsNothing(access, family)) {
    return noteLoss(context, line.span, "The rule is left out: its lists and those for all rules admit no address");
  }
  noteName(context, to.span, to.text);
  const settings = settingsOf(rest, context);
  const lists = Object.entries({ allow: access.allow ?? [], deny: access.deny }).filter(([, list]) => list.length > 0);
  const fields = [
    `connect=${connect}`,
    ...lists.map(([name, list]) => `${name}=[ ${list.map(({ text }) => text).join(" ")} ]`),
  ];
  if (from.protocol === "udp") {
    // rinetd's own time for a client that says nothing more.
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
    ...settings,
    ["bind", bind],
    ["listen", "128"],
    ["accept", `{ ${fields.join(" ")} }`],
  ], line.span);
}

/** The address to bind: bind takes no names, and one is known everywhere. */
function ownHost({ text, span }: Word, context: ImportContext): string {
  if (text !== "localhost") return text;
  noteChange(context, span, '"localhost" is 127.0.0.1 here: bind takes addresses');
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

function settingsOf(words: readonly Word[], context: ImportContext): readonly (readonly [string, string])[] {
  return words.flatMap((word) => {
    const options = /^\[(.*)\]$/.exec(word.text)?.[1]?.split(",") ?? [word.text];
    return options.flatMap((option): readonly (readonly [string, string])[] => {
      const timeout = /^timeout=(\d+)$/.exec(option)?.[1];
      if (timeout !== undefined) return [["setconfig", `{ idleTimeout=${timeout}s }`]];
      noteLoss(context, word.span, `Option "${option}" of rinetd is left out`);
      return [];
    });
  });
}
