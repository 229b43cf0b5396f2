/**
 * One accepted connection, for its record: what is known at its beginning, and when it is joined to its target. There is
 * one for each connection while records are requested, and none otherwise.
 *
 * @module
 */

import type { CloseReason } from "../../../graph/data/close_reason.ts";
import type {
  ClosedBy,
  ConnectionRecord,
  RecordedAddress,
  RecordedTls,
} from "../../../graph/data/connection_record.ts";
import { splitAddress } from "../../../socket/address_text.ts";
import type { Socket } from "../../../socket/socket.ts";
import type { TlsSessionInfo } from "../../../socket/tls.ts";
import type { Connection } from "../connection/connection.ts";
import type { SocketNode } from "../role.ts";
import { peerOf } from "./client_source.ts";
import { PrefetchedSocket } from "./prefetched_socket.ts";

/** A connection that will be recorded. */
export class RecordedConnection {
  readonly #listener: SocketNode;
  readonly #socket: Socket;
  readonly #client: RecordedAddress;
  readonly #since: number;
  readonly #generation: number;
  #target: RecordedAddress | null = null;
  #tls: RecordedTls | null = null;
  #connectMs: number | null = null;

  /** The record of a connection that was accepted now, in a generation of its topology. */
  constructor(listener: SocketNode, socket: Socket, generation: number) {
    this.#listener = listener;
    this.#socket = socket;
    this.#client = splitAddress(peerOf(socket));
    this.#since = listener.clock.now();
    this.#generation = generation;
  }

  /** Records that it is joined to its target. The first of `together` is its own, the others are those of its copies. */
  joined(together: readonly { readonly socket: Socket | null }[]): void {
    this.#decrypted(together[0]?.socket?.tls ?? null);
    for (let index = 1; index < together.length && this.#target === null; index++) {
      const peer = together[index]?.socket?.peer ?? null;
      if (peer !== null) this.#target = splitAddress(peer);
    }
    this.#connectMs = this.#listener.clock.now() - this.#since;
  }

  /** Records the server name of a TLS connection that is not decrypted; null without SNI. */
  setServerName(serverName: string | null): void {
    this.#tls = { version: null, serverName, alpn: null };
  }

  #decrypted(tls: TlsSessionInfo | null): void {
    if (tls !== null) this.#tls = { version: tls.version, serverName: tls.serverName, alpn: tls.alpn };
  }

  /** It has ended. `connection` is null for one that was refused; `headerBytes` were read of its PROXY header then. */
  ended(connection: Pick<Connection, "carried" | "ends"> | null, reason: CloseReason, headerBytes = 0): void {
    const { graph, node, clock } = this.#listener;
    const { carried, ends } = connection ?? NOTHING;
    const now = clock.now();
    const record: ConnectionRecord = {
      endedAt: graph.connectionLog.wallMs(now),
      topology: node.origin.scope,
      node: node.name ?? `[${node.id}]`,
      generation: this.#generation,
      client: this.#client,
      target: this.#target,
      tls: this.#tls,
      connectMs: this.#connectMs,
      durationMs: now - this.#since,
      bytesIn: carried.receivedBytes + heldBytesOf(this.#socket) + headerBytes,
      bytesOut: carried.sentBytes,
      closedBy: closedBy(reason, ends.by),
      reason,
    };
    graph.connectionLog.add(record);
  }
}

/** The bytes that were read from its client to select its target, and were not delivered. */
function heldBytesOf(socket: Socket): number {
  return socket instanceof PrefetchedSocket ? socket.heldBytes : 0;
}

/** A connection that was refused. */
const NOTHING = { carried: { receivedBytes: 0, sentBytes: 0 }, ends: { by: null } } as const;

/** The reasons that come from one of the two ends; the engine closes a connection for any other. */
const BY_AN_END: ReadonlySet<CloseReason> = new Set<CloseReason>([
  "eof",
  "reset",
  "refused",
  "unreachable",
  "connect_timeout",
  "resolve",
]);

function closedBy(reason: CloseReason, by: "peer" | "hook" | null): ClosedBy {
  if (!BY_AN_END.has(reason)) return "engine";
  if (by === null) return reason === "eof" ? "engine" : "target";
  return by === "peer" ? "client" : "target";
}
