/**
 * The connections that wait at a listener in memory: the backlog limits how many are established, and the others wait
 * while connecting.
 *
 * @module
 */

import type { Timer } from "../../clock.ts";
import type { NetgraphError } from "../../errors.ts";
import { sockaddr } from "../../socket/address_text.ts";
import type { SocketAddress } from "../../socket/address.ts";
import { ACCEPT_PAUSE_MS } from "../core/accept_rules.ts";
import type { MemoryHost } from "./host.ts";

/** The listener that the connections are for. */
export interface BacklogListener<Client, Child> {
  readonly size: number;
  readonly address: SocketAddress;
  /** Creates the connection; null when the client has canceled. */
  admit(client: Client): Child | null;
  /** False for one that broke before it was accepted. */
  alive(child: Child): boolean;
  accepted(child: Child): void;
  paused(error: NetgraphError): void;
}

/** Connections in the order of their arrival. */
export class MemoryBacklog<Client, Child> {
  readonly #host: MemoryHost;
  readonly #listener: BacklogListener<Client, Child>;
  #children: Child[] = [];
  #clients: Client[] = [];
  #wanted = 0;
  #pause: Timer | null = null;
  #closed = false;

  constructor(host: MemoryHost, listener: BacklogListener<Client, Child>) {
    this.#host = host;
    this.#listener = listener;
  }

  /** A client connects. */
  offer(client: Client): void {
    this.#clients.push(client);
    this.#admit();
  }

  /** The listener requests one more. */
  want(): void {
    this.#wanted++;
    this.#host.turns.post(() => this.#acceptNext());
  }

  /** Ends it and returns the connections that wait. */
  close(): { children: readonly Child[]; clients: readonly Client[] } {
    this.#closed = true;
    this.#pause?.cancel();
    return { children: this.#children, clients: this.#clients };
  }

  #admit(): void {
    this.#children = this.#children.filter((child) => this.#listener.alive(child));
    while (this.#children.length < this.#listener.size) {
      const client = this.#clients.shift();
      if (client === undefined) break;
      const child = this.#listener.admit(client);
      if (child !== null) this.#children.push(child);
    }
    if (this.#wanted > 0 && this.#children.length > 0) this.#host.turns.post(() => this.#acceptNext());
  }

  #acceptNext(): void {
    if (this.#closed || this.#pause !== null || this.#wanted === 0) return;
    const first = this.#children[0];
    if (first === undefined) return;
    const error = this.#host.faults.hit("accept", sockaddr.format(this.#listener.address));
    if (error !== null) return this.#pauseAccepting(error);
    this.#children.shift();
    this.#wanted--;
    this.#listener.accepted(first);
    this.#admit();
  }

  #pauseAccepting(error: NetgraphError): void {
    this.#pause = this.#host.clock.after(ACCEPT_PAUSE_MS, () => {
      this.#pause = null;
      this.#host.turns.post(() => this.#acceptNext());
    });
    this.#listener.paused(error);
  }
}
