/**
 * rinetd.conf → a topology: a listener for each rule.
 *
 * ```text
 * [ allow PATTERN | deny PATTERN ]…                      for all rules that follow
 * BINDADDRESS PORT[/tcp|/udp] ADDRESS PORT[/tcp|/udp] [ [timeout=72,src=ADDRESS] ]
 * [ allow PATTERN | deny PATTERN ]…                      for the rule above
 * ```
 *
 * @module
 */

import type { GraphState } from "../../graph/state.ts";
import { inetAddress, RelayDraft } from "./relay.ts";
import { type ImportContext, judged, noteLoss, refuse, type Word, type WordLine, wordLines } from "./reading.ts";

interface Access {
  readonly allow: string[];
  readonly deny: string[];
}

interface Rule extends Access {
  readonly line: WordLine;
}

/** Reads a configuration. */
export function importRinetd(context: ImportContext): readonly GraphState[] {
  const all: Access = { allow: [], deny: [] };
  const rules: Rule[] = [];
  for (const line of wordLines(context.file, (text) => /^\s*#/.test(text))) {
    const [word, pattern] = line.words;
    switch (word?.text) {
      case "allow":
      case "deny": {
        const cidr = pattern === undefined ? null : cidrOf(pattern.text);
        const access = rules.at(-1) ?? all;
        if (cidr !== null) access[word.text].push(cidr);
        else {refuse(
            context,
            (pattern ?? word).span,
            "A pattern such as 192.168.1.* is wanted: whole numbers, * behind them",
          );}
        break;
      }
      case "logfile":
      case "logcommon":
      case "pidlogfile":
        noteLoss(context, line.span, `"${word.text}" is left out: the engine logs, and tells what happens by events`);
        break;
      default:
        rules.push({ line, allow: [...all.allow], deny: [...all.deny] });
    }
  }
  const draft = new RelayDraft(context.types);
  for (const rule of rules) judged(context, rule.line.span, () => addRule(rule, context, draft));
  const state = draft.state(context.name);
  return state.nodes.length === 0 ? [] : [state];
}

function addRule({ line, allow, deny }: Rule, context: ImportContext, draft: RelayDraft): void {
  const [host, port, to, toPort, ...rest] = line.words;
  if (host === undefined || port === undefined || to === undefined || toPort === undefined) {
    return refuse(context, line.span, "A rule is wanted: 0.0.0.0 8080 10.0.0.2 80");
  }
  const [from, target] = [portOf(port, context), portOf(toPort, context)];
  if (from === null || target === null) return;
  const [bind, connect] = [inetAddress(host.text, from.port, null), inetAddress(to.text, target.port, null)];
  const family = (address: string) => address.slice(0, address.indexOf("/"));
  const settings = settingsOf(rest, context);
  const lists = Object.entries({ allow, deny }).filter(([, list]) => list.length > 0);
  const fields = [`connect=${connect}`, ...lists.map(([name, list]) => `${name}=[ ${list.join(" ")} ]`)];
  if (from.protocol !== target.protocol) {
    return refuse(context, line.span, `A rule from ${from.protocol} to ${target.protocol} has no counterpart`);
  }
  if (from.protocol === "udp") {
    // rinetd's own time for a client that says nothing more.
    const idle = settings.length > 0 ? settings : [["setconfig", "{ idleTimeout=72s }"]] as const;
    draft.add(`udp-${from.port}`, `${family(bind)}/dgram/udp`, [
      ...idle,
      ["bind", bind],
      ["accept", `{ ${fields.join(" ")} }`],
    ]);
    return;
  }
  draft.add(`tcp-${from.port}`, `${family(bind)}/stream/tcp`, [
    ["setopt", "{ SO_REUSEADDR=1 }"],
    ...settings,
    ["bind", bind],
    ["listen", "128"],
    ["accept", `{ ${fields.join(" ")} }`],
  ]);
}

function portOf(word: Word, context: ImportContext): { readonly port: string; readonly protocol: string } | null {
  const [, port, , protocol = "tcp"] = /^(\d+)(\/(tcp|udp))?$/.exec(word.text) ?? [];
  if (port !== undefined) return { port, protocol };
  refuse(context, word.span, `A port's number is wanted, not "${word.text}": names of services are not looked up`);
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

/** `192.168.1.*` as 192.168.1.0/24; null for a pattern that is none. */
function cidrOf(pattern: string): string | null {
  const parts = pattern.split(".");
  const fixed = parts.findIndex((part) => part === "*");
  const known = fixed < 0 ? parts : parts.slice(0, fixed);
  const plain = known.every((part) => /^\d{1,3}$/.test(part)) &&
    parts.slice(known.length).every((part) => part === "*");
  if (!plain || parts.length > 4 || (fixed < 0 && parts.length < 4)) return null;
  return `${[...known, "0", "0", "0", "0"].slice(0, 4).join(".")}/${known.length * 8}`;
}
