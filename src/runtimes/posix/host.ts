/**
 * Shared by the sockets of one thread: the C library, the loop, read buffers, and the calls that need more than one
 * step.
 *
 * @module
 */

import { BufferPool, type SharedBuffer } from "../../buffer.ts";
import { NetgraphError } from "../../errors.ts";
import type { SocketAddress } from "../../socket/address.ts";
import { type Endpoint, familyNumber, formatEndpoint, typeNumber } from "../../socket/endpoint.ts";
import { optionKey, optionNumbers, optionOctets, type SocketOption, withOptionOctets } from "../../socket/option.ts";
import { optionSupport } from "../../socket/capability.ts";
import { socketKind } from "../../socket/kind.ts";
import { POSIX_CAPABILITIES } from "./capabilities.ts";
import { OPTIONS } from "../../socket/option_table.ts";
import { sockaddr } from "../../socket/address_text.ts";
import { DescriptorReserve } from "../host/descriptor_reserve.ts";
import { PathWatch } from "../host/path_watch.ts";
import { packSource } from "./asked_address.ts";
import { errnoError } from "./errno.ts";
import type { Libc } from "./library.ts";
import { withZoneOf } from "../core/endpoint_address.ts";
import { OpenSockets } from "../core/open_sockets.ts";
import type { SocketHost } from "../core/socket_host.ts";
import { TlsHost } from "../core/tls_host.ts";
import type { Poller, Watcher } from "./poller.ts";
import { Pipes } from "./pipes.ts";
import { alignedOctets, ReadBuffers } from "./read_buffers.ts";
import { ReceiveRoom } from "./receive_room.ts";
import { ReceiveBatch, type ReceiveBatchOptions } from "./receive_batch.ts";
import { SendBatch } from "./send_batch.ts";
import { ADDRESS_ROOM, AddressCodec, type PackedInet } from "./sockaddr.ts";
import type { System } from "./system.ts";

/** The room for the value of an unknown option. */
const OPTION_ROOM = 256;

/** The largest datagram of the local family that is received, in octets; Linux sends 208 KiB at most by default. */
export const LOCAL_SLOT_BYTES: number = 256 * 1024;

/** The number of them in one call. */
const LOCAL_MESSAGES = 16;

/** The parts that sockets use. */
export class PosixHost implements SocketHost {
  readonly libc: Libc;
  readonly system: System;
  readonly poller: Poller;
  readonly pool: BufferPool;
  /** The buffers into which streams read. */
  readonly readBuffers: ReadBuffers;
  /** The pipes through which bulk streams pass. */
  readonly pipes: Pipes;
  readonly tls: TlsHost;
  readonly addresses: AddressCodec;
  readonly descriptors: DescriptorReserve = new DescriptorReserve();
  readonly sockets: OpenSockets;
  /** A sender waits for all bytes that the system has not accepted. */
  readonly earlyBytes = 0;
  /** Watches the paths of local sockets. */
  readonly paths: PathWatch;
  /** Filled by calls that return an address. */
  readonly addressRoom: Uint8Array<ArrayBuffer> = new Uint8Array(ADDRESS_ROOM);
  readonly #packed = new WeakMap<SocketAddress, Uint8Array>();
  readonly #sources = new WeakMap<SocketAddress, Uint8Array>();
  #receiveBatch: ReceiveBatch | null = null;
  #wildcardBatch: ReceiveBatch | null = null;
  #localBatch: ReceiveBatch | null = null;
  #sendBatch: SendBatch | null = null;
  readonly #length = new Uint8Array(4);
  readonly #lengthWord = new Uint32Array(this.#length.buffer);
  /** Created on first use. */
  #tcpInfo: Uint8Array<ArrayBuffer> | null = null;
  readonly #value = new Uint8Array(OPTION_ROOM);
  readonly #valueWord = new Int32Array(this.#value.buffer, 0, 1);
  /** The room for received datagrams. */
  readonly receiveRoom: ReceiveRoom;
  #located: SharedBuffer | null = null;
  #locatedAt = 0;

  constructor(parts: { libc: Libc; system: System; poller: Poller }) {
    const { libc } = parts;
    this.libc = libc;
    this.receiveRoom = new ReceiveRoom(libc, parts.system);
    this.pool = new BufferPool({ allocate: (size) => alignedOctets(size, libc) });
    this.readBuffers = new ReadBuffers(this.pool);
    const { poller, system } = parts;
    this.pipes = new Pipes({ libc, system, clock: poller, close: (fd) => poller.closeLater(fd) });
    this.system = parts.system;
    this.poller = parts.poller;
    this.paths = new PathWatch(parts.poller);
    this.sockets = new OpenSockets((call) => parts.poller.later(call));
    this.tls = new TlsHost({ clock: parts.poller, pool: this.pool, later: (call) => parts.poller.later(call) });
    this.addresses = new AddressCodec(parts.libc, parts.system);
  }

  get clock(): Poller {
    return this.poller;
  }

  later(call: () => void): void {
    this.poller.later(call);
  }

  /** Watches the descriptor of a connection, or of a connect in progress. */
  watchConnection(fd: number, watcher: Watcher): void {
    const { EPOLLET, EPOLLIN, EPOLLOUT, EPOLLPRI, EPOLLRDHUP } = this.system.constants;
    this.poller.watch(fd, EPOLLIN | EPOLLOUT | EPOLLPRI | EPOLLRDHUP | EPOLLET, watcher);
  }

  /**
   * The address of a buffer in memory. Computing it costs more than sending a datagram, and most datagrams are in the
   * same buffer.
   */
  addressOf(buffer: SharedBuffer): number {
    if (buffer !== this.#located) {
      this.#located = buffer;
      this.#locatedAt = this.libc.addressOf(buffer.bytes);
    }
    return this.#locatedAt;
  }

  /** The room for received datagrams. */
  get receiveBatch(): ReceiveBatch {
    return this.#receiveBatch ??= this.#makeBatch({});
  }

  /** The room for received datagrams that may have been sent to any own address. */
  get wildcardBatch(): ReceiveBatch {
    return this.#wildcardBatch ??= this.#makeBatch({ reportsAsked: true });
  }

  /** The room for received datagrams of the local family, which may be larger than IP datagrams. */
  get localBatch(): ReceiveBatch {
    return this.#localBatch ??= this.#makeBatch({ slotBytes: LOCAL_SLOT_BYTES, messages: LOCAL_MESSAGES });
  }

  #makeBatch(options: ReceiveBatchOptions): ReceiveBatch {
    const { libc, system, addresses: codec } = this;
    return new ReceiveBatch({ libc, system, codec }, options);
  }

  /** The batch of datagrams to send. */
  get sendBatch(): SendBatch {
    this.#sendBatch ??= new SendBatch(this);
    return this.#sendBatch;
  }

  /**
   * An address in the system's form, cached as long as its object exists.
   *
   * @throws NetgraphError such as EAFNOSUPPORT, for an address that cannot be used
   */
  packedAddress(address: SocketAddress): Uint8Array {
    const known = this.#packed.get(address);
    if (known !== undefined) return known;
    const packed = this.addresses.pack(address);
    this.#packed.set(address, packed);
    return packed;
  }

  /**
   * The control message by which an answer to `address` is sent from the own address that the client used; null for
   * none.
   */
  packedSource(address: SocketAddress): Uint8Array | null {
    if (address.family !== "inet" && address.family !== "inet6" || address.asked === undefined) return null;
    const known = this.#sources.get(address);
    if (known !== undefined) return known;
    const packed = packSource(address.asked, { isInet: address.family === "inet", system: this.system });
    this.#sources.set(address, packed);
    return packed;
  }

  /** Makes the system report to which own address each datagram was sent. */
  reportAsked(fd: number, family: "inet" | "inet6"): void {
    const { IPPROTO_IP, IP_PKTINFO, IPPROTO_IPV6, IPV6_RECVPKTINFO } = this.system.constants;
    if (family === "inet") this.switchOn(fd, IPPROTO_IP, IP_PKTINFO);
    else this.switchOn(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO);
  }

  /**
   * Opens a descriptor that does not block and is closed on exec.
   *
   * @throws NetgraphError EAFNOSUPPORT, EPROTONOSUPPORT, EACCES, EMFILE …
   */
  openDescriptor(endpoint: Endpoint): number {
    const { SOCK_CLOEXEC, SOCK_NONBLOCK } = this.system.constants;
    const family = familyNumber(endpoint.family, this.system.numbering);
    if (family === null) {
      const message = `${openAction(endpoint)}: ${this.system.name} has no family "${endpoint.family}"`;
      throw new NetgraphError("EAFNOSUPPORT", message);
    }
    const type = typeNumber(endpoint.type) | SOCK_CLOEXEC | SOCK_NONBLOCK;
    const fd = this.libc.socket(family, type, endpoint.protocol);
    if (fd < 0) throw openError(errnoError(this.libc.errno(), openAction(endpoint)), endpoint);
    return fd;
  }

  /**
   * Binds a descriptor.
   *
   * @throws NetgraphError EADDRINUSE, EADDRNOTAVAIL, EACCES …
   */
  bindDescriptor(fd: number, address: SocketAddress): void {
    const packed = this.addresses.pack(address);
    if (this.libc.bind(fd, packed, packed.length) === 0) return;
    throw errnoError(this.libc.errno(), `Cannot bind ${sockaddr.format(address)}`);
  }

  /** True for protocols over TCP. */
  isTcp({ family, type, protocol }: Endpoint): boolean {
    return type === "stream" && family !== "local" &&
      (protocol === 0 || protocol === this.system.constants.IPPROTO_TCP);
  }

  /** True for protocols over UDP. */
  isUdp({ family, type, protocol }: Endpoint): boolean {
    return type === "dgram" && family !== "local" && (protocol === 0 || protocol === this.system.constants.IPPROTO_UDP);
  }

  /**
   * Accepts a connection of a listener, with its address in `addressRoom`; returns its descriptor, or -1 with errno
   * set.
   */
  acceptDescriptor(fd: number): number {
    const { SOCK_CLOEXEC, SOCK_NONBLOCK } = this.system.constants;
    this.#lengthWord[0] = ADDRESS_ROOM;
    return this.libc.accept(fd, this.addressRoom, this.#length, SOCK_CLOEXEC | SOCK_NONBLOCK);
  }

  /** The peer of the connection that was just accepted. */
  acceptedPeer(): SocketAddress | PackedInet {
    return this.addresses.unpackLater(this.addressRoom, this.#lengthWord[0] ?? 0);
  }

  /** The address that the last call wrote to `addressRoom`. */
  lastAddress(): SocketAddress {
    return this.addresses.unpack(this.addressRoom, this.#lengthWord[0] ?? 0);
  }

  /**
   * A descriptor's own address, null if it has none that can be expressed.
   *
   * @param bound the address that it was bound to, whose zone is used
   */
  localAddress(fd: number, bound: SocketAddress | null): SocketAddress | null {
    this.#lengthWord[0] = ADDRESS_ROOM;
    const result = this.libc.getLocalName(fd, this.addressRoom, this.#length);
    return result === 0 ? withZoneOf(bound, this.lastAddress()) : null;
  }

  /** Reads and clears the pending error of a descriptor; 0 for none. */
  takeError(fd: number): number {
    const { SOL_SOCKET, SO_ERROR } = this.system.constants;
    this.#lengthWord[0] = 4;
    const result = this.libc.getOption(fd, SOL_SOCKET, SO_ERROR, this.#value, this.#length);
    return result === 0 ? this.#valueWord[0] ?? 0 : this.libc.errno();
  }

  /** Bytes that a TCP connection's peer has acknowledged; null if the system does not report it. */
  ackedBytes(fd: number): number | null {
    const { IPPROTO_TCP, TCP_INFO, TCP_INFO_BYTES_ACKED } = this.system.constants;
    const info = this.#tcpInfo ??= new Uint8Array(TCP_INFO_BYTES_ACKED + 8);
    this.#lengthWord[0] = info.length;
    const result = this.libc.getOption(fd, IPPROTO_TCP, TCP_INFO, info, this.#length);
    if (result !== 0 || (this.#lengthWord[0] ?? 0) < info.length) return null;
    return Number(new DataView(info.buffer).getBigUint64(TCP_INFO_BYTES_ACKED, true));
  }

  /** Turns a switch on. It is not an error if that fails: the switch is ours, and was not requested. */
  switchOn(fd: number, level: number, name: number): void {
    this.#valueWord[0] = 1;
    this.libc.setOption(fd, level, name, this.#value, 4);
  }

  /** True if the system splits data sent by a UDP socket: one without this feature would send it whole. */
  canSegment(fd: number): boolean {
    const { IPPROTO_UDP, UDP_SEGMENT } = this.system.constants;
    this.#lengthWord[0] = 4;
    return this.libc.getOption(fd, IPPROTO_UDP, UDP_SEGMENT, this.#value, this.#length) === 0;
  }

  /** Makes closing a stream send a reset. */
  resetOnClose(fd: number): void {
    const { SOL_SOCKET, SO_LINGER } = this.system.constants;
    this.libc.setOption(fd, SOL_SOCKET, SO_LINGER, LINGER_NOT_AT_ALL, LINGER_NOT_AT_ALL.length);
  }

  /**
   * Sets an option.
   *
   * @throws NetgraphError ENOPROTOOPT, EINVAL, EPERM …
   */
  setOption(fd: number, endpoint: Endpoint, option: SocketOption): void {
    const { level, name } = this.#numbers(endpoint, option, "set");
    const octets = optionOctets(option);
    if (this.libc.setOption(fd, level, name, octets, octets.length) === 0) return;
    throw errnoError(this.libc.errno(), `Cannot set ${optionKey(option)}`);
  }

  /**
   * Reads an option.
   *
   * @throws NetgraphError ENOPROTOOPT …
   */
  getOption(fd: number, endpoint: Endpoint, asked: SocketOption): SocketOption {
    const { level, name } = this.#numbers(endpoint, asked, "get");
    const room = asked.option === null ? OPTION_ROOM : OPTIONS[asked.option]?.octets ?? OPTION_ROOM;
    this.#value.fill(0);
    this.#lengthWord[0] = room;
    if (this.libc.getOption(fd, level, name, this.#value, this.#length) < 0) {
      throw errnoError(this.libc.errno(), `Cannot read ${optionKey(asked)}`);
    }
    return withOptionOctets(asked, this.#value.slice(0, this.#lengthWord[0]));
  }

  /** The numbers of an option here. Every kernel rejects an option that such sockets do not have. */
  #numbers(endpoint: Endpoint, option: SocketOption, verb: "set" | "get"): { level: number; name: number } {
    const kind = socketKind(endpoint);
    const numbers = optionNumbers(option, this.system.numbering);
    const name = option.option;
    const has = name === null || optionSupport(POSIX_CAPABILITIES, kind, { name, verb }) !== "no";
    if (numbers !== null && has) return numbers;
    const message = `Cannot ${verb} ${optionKey(option)} on a socket of kind "${kind}" on ${this.system.name}`;
    throw new NetgraphError("ENOPROTOOPT", message);
  }
}

/** Linux has a code of its own for a type that a family does not have, where FreeBSD blames the protocol or its type. */
function openError(error: NetgraphError, endpoint: Endpoint): NetgraphError {
  if (error.code !== "ESOCKTNOSUPPORT") return error;
  const code = endpoint.protocol === 0 ? "EPROTOTYPE" : "EPROTONOSUPPORT";
  return new NetgraphError(code, error.message, { subject: error.subject, cause: error });
}

function openAction(endpoint: Endpoint): string {
  return `Cannot open "${formatEndpoint(endpoint)}"`;
}

/** `struct linger` with a time of 0. */
const LINGER_NOT_AT_ALL = new Uint8Array(new Int32Array([1, 0]).buffer);
