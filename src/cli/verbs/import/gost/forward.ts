/**
 * One forward of gost, from a command line or a configuration, as a listener.
 *
 * @module
 */

import { quoteText } from "../../../../ascii/quote.ts";
import type { Span } from "../../../../topology/parse/source.ts";
import { accessLists } from "../address_blocks.ts";
import { addressText, type DraftTarget, familyOption, type Fields, type ForwardDraft, listText } from "../forward.ts";
import { type ImportContext, noteChange, noteName, refuse } from "../reading.ts";
import { portNumber } from "../service.ts";

/** A target of a forward. */
export interface GostTarget {
  readonly name: string | null;
  readonly addr: string;
  readonly span: Span;
}

/** A forward. */
export interface GostForward {
  /** `tcp`, `udp` or `tls`. */
  readonly protocol: string;
  /** `:8080`, `127.0.0.1:8080` */
  readonly addr: string;
  readonly targets: readonly GostTarget[];
  readonly parameters: ReadonlyMap<string, string>;
  /** The clients of admissions: a list that permits, or one that refuses. */
  readonly admissions: readonly { readonly permits: boolean; readonly blocks: readonly string[] }[];
  readonly span: Span;
}

/** gost's own defaults. */
const TTL = "5s";
const BACKLOG = 4_096;

const BALANCE: Readonly<Record<string, string | null>> = {
  round: null,
  rr: null,
  rand: "random",
  random: "random",
  fifo: "first",
  ha: "first",
  hash: "source",
};

/** Adds the listener of a forward. */
export function addForward(forward: GostForward, forwards: ForwardDraft, context: ImportContext): void {
  const { protocol, targets, parameters, span } = forward;
  const [, host = "", port] = /^(\[[^\]]*\]|[^:]*):(\d+)$/.exec(forward.addr) ?? [];
  if (port === undefined) return refuse(context, span, `"${forward.addr}" is not an address with a port`);
  if (targets.length === 0) return refuse(context, span, "A forward needs a target: tcp://:8080/10.0.0.1:80");
  const isUdp = protocol === "udp";
  const read = targets.map((target) => targetOf(target, isUdp, context));
  const known = read.filter((one): one is DraftTarget => one !== null);
  if (known.length < read.length) return;
  const tls = protocol === "tls" ? tlsOf(parameters, span, context) : null;
  if (tls === undefined) return;
  const access = accessOf(forward, context);
  if (access === null) return;
  const destination = forwards.backend(
    {
      name: "upstream",
      targets: known,
      balance: balanceOf(forward, context),
      health: healthOf(parameters),
      tls: null,
      span,
    },
    {},
  );
  const proxy = parameters.get("proxyProtocol");
  const bind = addressText({ host: host === "" ? "[::]" : host === "localhost" ? "127.0.0.1" : host, port });
  forwards.listener(
    {
      protocol: isUdp ? "udp" : "tcp",
      bind,
      backlog: Number(parameters.get("backlog") ?? BACKLOG),
      options: {
        ...(isUdp ? {} : { SO_REUSEADDR: "1" }),
        ...familyOption(bind, false),
      },
      tls,
      accept: access,
      span,
    },
    destination,
    {
      idleTimeout: isUdp ? durationOf(parameters.get("ttl") ?? TTL) : "0s",
      ...(proxy === "1" || proxy === "2" ? { sendProxy: `v${proxy}` } : {}),
    },
  );
}

function targetOf({ name, addr, span }: GostTarget, isUdp: boolean, context: ImportContext): DraftTarget | null {
  const path = /^(?:unix:\/\/)?(\/.+)$/.exec(addr)?.[1];
  if (path !== undefined && !isUdp) return { to: addressText({ path }), name };
  const [, host = "", written] = /^(\[[^\]]*\]|[^:]*):([\w-]+)$/.exec(addr) ?? [];
  const port = written === undefined ? null : portNumber(written, isUdp ? "udp" : "tcp");
  if (port === null || /[$%{}]/.test(addr)) {
    refuse(context, span, `"${addr}" is not an address with a port`);
    return null;
  }
  noteName(context, span, host);
  return { to: addressText({ host: host === "" ? "127.0.0.1" : host, port }), name };
}

function balanceOf({ parameters, targets, span }: GostForward, context: ImportContext): string | null {
  const strategy = parameters.get("strategy") ?? "round";
  if (targets.length < 2) return null;
  const known = BALANCE[strategy];
  if (known === undefined) {
    noteChange(context, span, `"strategy=${strategy}": targets are selected in turn (roundrobin)`);
  }
  return known ?? null;
}

function healthOf(parameters: ReadonlyMap<string, string>): Fields | null {
  const fall = parameters.get("maxFails") ?? parameters.get("max_fails");
  const interval = parameters.get("failTimeout") ?? parameters.get("fail_timeout");
  if (fall === undefined && interval === undefined) return null;
  return {
    ...(fall === undefined ? {} : { fall }),
    ...(interval === undefined ? {} : { interval: durationOf(interval) }),
    probe: "down",
  };
}

/** `30s`, `1m30s` or seconds. */
function durationOf(text: string): string {
  const parts = [...text.matchAll(/(\d+)(ms|s|m|h)/g)];
  const sum = parts.reduce(
    (total, [, digits, unit = "s"]) => total + Number(digits) * ({ ms: 1, s: 1e3, m: 6e4, h: 3.6e6 }[unit] ?? 1),
    0,
  );
  return parts.length === 0 ? `${text}s` : sum % 1_000 === 0 ? `${sum / 1_000}s` : `${sum}ms`;
}

/** `settls`; undefined if it is refused. */
function tlsOf(parameters: ReadonlyMap<string, string>, span: Span, context: ImportContext): Fields | undefined {
  const cert = parameters.get("certFile") ?? parameters.get("cert");
  const key = parameters.get("keyFile") ?? parameters.get("key");
  if (cert === undefined || key === undefined) {
    refuse(context, span, "gost makes a certificate of its own without certFile and keyFile; settls needs their paths");
    return undefined;
  }
  const ca = parameters.get("caFile");
  return {
    cert: quoteText(cert),
    key: quoteText(key),
    ...(ca === undefined ? {} : { ca: quoteText(ca), verifyClient: "require" }),
  };
}

function accessOf({ admissions, span }: GostForward, context: ImportContext): Fields | null {
  const rules = admissions.map(({ permits, blocks }) => ({ permits: false, blocks, except: permits }));
  const lists = accessLists(rules);
  if (lists === null || lists.refusesAll) {
    refuse(
      context,
      span,
      lists === null
        ? "An admission has a matcher other than an address or a network"
        : "Its admissions admit no address",
    );
    return null;
  }
  return {
    ...(lists.allow.length > 0 ? { allow: listText(lists.allow) } : {}),
    ...(lists.deny.length > 0 ? { deny: listText(lists.deny) } : {}),
  };
}
