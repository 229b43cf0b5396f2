/**
 * An `upstream` block as targets with their balancing.
 *
 * @module
 */

import type { Span } from "../../../../topology/parse/source.ts";
import type { DraftTarget, Fields } from "../forward.ts";
import { noteKeyword } from "../keyword.ts";
import { type ImportContext, judgedWhole, noteChange, noteLoss, type Word } from "../reading.ts";
import { NGINX_KEYWORDS } from "./keywords.ts";
import type { Directive } from "./parse.ts";
import { targetAddress, timeText } from "./values.ts";

/** An upstream. */
export interface Upstream {
  readonly name: string;
  readonly targets: readonly DraftTarget[];
  readonly balance: string | null;
  readonly health: Fields | null;
  readonly span: Span;
}

interface UpstreamBlock {
  readonly name: string;
  readonly block: readonly Directive[];
  readonly span: Span;
}

/** Reads an upstream; what cannot be read of it is noted. */
export function readUpstream({ name, block, span }: UpstreamBlock, context: ImportContext): Upstream {
  const targets: DraftTarget[] = [];
  const health: Record<string, string> = {};
  let balance: string | null = null;
  for (const directive of block) {
    const { name: { text: word, span: at }, args } = directive;
    noteKeyword(NGINX_KEYWORDS, { place: "upstream", word, span: at }, context);
    if (word === "server") {
      judgedWhole({ collector: context.whole }, directive.span, () => {
        const target = readTarget(args, health, context);
        if (target !== null) targets.push(target);
      });
    } else if (word === "least_conn" || word === "least_time") balance = "leastconn";
    else if (word === "random") {
      balance = "random";
      if (args[0]?.text === "two" && args[1] !== undefined && !/^least_conn/.test(args[1].text)) {
        noteChange(
          context,
          args[1].span,
          `"random two ${args[1].text}": the target with fewer connections is selected`,
        );
      }
    } else if (word === "hash") {
      balance = "source";
      const [key, consistent] = args;
      if (key !== undefined && !/^\$(binary_)?remote_addr$/.test(key.text)) {
        noteChange(context, key.span, `"hash ${key.text}": the hash is that of the client's address`);
      }
      if (consistent === undefined) {
        noteChange(context, at, '"hash": a target that is added or removed moves only its share of the clients');
      }
    }
  }
  const hasHealth = Object.keys(health).length > 0;
  return { name, targets, balance, health: hasHealth ? { ...health, probe: "down" } : null, span };
}

function readTarget(args: readonly Word[], health: Record<string, string>, context: ImportContext): DraftTarget | null {
  const [address, ...settings] = args;
  if (address === undefined) return null;
  let target: DraftTarget = { to: targetAddress(address.text) };
  for (const { text, span } of settings) {
    const [word = "", value = ""] = text.split("=");
    noteKeyword(NGINX_KEYWORDS, { place: "upstream server", word, span, shown: text }, context);
    if (word === "weight") target = { ...target, weight: Number(value) };
    if (word === "backup") target = { ...target, backup: true };
    if (word === "down") target = { ...target, disabled: true };
    if (word === "resolve") target = { ...target, resolveAll: true };
    if (word === "max_fails") {
      if (value === "0") {
        noteLoss(context, span, `"${text}" is left out: a target is always marked down by failed connections`);
      } else merge(health, { field: "fall", value, shown: text, span }, context);
    }
    if (word === "fail_timeout") {
      merge(health, { field: "interval", value: timeText(value), shown: text, span }, context);
    }
  }
  return target;
}

interface HealthValue {
  readonly field: string;
  readonly value: string;
  readonly shown: string;
  readonly span: Span;
}

/** A pool has the same settings of health for all targets. */
function merge(
  health: Record<string, string>,
  { field, value, shown, span }: HealthValue,
  context: ImportContext,
): void {
  const before = health[field];
  if (before === undefined) health[field] = value;
  else if (before !== value) {
    noteChange(context, span, `"${shown}": all targets of a pool have ${field}=${before}, that of the first`);
  }
}
