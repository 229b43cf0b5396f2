/**
 * The part of a ksocket beside the connection between its hook and its socket. It has one of three roles:
 *
 * - `ClientSocket`: a message created its node; the socket is idle, connects, or exchanges datagrams
 * - `Listener`: it received `listen`, or `accept` for each source of datagrams
 * - `AcceptedSocket`: a listener created its node, for a connection or a flow of datagrams that it has accepted
 *
 * A `ClientSocket` becomes a `Listener` by `listen`, or by `accept` on a socket of datagrams; an accepted one does not
 * change.
 *
 * @module
 */

import type { ErrorCode, ErrorData, NetgraphError } from "../../errors.ts";
import type { Graph } from "../../graph/core/graph.ts";
import type { Pending } from "../../graph/core/pending.ts";
import type { CloseReason } from "../../graph/data/close_reason.ts";
import type { Fault } from "../../graph/data/fault.ts";
import type { ConnectionCounts } from "../../graph/data/node_report.ts";
import type { ProxyEnds } from "../../socket/proxy_protocol.ts";
import type { SocketRuntime } from "../../socket/socket.ts";
import type { Target } from "../pool/target.ts";
import type { TargetPool } from "../pool/target_pool.ts";
import type { TargetReport } from "../../graph/data/target_report.ts";
import type { Destination } from "./destination.ts";
import type { Connection } from "./connection/connection.ts";
import type { ConnectionEvents, ConnectionHost } from "./connection/connection_host.ts";
import type { TlsSettings } from "./tls_settings.ts";

/** The context of the parts of one ksocket. */
export interface SocketNode extends ConnectionHost {
  readonly graph: Graph;
  readonly runtime: SocketRuntime;
  readonly connection: Connection;
  readonly role: Role;
  /** The values of `settls`. */
  readonly tls: TlsSettings;
  /**
   * The receiver of reports about the target, for a node that a listener has created for a connection; otherwise null.
   */
  readonly targetReports: TargetReports | null;
  /** The destination of the client for whose connection the node was created; null for a node that exists once. */
  readonly clientDestination: Destination | null;
  /** The ends of the client's connection for which the node was created; null for a node that exists once. */
  readonly clientEnds: ProxyEnds | null;
}

/** One of the three roles. */
export interface Role extends ConnectionEvents {
  /** The hook is linked. */
  hookConnected(): void;
  /** The other end rejected the hook, which is removed. */
  hookRefused(): void;
  /** The bring-up of the topology is done. */
  released(): void;
  /** The node is shut down. Resolves once the address is free. */
  shutdown(): void | Pending<null>;
  /** Its health. */
  report(): RoleReport;
}

/** The part of a node's report that its role adds. */
export interface RoleReport {
  /** The connections of a listener; otherwise null. */
  readonly connections: ConnectionCounts | null;
  /** True while a listener accepts nothing because it drains. */
  readonly draining: boolean;
  /** Notes for operators. */
  readonly notes: readonly string[];
  readonly faults: readonly Fault[];
  /** The time of the last served client of a listener; absent if there was none. */
  readonly servedAt?: string;
  /** The targets of the pool of its own; absent if it has none. */
  readonly targets?: readonly TargetReport[];
}

/** The health of a listener's targets, as seen by the nodes that connect to them. */
export interface TargetReports {
  /** The listener's own pool of a destination; null if that has no list of targets. */
  poolOf(destination: Destination): TargetPool | null;
  /** The target of a destination; null if that has not exactly one address. */
  targetOf(destination: Destination): Target | null;
  /** A target has closed a new connection first, without sending a byte; `readsOn`: it still accepts data. */
  closedWithoutData(address: string, readsOn: () => boolean): void;
  /** True while a target may close every connection immediately. */
  readonly hasTargetsToCheck: boolean;
  /** A target has served a connection. */
  closedAfterData(address: string): void;
  /** A target rejected datagrams. */
  datagramsRefused(address: string, refusal: { readonly code: ErrorCode; readonly count: number }): void;
  /** A target accepted datagrams. */
  datagramsTaken(): void;
}

/** The report of a node has changed. */
export function emitChanged({ node, graph }: SocketNode): void {
  graph.emit({ kind: "changed", scope: node.origin.scope });
}

/** The node of a socket that has ended on its own has failed. */
export function failNode({ node, graph }: SocketNode, reason: CloseReason, error: NetgraphError | null): void {
  const why = error?.toData() ?? ENDED;
  node.fail(why, reason);
  const { name, origin: { scope, owner } } = node;
  if (name !== null) graph.emit({ kind: "failed", topology: scope, node: name, reason, error: why });
  // Copies are frequent: their number is read when it is needed.
  if (name !== null || owner === null) graph.emit({ kind: "changed", scope });
}

/** Not an Error: its stack would be the most expensive part of a short connection. */
const ENDED: ErrorData = { code: "ENOTCONN", message: "Connection has ended", subject: {} };
