/**
 * The health of a connecting ksocket: whether its peer has ended its direction while no node can answer that, and
 * whether its target accepts its datagrams. The results of a listener's copies count for the listener.
 *
 * @module
 */

import { type ErrorCode, errorText } from "../../../errors.ts";
import type { Tally } from "../../../graph/data/counts.ts";
import type { Fault } from "../../../graph/data/fault.ts";
import type { Clock } from "../../../clock.ts";
import type { TargetUse } from "../../pool/target_use.ts";
import { sockaddr } from "../../../socket/address_text.ts";
import { emitChanged, type SocketNode } from "../role.ts";
import { type DatagramSender, unwatchDatagrams, watchDatagrams } from "./datagram_health.ts";
import { addFailure, type FailureRow, fault } from "../outcomes.ts";
import { leadsOneWay } from "../connection/answers.ts";
import { HABIT_MS, PeerClosed } from "./peer_closed.ts";
import { refusedAddresses } from "./refused_addresses.ts";

const FAILURE_EXPIRES_MS = 60_000;

/** Records the results of a ksocket's sends. */
export class ConnectionHealth implements DatagramSender {
  readonly #host: SocketNode;
  readonly #target: () => TargetUse | null;
  readonly #moveOn: () => void;
  #peerClosed: PeerClosed | null = null;
  #refused: FailureRow | null = null;
  #refusedAt = 0;

  /**
   * @param target the target of a pool that it is connected to; null while it is not
   * @param moveOn connects to another address of the same name, if there is one that has not refused datagrams
   */
  constructor(host: SocketNode, target: () => TargetUse | null = () => null, moveOn: () => void = () => {}) {
    this.#host = host;
    this.#target = target;
    this.#moveOn = moveOn;
  }

  get clock(): Clock {
    return this.#host.clock;
  }

  /** The faults that keep it from serving its traffic. */
  faults(): readonly Fault[] {
    // After this time without sends, nothing is known of a target.
    if (this.clock.now() - this.#refusedAt > FAILURE_EXPIRES_MS) this.#refused = null;
    const refused = this.#refused === null ? [] : [fault("NoTargetUp", this.#refused, false)];
    return [...this.#peerClosed?.faults() ?? [], ...refused];
  }

  /** The connection has ended. */
  stop(): void {
    this.#peerClosed?.stop();
    this.#peerClosed = null;
    this.#refused = null;
    unwatchDatagrams(this);
  }

  /** The peer has ended its direction. */
  peerEnded(): void {
    const { node, graph, runtime, connection } = this.#host;
    const { hook, socket, times: { since } } = connection;
    const peer = socket?.peer ?? null;
    if (node.name === null || hook === null || peer === null) return;
    if (!leadsOneWay(hook, graph.scope(node.origin.scope).anchor)) return;
    if (this.clock.now() - since >= HABIT_MS) return connection.expire("eof");
    this.#peerClosed = new PeerClosed({
      node,
      clock: this.clock,
      runtime,
      peer,
      sent: () => ({ items: connection.carried.sentItems, bytes: connection.carried.sentBytes }),
      acknowledges: (socket?.ackedBytes ?? null) !== null,
      lost: ({ items, bytes }) => connection.carried.drop("reset", bytes, items),
      finish: () => connection.expire("eof"),
      changed: () => this.#changed(),
    });
    this.#changed();
  }

  /** Sent data that the peer may not have read, because it had ended its direction before. */
  unconfirmed(): Tally {
    return this.#peerClosed?.unconfirmed() ?? { items: 0, bytes: 0 };
  }

  /** A datagram was sent. */
  datagramSent(): void {
    watchDatagrams(this);
  }

  sent(): number {
    return this.#host.connection.carried.sentItems;
  }

  refusals(): ReadonlyMap<string, number> {
    return this.#host.connection.socket?.sendErrors ?? new Map();
  }

  checkEnded(): void {
    this.#host.connection.watchesRefusals = false;
  }

  refused(refusal: { readonly code: ErrorCode; readonly count: number }): void {
    const { connection, graph } = this.#host;
    const peer = connection.socket?.peer ?? null;
    const address = peer === null ? "" : sockaddr.format(peer);
    const { code, count } = refusal;
    const { targetReports } = this.#host;
    const target = this.#target();
    if (peer !== null) refusedAddresses(this.clock).add(peer);
    if (target !== null) {
      target.refused(refusal);
      return this.#moveOn();
    }
    if (targetReports !== null) {
      targetReports.datagramsRefused(address, refusal);
      return this.#moveOn();
    }
    const known = this.#refused;
    const row = addFailure(known, { code, message: `${address}: ${errorText(code)}` }, graph.clock.wall());
    this.#refusedAt = this.clock.now();
    this.#refused = { ...row, count: row.count + count - 1 };
    if (known === null) this.#changed();
    this.#moveOn();
  }

  taken(): void {
    const target = this.#target();
    if (target !== null) return target.taken();
    this.#host.targetReports?.datagramsTaken();
    if (this.#refused === null) return;
    this.#refused = null;
    this.#changed();
  }

  #changed(): void {
    emitChanged(this.#host);
  }
}
