/**
 * The rules of `tcp-request`: who may connect, and whether TLS, or a name, is required.
 *
 * @module
 */

import { type AccessLists, accessLists, type AccessRule } from "../address_blocks.ts";
import type { Fields } from "../forward.ts";
import { type ImportContext, noteLoss, refuse, type Word, type WordLine } from "../reading.ts";
import { type Acls, type Alternatives, ANY_NAME, readCondition, type Test } from "./condition.ts";
import type { Proxy } from "./proxy.ts";

/** The result of the rules. */
export interface Admission {
  readonly lists: AccessLists;
  /** The conditions that every connection must meet; null: none. */
  readonly required: Fields | null;
  /** The proxies that send PROXY headers, by `expect-proxy`. */
  readonly proxies: readonly string[];
  /** True if rules see the address of the connection itself, and not that of its PROXY header. */
  readonly seesProxy: boolean;
}

/** Reads the rules of a section; null if it is refused, which is reported. */
export function readAdmission(proxy: Proxy, acls: Acls, context: ImportContext): Admission | null {
  const rules: AccessRule[] = [];
  const found: { required: Fields | null; accepted: Fields | null; proxies: string[]; seesProxy: boolean } = {
    required: null,
    accepted: null,
    proxies: [],
    seesProxy: false,
  };
  for (const line of proxy.every("tcp-request")) {
    const rule = ruleOf(line);
    if (rule === null) continue;
    const { layer, action, condition, isUnless, span } = rule;
    const alternatives = condition === null ? [[]] : readCondition(condition, acls);
    if (alternatives === null) {
      refuse(context, span, "The condition is too long, or does not end");
      continue;
    }
    const sources = sourcesOf(alternatives, isUnless);
    const tls = tlsTest(alternatives);
    if (action === "expect-proxy") {
      if (sources === null || sources.except === true) refuse(context, span, '"expect-proxy" needs a condition on src');
      else found.proxies.push(...sources.blocks);
      continue;
    }
    const permits = action === "accept";
    if (sources !== null) {
      if (layer === "connection") found.seesProxy = true;
      if (condition === null && layer === "content" && found.accepted !== null && !permits) {
        found.required = stricter(found.required, found.accepted);
      } else if (condition !== null || !permits) rules.push({ permits, ...sources });
    } else if (tls !== null) {
      const isForTls = tls.isPresent !== isUnless;
      if (permits && isForTls) found.accepted = found.accepted?.["tls"] === undefined ? tls.fields : found.accepted;
      else if (permits) continue;
      else if (!isForTls) found.required = stricter(found.required, tls.fields);
      else refuse(context, span, "A rule that refuses TLS has no counterpart");
    } else if (isAlways(alternatives)) {
      if (!permits) rules.push({ permits, blocks: ["all"] });
    } else if (
      permits || /\b(src|sc\d?)_|\bsc\d/.test(condition?.map(({ text }) => text).join(" ") ?? "") ||
      isRate(condition, acls)
    ) {
      noteLoss(
        context,
        span,
        `The rule "${action}" is left out: its condition has no counterpart; the nearest are accept: { rate, ratePerSource, max, maxPerSource }`,
      );
    } else {refuse(
        context,
        span,
        `The rule "${action}" has a condition that has no counterpart, and without it other clients would be admitted`,
      );}
  }
  const lists = accessLists(rules);
  if (lists === null) refuse(context, proxy.span, "A rule of src has a value other than an address or a network");
  else if (lists.refusesAll) refuse(context, proxy.span, "Its rules admit no address");
  else return { ...found, lists };
  return null;
}

interface Rule {
  readonly layer: string;
  readonly action: string;
  readonly condition: readonly Word[] | null;
  readonly isUnless: boolean;
  readonly span: WordLine["span"];
}

function ruleOf({ words: [, layer, action, ...rest], span }: WordLine): Rule | null {
  if (
    layer === undefined || action === undefined ||
    !["accept", "reject", "silent-drop", "expect-proxy"].includes(action.text)
  ) return null;
  const at = rest.findIndex(({ text }) => text === "if" || text === "unless");
  return {
    layer: layer.text,
    action: action.text,
    condition: at < 0 ? null : rest.slice(at + 1),
    isUnless: rest[at]?.text === "unless",
    span,
  };
}

/** The sources of alternatives that test only these; null for others. */
function sourcesOf(alternatives: Alternatives, isUnless: boolean): Pick<AccessRule, "blocks" | "except"> | null {
  if (alternatives.length === 1 && alternatives[0]?.length === 0) return { blocks: ["all"] };
  const tests = alternatives.map((all) => all.length === 1 ? all[0] : undefined);
  const sources = tests.filter((test): test is Extract<Test, { kind: "source" }> => test?.kind === "source");
  const negated = sources.some((test) => test.negated);
  if (sources.length < tests.length || sources.length === 0 || (negated && tests.length > 1)) return null;
  return { blocks: sources.flatMap(({ blocks }) => blocks), except: negated !== isUnless };
}

/** The test of alternatives for TLS, or for a name, alone; null for others. */
function tlsTest(alternatives: Alternatives): { readonly isPresent: boolean; readonly fields: Fields } | null {
  const [all, ...more] = alternatives;
  const [test, ...others] = all ?? [];
  if (more.length > 0 || others.length > 0 || test?.kind !== "route") return null;
  const { fields } = test;
  if (Object.keys(fields).join() === "tls") return { isPresent: fields["tls"] === "true", fields: { tls: "true" } };
  return fields["sni"] === ANY_NAME && Object.keys(fields).length === 1 ? { isPresent: true, fields } : null;
}

/** The conditions that admit fewer: a name is asked for by TLS only. */
function stricter(one: Fields | null, other: Fields): Fields {
  return one?.["sni"] === undefined ? other : one;
}

function isAlways(alternatives: Alternatives): boolean {
  return alternatives.some((all) => all.every(({ kind }) => kind === "always"));
}

/** True if a named condition counts connections. */
function isRate(condition: readonly Word[] | null, acls: Acls): boolean {
  return (condition ?? []).some(({ text }) =>
    (acls.get(text.replace(/^!/, "")) ?? []).some(({ words: [, , test] }) =>
      /^(src|sc\d?|fe|be)_|^sc\d|_rate|conn_cur|table_/.test(test?.text ?? "")
    )
  );
}
