/**
 * Routing at a listener: reads the first bytes of a connection until its rule is certain. The bytes and the time have
 * limits, and the bytes are delivered unchanged.
 *
 * @module
 */

import type { Clock, Timer } from "../../../clock.ts";
import type { NodeCounts } from "../../../graph/data/counts.ts";
import type { RuleCounts } from "../../../graph/data/node_report.ts";
import type { AcceptTarget } from "../accept_target.ts";
import { chooseRule } from "../routing/choose_rule.ts";
import { FirstBytes } from "../routing/first_bytes.ts";
import { DEFAULT_WITHIN_MS, describeRule, MAX_ROUTE_BYTES, type RouteRule } from "../routing/route_rule.ts";
import type { FirstBytesInspector, PrefetchedSocket } from "./prefetched_socket.ts";

/** The decision about a connection, by its first bytes. */
export type Routed =
  & { readonly first: FirstBytes }
  & (
    | { readonly kind: "rule"; readonly rule: RouteRule }
    /** `seen`: a description of the first bytes, for operators. */
    | { readonly kind: "none"; readonly seen: string }
  );

/** Routes the connections of one listener. */
export class ConnectionRouter {
  readonly #clock: Clock;
  readonly #node: { readonly counts: NodeCounts };

  /** @param node the listener, whose counts are others after it was renamed */
  constructor(clock: Clock, node: { readonly counts: NodeCounts }) {
    this.#clock = clock;
    this.#node = node;
  }

  /** Calls `decided` once, now or later, unless the connection ends before. */
  route(socket: PrefetchedSocket, target: AcceptTarget, decided: (routed: Routed) => void): void {
    const { route: rules = [], within: withinMs = DEFAULT_WITHIN_MS } = target;
    const look = new PendingRoute(socket, {
      rules,
      withinMs,
      clock: this.#clock,
      decided: (routed) => {
        if (routed.kind === "rule") this.#node.counts.routed(describeRule(routed.rule));
        decided(routed);
      },
    });
    look.begin();
  }

  /** The connections of each rule of a target; `active` has the rules of the open ones. */
  counts({ route = [] }: AcceptTarget, active: Iterable<RouteRule | null>): readonly RuleCounts[] {
    const open = new Map<string, number>();
    for (const rule of active) {
      if (rule === null) continue;
      const text = describeRule(rule);
      open.set(text, (open.get(text) ?? 0) + 1);
    }
    return route.map(describeRule).map((rule) => ({
      rule,
      active: open.get(rule) ?? 0,
      total: this.#node.counts.rules[rule] ?? 0,
    }));
  }
}

interface RoutingOptions {
  readonly rules: readonly RouteRule[];
  readonly withinMs: number;
  readonly clock: Clock;
  readonly decided: (routed: Routed) => void;
}

/** Reads the first bytes of one connection until its rule is certain. */
class PendingRoute implements FirstBytesInspector {
  readonly #socket: PrefetchedSocket;
  readonly #options: RoutingOptions;
  readonly #first: FirstBytes;
  #timer: Timer | null = null;
  #isDone = false;

  constructor(socket: PrefetchedSocket, options: RoutingOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#first = new FirstBytes(socket.endpoint.tls ? socket.tls ?? NO_HANDSHAKE : null);
  }

  begin(): void {
    // The handshake may be sufficient.
    if (this.#decide()) return;
    const { clock, withinMs } = this.#options;
    this.#timer = clock.after(withinMs, () => this.#finish());
    this.#socket.inspect(this);
  }

  arrived(bytes: Uint8Array): boolean {
    if (this.#isDone) return true;
    this.#first.update(bytes);
    if (bytes.length >= MAX_ROUTE_BYTES) this.#first.finish();
    return this.#decide();
  }

  ended(): void {
    this.#finish();
  }

  closed(): void {
    this.#isDone = true;
    this.#timer?.cancel();
  }

  #finish(): void {
    if (this.#isDone) return;
    this.#first.finish();
    this.#decide();
  }

  /** Decides if that is possible. */
  #decide(): boolean {
    const choice = chooseRule(this.#options.rules, this.#first);
    if (choice.kind === "undecided") return false;
    this.closed();
    const first = this.#first;
    this.#options.decided(
      choice.kind === "rule" ? { ...choice, first } : { kind: "none", seen: describeBytes(first), first },
    );
    return true;
  }
}

const NO_HANDSHAKE = { serverName: null, alpn: null };

/** Describes the first bytes of a connection: text of the client is shown only if it is a host name. */
function describeBytes(first: FirstBytes): string {
  const { handshake, bytes } = first;
  if (handshake !== null) {
    return handshake.serverName === null ? "TLS without a server name" : `TLS for "${handshake.serverName}"`;
  }
  if (bytes.length === 0) return "nothing";
  if (first.isTls(true) === "yes") {
    const hello = first.hello();
    if (hello.kind !== "hello") return "TLS whose ClientHello cannot be read";
    const { serverName } = hello.hello;
    return serverName === null ? "TLS without a server name" : `TLS for "${serverName}"`;
  }
  const request = first.request();
  if (request.kind !== "host") return `${bytes.length} bytes of an unknown protocol`;
  return request.host === null ? "HTTP without a host" : `HTTP for "${request.host}"`;
}
