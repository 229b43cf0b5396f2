/**
 * The taps of an engine's clients. A client that does not read takes nothing from the graph, which then copies nothing
 * for it.
 *
 * @module
 */

import { parseText } from "../ascii/parse.ts";
import { AsciiError } from "../ascii/error.ts";
import { encodeBase64 } from "../api/operations/session.ts";
import type { TapLine, TapQuery } from "../api/operations/tap.ts";
import { Channel } from "../channel.ts";
import type { Clock } from "../clock.ts";
import { NetgraphError } from "../errors.ts";
import { formatNodeId, parseNodeId, toNodeId } from "../graph/data/name.ts";
import type { Tapped, TapRecord, TapRequest } from "../graph/data/tap.ts";
import { parsePath } from "../graph/message/path.ts";
import type { GraphPort } from "../graph/port/port.ts";
import { cidr } from "../socket/cidr.ts";

/** Without a record, a heartbeat is sent after this time: only a write shows that the reader has left. */
const HEARTBEAT_MS = 5_000;
/** The only type of node that has connections. */
const TAPPED_TYPE = "ksocket";

/** The taps of an engine. */
export class EngineTaps {
  readonly #port: Pick<GraphPort, "tap" | "snapshot">;
  readonly #clock: Clock;
  readonly #readers = new Map<number, Channel<Tapped | "heartbeat">>();
  #lastId = 0;
  #closed = false;

  constructor(port: Pick<GraphPort, "tap" | "snapshot">, clock: Clock) {
    this.#port = port;
    this.#clock = clock;
  }

  /** Takes records of the graph. */
  take(event: Tapped): void {
    this.#readers.get(event.tap)?.send(event);
  }

  /** Lines from now on, until the signal aborts or the engine has ended. */
  async *follow(query: TapQuery, { signal }: { readonly signal?: AbortSignal } = {}): AsyncGenerator<TapLine> {
    const request = await this.#requestOf(query);
    if (this.#closed) return;
    const tap = ++this.#lastId;
    // The graph sends no more than the reader has room for.
    const reader = new Channel<Tapped | "heartbeat">(signal === undefined ? {} : { signal });
    this.#readers.set(tap, reader);
    const beat = (): void => {
      if (reader.isEmpty) reader.send("heartbeat");
      timer = this.#clock.after(HEARTBEAT_MS, beat);
    };
    let timer = this.#clock.after(HEARTBEAT_MS, beat);
    const lost = new Lost();
    try {
      await this.#port.tap({ kind: "open", tap, request });
      yield { kind: "ready", time: this.#time() };
      for await (const event of reader) {
        if (event === "heartbeat") {
          yield { kind: "heartbeat", time: this.#time() };
          continue;
        }
        for (const record of event.records) yield lineOf(record);
        const { part, cost } = event;
        if (lost.add(event)) yield { kind: "lost", time: this.#time(), ...lost.total };
        await this.#port.tap({ kind: "taken", tap, part, cost }).catch(() => {}); // The graph is restarting.
      }
    } finally {
      timer.cancel();
      this.#readers.delete(tap);
      if (!this.#closed) await this.#port.tap({ kind: "close", tap }).catch(() => {}); // So it is closed.
    }
  }

  /** No record follows: the graph has ended. */
  close(): void {
    this.#closed = true;
    for (const reader of this.#readers.values()) reader.end();
  }

  async #requestOf({ path, connection, client, direction, newOnly, lengths }: TapQuery): Promise<TapRequest> {
    const { node, scope, hooks } = parsePath(path.endsWith(":") ? path : `${path}:`);
    if (node?.kind !== "name" || hooks.length > 0) throw refuse(path, "a node is named such as web/front");
    const topology = scope ?? "";
    const found = (await this.#port.snapshot(topology))?.nodes.find(({ name }) => name === node.name);
    if (found === undefined) {
      const hint = topology === ""
        ? "there is no such node; a node of a topology is named such as web/front"
        : "it does not exist";
      throw new NetgraphError("ENOENT", `Cannot tap "${path}": ${hint}`);
    }
    if (found.type !== TAPPED_TYPE) {
      throw refuse(path, `a node of type "${found.type}" has no connections: tap a ksocket`);
    }
    if (client !== null) checkBlock(path, client);
    const id = connection === null ? null : idOf(connection);
    if (id === null && connection !== null) throw refuse(path, `"${connection}" is not the ID of a connection`);
    return { topology, node: node.name, connection: id, client, direction, newOnly, payload: !lengths };
  }

  #time(): string {
    return this.#clock.wall().toISOString();
  }
}

/** The losses of all threads. */
class Lost {
  readonly #byPart = new Map<number, Tapped["lost"]>();

  /** True if it is more than before. */
  add({ part, lost }: Tapped): boolean {
    const before = this.#byPart.get(part);
    this.#byPart.set(part, lost);
    return lost.items > (before?.items ?? 0);
  }

  get total(): Tapped["lost"] {
    const all = [...this.#byPart.values()];
    return {
      items: all.reduce((sum, { items }) => sum + items, 0),
      bytes: all.reduce((sum, { bytes }) => sum + bytes, 0),
    };
  }
}

function lineOf(record: TapRecord): TapLine {
  const about = { time: new Date(record.time).toISOString(), connection: formatNodeId(toNodeId(record.connection)) };
  if (record.kind !== "data") return { ...record, ...about };
  const { kind, direction, length, lostBytes, octets } = record;
  return { kind, ...about, direction, length, lostBytes, base64: encodeBase64(octets) };
}

/** `1f` and `[1f]` are the same. */
function idOf(text: string): number | null {
  return parseNodeId(text.startsWith("[") ? text : `[${text}]`);
}

function checkBlock(path: string, client: string): void {
  try {
    parseText(cidr, client);
  } catch (error) {
    if (!(error instanceof AsciiError)) throw error;
    throw refuse(path, error.message);
  }
}

function refuse(path: string, why: string): NetgraphError {
  return new NetgraphError("EINVAL", `Cannot tap "${path}": ${why}`);
}
