/**
 * A forward as the importers of proxies describe it: listeners, and backends with their targets.
 *
 * @module
 */

import { quoteText } from "../../../ascii/quote.ts";
import type { Span } from "../../../topology/parse/source.ts";
import type { ImportContext, Omitted } from "./reading.ts";
import { type DraftMessage, inetAddress, localAddress, type RelayDraft } from "./relay.ts";

/** One target of a backend. */
export interface DraftTarget {
  /** An address in canonical form. */
  readonly to: string;
  readonly name?: string | null;
  readonly weight?: number | null;
  readonly backup?: boolean;
  readonly proxy?: "v1" | "v2" | null;
  /** True: each address of its name is a target. */
  readonly resolveAll?: boolean;
  /** True: it gets no connections. */
  readonly disabled?: boolean;
}

/** The destination of connections. */
export interface DraftBackend {
  readonly name: string;
  readonly targets: readonly DraftTarget[];
  readonly balance: string | null;
  /** Fields of `sethealth`. */
  readonly health: Readonly<Record<string, string>> | null;
  /** Fields of `settls` of the sockets that connect; null without TLS. */
  readonly tls: Fields | null;
  readonly span: Span;
}

/** Fields of a struct in ASCII form, by name. */
export type Fields = Readonly<Record<string, string>>;

/** The address to which clients connect. */
export interface DraftListener {
  readonly protocol: "tcp" | "udp" | "unix";
  /** An address in canonical form. */
  readonly bind: string;
  readonly backlog: number;
  /** Options of the socket, by name. */
  readonly options: Fields;
  /** Fields of `settls`; null without TLS. */
  readonly tls: Fields | null;
  /** Fields of `accept` beside the destination. */
  readonly accept: Fields;
  readonly span: Span;
}

/** `{ a=1 b=2 }` */
export function fieldsText(fields: Fields): string {
  return `{ ${Object.entries(fields).map(([name, value]) => `${name}=${value}`).join(" ")} }`;
}

/** The option of an address that may serve both families; Linux decides for all addresses but the wildcard. */
export function familyOption(bind: string, isInet6Only: boolean): Fields {
  return /^inet6\/\[::\]:/.test(bind) ? { IPV6_V6ONLY: isInet6Only ? "1" : "0" } : {};
}

/** `[ a b ]` */
export function listText(values: readonly string[]): string {
  return `[ ${values.join(" ")} ]`;
}

/** An address of a host and a port, or of a path. */
export function addressText(
  place: { readonly host: string; readonly port: string } | { readonly path: string },
): string {
  return "path" in place ? localAddress(place.path) : inetAddress(place.host, place.port, null);
}

/** Adds backends, each once, and the listeners that lead to them. */
export class ForwardDraft {
  readonly #draft: RelayDraft;
  /** What was added for backends, by what they are. */
  #added = new Map<string, string>();

  constructor(draft: RelayDraft) {
    this.#draft = draft;
  }

  /** Converts a part of the file; if it is left out, none of its results stay. */
  attempt(what: Omitted["what"], work: (inner: ImportContext) => void): void {
    const before = new Map(this.#added);
    if (!this.#draft.attempt(what, work)) this.#added = before;
  }

  /**
   * Adds a backend.
   *
   * @param config fields of `setconfig` of the sockets that connect
   * @returns the destination as fields of `accept` or of a rule: `connect=pool/db`
   */
  backend(backend: DraftBackend, config: Fields): string {
    const { name, targets, balance, health, tls, span } = backend;
    const address = this.#once(["pool", name, targets, balance, health], () => this.#address(backend));
    if (tls === null) return `connect=${address}`;
    const template = this.#once(
      ["template", address, tls, config],
      () =>
        this.#draft.addTemplate(name, "inet/stream/tls", [
          ...settingsOf("setconfig", config),
          ...settingsOf("settls", tls),
          ["connect", address],
        ], span),
    );
    return `template=${quoteText(template)}`;
  }

  /** Adds a listener; `destination` has fields of `accept`. */
  listener(listener: DraftListener, destination: string, config: Fields): void {
    const { protocol, bind, backlog, options, tls, accept, span } = listener;
    const family = bind.slice(0, bind.indexOf("/"));
    const hook = protocol === "unix"
      ? "local/stream/0"
      : protocol === "udp"
      ? `${family}/dgram/udp`
      : `${family}/stream/${tls === null ? "tcp" : "tls"}`;
    const fields = Object.entries(accept).map(([name, value]) => ` ${name}=${value}`).join("");
    const messages: DraftMessage[] = [
      ...Object.entries(options).map(([name, value]): DraftMessage => ["setopt", `{ ${name}=${value} }`]),
      ...settingsOf("setconfig", config),
      ...settingsOf("settls", tls ?? {}),
      ["bind", bind],
      ...(protocol === "udp" ? [] : [["listen", String(backlog)] as const]),
      ["accept", `{ ${destination}${fields} }`],
    ];
    this.#draft.add(listenerName(protocol, bind), hook, messages, span);
  }

  /** What was added before for the same parts, otherwise what `add` adds. */
  #once(parts: readonly unknown[], add: () => string): string {
    const key = JSON.stringify(parts);
    const known = this.#added.get(key) ?? add();
    this.#added.set(key, known);
    return known;
  }

  /** The address of one plain target, otherwise of a pool. */
  #address({ name, targets, balance, health, span }: DraftBackend): string {
    const [first] = targets;
    const isPlain = first !== undefined && targets.length === 1 && health === null && (first.proxy ?? null) === null &&
      first.disabled !== true && first.resolveAll !== true;
    if (isPlain) return first.to;
    const disabled = targets.filter((target) => target.disabled === true);
    const pool = this.#draft.addPool(name, [
      ["settargets", listText(targets.map(targetText))],
      ...settingsOf("setconfig", balance === null ? {} : { balance }),
      ...settingsOf("sethealth", health ?? {}),
      ...disabled.map((target): DraftMessage => ["disabletarget", quoteText(target.name ?? target.to)]),
    ], span);
    return `pool/${pool}`;
  }
}

function settingsOf(command: string, fields: Fields): readonly DraftMessage[] {
  return Object.keys(fields).length === 0 ? [] : [[command, fieldsText(fields)]];
}

function targetText({ to, name, weight, backup, proxy, resolveAll }: DraftTarget): string {
  const fields = {
    to,
    ...((name ?? null) === null ? {} : { name: quoteText(name ?? "") }),
    ...((weight ?? 1) === 1 ? {} : { weight: String(weight) }),
    ...(backup === true ? { backup: "true" } : {}),
    ...((proxy ?? null) === null ? {} : { proxy: proxy ?? "v2" }),
    ...(resolveAll === true ? { resolve: "all" } : {}),
  };
  return Object.keys(fields).length === 1 ? to : fieldsText(fields);
}

function listenerName(protocol: DraftListener["protocol"], bind: string): string {
  if (protocol !== "unix") return `${protocol}-${bind.slice(bind.lastIndexOf(":") + 1)}`;
  return `unix-${bind.replace(/"/g, "").split("/").at(-1) ?? ""}`;
}
