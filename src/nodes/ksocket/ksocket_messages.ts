/**
 * The handlers of a ksocket's control messages.
 *
 * @module
 */

import { encodeText } from "../../ascii/octets.ts";
import { SharedBuffer } from "../../buffer.ts";
import { errorText, NetgraphError } from "../../errors.ts";
import { DEFAULT_DRAIN_MS, type DrainOrder, type DrainResult } from "../../graph/core/drain.ts";
import type { Answer, CallContext, Handlers } from "../../graph/core/message.ts";
import { toNodeId } from "../../graph/data/name.ts";
import type { Node } from "../../graph/core/node.ts";
import { Pending } from "../../graph/core/pending.ts";
import { type AcceptReply, sockaddr } from "../../socket/address_text.ts";
import type { ConnectAddress, SocketAddress } from "../../socket/address.ts";
import type { SocketOption } from "../../socket/option.ts";
import { connects } from "../../socket/kind.ts";
import type { Socket } from "../../socket/socket.ts";
import type { AcceptTarget } from "./accept_target.ts";
import type { AcceptedSocket } from "./listener/accepted_socket.ts";
import type { Listener } from "./listener/listener.ts";
import { prepareToShare } from "./listener/shared_address.ts";
import type { ConnectionPhase } from "./connection/connection_host.ts";
import { emitChanged, type SocketNode } from "./role.ts";
import { type ClientSocket, occupied } from "./client/client_socket.ts";
import type { KsocketCommands } from "./ksocket_commands.ts";
import type { KsocketConfigPatch } from "./ksocket_config.ts";
import { plainTls, serverTls, type TlsSettings } from "./tls_settings.ts";

/** The ksocket, for its messages. */
export interface MessagedKsocket extends SocketNode {
  readonly role: ClientSocket | Listener | AcceptedSocket;
  /** Its initial role; null for an accepted one. */
  readonly client: ClientSocket | null;
  tls: TlsSettings;
  configure(patch: KsocketConfigPatch): void;
  /** It accepts connections, or flows of datagrams, from now on. */
  listen(socket: Socket): Listener;
  /** A listener is a client again. */
  stopListening(): void;
}

/** The handlers of one ksocket: one small object per message, rather than a dozen closures for every connection. */
export class KsocketMessages implements Handlers<KsocketCommands> {
  readonly #ksocket: MessagedKsocket;

  constructor(ksocket: MessagedKsocket) {
    this.#ksocket = ksocket;
  }

  bind(address: SocketAddress, context: CallContext): Answer<null> {
    return bind(this.#ksocket, address, context);
  }

  listen(backlog: number, context: CallContext): null {
    return listen(this.#ksocket, backlog, context);
  }

  accept(target: AcceptTarget | null, context: CallContext): Answer<AcceptReply | null> {
    return accept(this.#ksocket, target, context);
  }

  connect(address: ConnectAddress): Answer<number | null> {
    return connect(this.#ksocket, address);
  }

  getname(): SocketAddress {
    const socket = openSocket(this.#ksocket, "getname");
    return socket.local ?? unnamed(socket);
  }

  getpeername(): SocketAddress {
    return peerOf(this.#ksocket);
  }

  setopt(option: SocketOption): null {
    openSocket(this.#ksocket, "setopt").setOption(option);
    if (this.#ksocket.connection.phase === "idle") this.#ksocket.client?.keep((socket) => socket.setOption(option));
    return null;
  }

  getopt(asked: SocketOption): SocketOption {
    return openSocket(this.#ksocket, "getopt").getOption(asked);
  }

  setconfig(patch: KsocketConfigPatch): null {
    this.#ksocket.configure(patch);
    if (patch.mode !== undefined) setMode(this.#ksocket);
    if (patch.handshakeTimeout !== undefined) configureTls(this.#ksocket, this.#ksocket.tls);
    return null;
  }

  getconfig(): KsocketConfigPatch {
    return this.#ksocket.config;
  }

  settls(settings: TlsSettings): null {
    const socket = openSocket(this.#ksocket, "settls");
    if (!socket.endpoint.tls) {
      const { path } = this.#ksocket.node;
      throw new NetgraphError("EOPNOTSUPP", `Cannot configure TLS of "${path}": its hook is not of protocol tls`);
    }
    configureTls(this.#ksocket, plainTls({ ...this.#ksocket.tls, ...settings }));
    return null;
  }

  gettls(): TlsSettings {
    return this.#ksocket.tls;
  }

  getstate(): ConnectionPhase {
    return this.#ksocket.connection.phase;
  }

  getaccept(): AcceptTarget | null {
    const { role } = this.#ksocket;
    return role.kind === "listener" ? role.target : null;
  }

  disarm(): null {
    requireListener(this.#ksocket, "disarm").disarm();
    return null;
  }

  send(text: string): null {
    return send(this.#ksocket, text);
  }

  drain(order: DrainOrder | null): Answer<DrainResult> {
    return requireListener(this.#ksocket, "drain").drain(order ?? { timeout: DEFAULT_DRAIN_MS });
  }

  undrain(): null {
    requireListener(this.#ksocket, "undrain").undrain();
    return null;
  }
}

function bind(ksocket: MessagedKsocket, address: SocketAddress, context: CallContext): Answer<null> {
  const { node, connection, runtime } = ksocket;
  const socket = openSocket(ksocket, "bind");
  const what = `bind "${node.path}" to ${sockaddr.format(address)}`;
  const bindNow = (): null => {
    explain(node, { what, address }, () => {
      setMode(ksocket);
      if (socket.bind(address) === "deferred") context.defer();
      ksocket.client?.keep((other) => void other.bind(address));
    });
    if (!node.held) connection.startDatagrams();
    return null;
  };
  if (address.family !== "local" || ksocket.config.unlink === "never") return bindNow();
  const later = new Pending<null>();
  runtime.removeStale(address.path, (error) => {
    // Other errors are ignored here: bind itself reports best what is wrong with the path.
    try {
      if (error?.code === "EEXIST") throw taken(node, { what, address, cause: error });
      later.resolve(bindNow());
    } catch (error) {
      later.reject(error);
    }
  });
  return later;
}

function listen(ksocket: MessagedKsocket, backlog: number, context: CallContext): null {
  const { node, connection } = ksocket;
  const socket = openSocket(ksocket, "listen");
  const { local: address } = socket;
  const at = address === null ? "" : ` at ${sockaddr.format(address)}`;
  explain(node, { what: `listen on "${node.path}"${at}`, address }, () => {
    setMode(ksocket);
    prepareToShare(ksocket, socket);
    socket.listen(backlog);
  });
  if ((socket.backlogNote ?? null) !== null) context.leaveUnverified();
  node.log.settleDeferred();
  connection.phase = "listening";
  ksocket.listen(socket);
  return null;
}

/** Gives the socket new settings; a client that is connected uses them when it connects again. */
function configureTls(ksocket: MessagedKsocket, settings: TlsSettings): void {
  const { connection: { socket, phase }, config } = ksocket;
  if (socket?.endpoint.tls === true && (phase === "idle" || phase === "listening")) {
    socket.setTls?.(serverTls(settings, config), () => emitChanged(ksocket));
  }
  ksocket.tls = settings;
}

/** Sets the permissions of a local path, now or when it is created. */
function setMode(ksocket: MessagedKsocket): void {
  const { mode } = ksocket.config;
  const { socket } = ksocket.connection;
  if (mode !== undefined && socket?.endpoint.family === "local") socket.setPathMode(mode);
}

function accept(
  ksocket: MessagedKsocket,
  target: AcceptTarget | null,
  context: CallContext,
): Answer<AcceptReply | null> {
  const { node, connection, role } = ksocket;
  const { socket } = connection;
  if (socket !== null && !connects(socket.endpoint)) return acceptDatagrams(ksocket, socket, target);
  if (role.kind !== "listener" || connection.phase !== "listening") {
    throw new NetgraphError("EINVAL", `Cannot accept on "${node.path}": it does not listen`);
  }
  if (target !== null) {
    return role.arm(target);
  }
  const reply = role.once();
  reply.whenSettled((outcome) => {
    if (outcome.ok && outcome.value !== null) context.answerAs(toNodeId(outcome.value.nodeid));
  });
  // A topology does not wait for a client.
  return context.declared ? null : reply;
}

/** Each source of datagrams becomes a flow. */
function acceptDatagrams(
  ksocket: MessagedKsocket,
  socket: Socket,
  target: AcceptTarget | null,
): Answer<AcceptReply | null> {
  const { node, connection } = ksocket;
  const refuse = (code: "EINVAL" | "EISCONN", why: string): NetgraphError => {
    return new NetgraphError(code, `Cannot accept on "${node.path}": ${why}`);
  };
  if (target === null) throw refuse("EINVAL", "datagrams are accepted into a target only");
  if (connection.phase === "connected") throw refuse("EISCONN", "it is connected, and so has one source");
  if (connection.phase !== "idle") throw refuse("EINVAL", "it is connecting");
  if (socket.local === null) throw refuse("EINVAL", "it is not bound");
  if (target.overflow === "wait") {
    throw refuse("EINVAL", "datagrams cannot wait; overflow=refuse refuses new sources");
  }
  return ksocket.listen(socket).arm(target);
}

/** Rejected before a name is looked up: a stream connects once, and not while it is in use otherwise. */
function connect(ksocket: MessagedKsocket, address: ConnectAddress): Answer<number | null> {
  const { node, role, connection, client } = ksocket;
  const socket = openSocket(ksocket, "connect");
  if (connection.phase === "connecting") throw occupied(node, "EALREADY", "is connecting");
  if (role.kind === "listener") {
    if (connects(socket.endpoint)) throw occupied(node, "EOPNOTSUPP", "listens");
    if (role.busy) throw occupied(node, "EOPNOTSUPP", "has sessions");
    ksocket.stopListening();
  }
  if (client === null) throw occupied(node, "EISCONN", "is connected");
  return client.connect(socket, address);
}

function send(ksocket: MessagedKsocket, text: string): null {
  const socket = openSocket(ksocket, "send");
  if (ksocket.connection.phase !== "connected") {
    throw new NetgraphError("ENOTCONN", `Cannot send on "${ksocket.node.path}": it is not connected`);
  }
  const bytes = new Uint8Array(encodeText(text));
  ksocket.connection.carried.sent(bytes.length);
  socket.send({ buffer: new SharedBuffer(bytes), offset: 0, length: bytes.length }, null);
  return null;
}

function peerOf(ksocket: MessagedKsocket): SocketAddress {
  const { peer } = openSocket(ksocket, "getpeername");
  const through = ksocket.client?.peerBehindProxy ?? null;
  if (peer !== null && through !== null) return through;
  if (peer !== null) return peer;
  throw new NetgraphError("ENOTCONN", `Cannot read the peer of "${ksocket.node.path}": it is not connected`);
}

function requireListener({ node, role }: MessagedKsocket, message: string): Listener {
  if (role.kind === "listener") return role;
  throw new NetgraphError("EINVAL", `Cannot ${message} "${node.path}": it does not listen`);
}

function openSocket({ node, connection }: MessagedKsocket, message: string): Socket {
  const { socket, phase } = connection;
  if (socket !== null) return socket;
  const why = phase === "closed" ? "its socket has ended" : "it has no hook, and so no socket";
  throw new NetgraphError("ENXIO", `Cannot send "${message}" to "${node.path}": ${why}`);
}

/** The file exists: bind would only report that the address is in use. */
function taken(
  { path }: Node,
  { what, address, cause }: { what: string; address: SocketAddress; cause: NetgraphError },
): NetgraphError {
  const subject = { node: path, address: sockaddr.format(address) };
  const message = `Cannot ${what}: the path is a file or folder, not a socket`;
  return new NetgraphError("EADDRINUSE", message, { subject, cause });
}

/** Adds the failed action to an error of the runtime, which only has the reason. */
function explain(
  node: Node,
  { what, address }: { what: string; address: SocketAddress | null },
  act: () => void,
): void {
  try {
    act();
  } catch (error) {
    if (!(error instanceof NetgraphError)) throw error;
    const subject = { node: node.path, ...(address === null ? {} : { address: sockaddr.format(address) }) };
    // Errors of the system have the system's text; errors of a wrong state have the runtime's text, which repeats the
    // action.
    const outOfTurn = error.code === "EINVAL" || error.code === "EOPNOTSUPP";
    const why = outOfTurn
      ? error.message.slice(error.message.lastIndexOf(": ") + 1).trim()
      : error.code === "ENOENT" && address?.family === "local"
      ? `folder "${address.path.replace(/\/[^/]*$/, "") || "/"}" does not exist, or cannot hold sockets`
      : errorText(error.code);
    const advice = error.code === "EACCES" && address !== null ? adviseAccess(address) : "";
    throw new NetgraphError(error.code, `Cannot ${what}: ${why}${advice}`, { subject, cause: error });
  }
}

/** Ports that need a privilege of the system. */
const PRIVILEGED_PORTS = 1024;

function adviseAccess(address: SocketAddress): string {
  const low = (address.family === "inet" || address.family === "inet6") && address.port < PRIVILEGED_PORTS;
  return low ? `; a port below ${PRIVILEGED_PORTS} needs root or CAP_NET_BIND_SERVICE` : "";
}

/** The result of getsockname(2) for an unbound socket. */
function unnamed(socket: Socket): SocketAddress {
  const { family } = socket.endpoint;
  if (family === "inet6") return { family: "inet6", host: "::", port: 0, zone: null };
  return family === "local" ? { family: "local", path: "" } : { family: "inet", host: "0.0.0.0", port: 0 };
}
