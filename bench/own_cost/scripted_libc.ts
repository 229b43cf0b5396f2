/**
 * A C library without a kernel: clients, servers and datagrams that follow a script, so that only our own code is
 * measured. It counts the calls, which are the same in every run.
 *
 * @module
 */

import { type Libc, type LibcFunctions, libcFunctions, SYMBOLS } from "../../src/runtimes/posix/library.ts";
import type { System } from "../../src/runtimes/posix/system.ts";

/** What the clients and the servers behind the relay do. */
export interface Script {
  /** The client sends the next request when it has its response, and never ends. Otherwise the server ends first. */
  readonly keepAlive: boolean;
  /** The length of a request, and of a datagram. */
  readonly requestBytes: number;
  readonly responseBytes: number;
}

/** The client's end of an accepted connection, or the end of a server that the relay has connected to. */
interface Descriptor {
  readonly isClient: boolean;
  readable: number;
  ended: boolean;
}

/** The number of bytes up to which an array can contain addresses: the room of messages, and no buffer. */
const MAX_NAMES_BYTES = 16 * 1024;
const HIGH_WORD = 2 ** 32;
const ENOSYS = 38;
/** The part of a socket's type without its flags, and the number of datagrams (SOCK_DGRAM). */
const SOCKET_TYPE_BITS = 0xf;
const DATAGRAMS = 2;
const CALLED = [
  "socket",
  "accept",
  "connect",
  "setOption",
  "receive",
  "send",
  "shutdown",
  "close",
  "receiveMany",
  "sendMany",
  "epollControl",
  "epollWait",
  "getLocalName",
  "getOption",
] as const;

/** The calls that the rows show. */
export type CalledName = typeof CALLED[number];

/** A scripted C library. */
export class ScriptedLibc {
  /** The library for the runtime. */
  readonly libc: Libc;
  /** The number of each call. */
  readonly calls: Record<CalledName, number>;
  /** Clients that have connected and are not accepted. */
  waitingClients = 0;
  /** Datagrams that wait at the first socket of datagrams. */
  waitingDatagrams = 0;
  /** True: clients send nothing after their response. */
  isQuiet = false;
  accepted = 0;
  closed = 0;
  /** Requests that have reached a server. */
  requests = 0;
  sentDatagrams = 0;
  readonly #script: Script;
  readonly #system: System;
  readonly #descriptors: (Descriptor | undefined)[] = [];
  readonly #free: number[] = [];
  readonly #datagramSockets = new Set<number>();
  readonly #arrays: (Uint8Array | null)[] = [];
  /** The message structs of the last call, in words. */
  #words: Uint32Array = new Uint32Array(0);
  #listener = -1;
  #datagramSocket = -1;
  #errno = 0;
  /** Pairs of descriptor and events. */
  #events: number[] = [];
  #spareEvents: number[] = [];

  constructor(script: Script, system: System) {
    this.#script = script;
    this.#system = system;
    // The first numbers are those of a program's standard streams, epoll and so on.
    this.#descriptors.length = 10;
    this.calls = {
      socket: 0,
      accept: 0,
      connect: 0,
      setOption: 0,
      receive: 0,
      send: 0,
      shutdown: 0,
      close: 0,
      receiveMany: 0,
      sendMany: 0,
      epollControl: 0,
      epollWait: 0,
      getLocalName: 0,
      getOption: 0,
    };
    this.libc = this.#functions();
  }

  /** The number of all calls. */
  get callCount(): number {
    return CALLED.reduce((sum, name) => sum + this.calls[name], 0);
  }

  /** Connects clients; returns once the relay can accept them. */
  connectClients(count: number): void {
    this.waitingClients = count;
    this.#report(this.#listener, this.#system.constants.EPOLLIN);
  }

  /** Sends datagrams to the relay. */
  sendDatagrams(count: number): void {
    this.waitingDatagrams = count;
    this.#report(this.#datagramSocket, this.#system.constants.EPOLLIN);
  }

  #functions(): Libc {
    const { EPOLLIN, EPOLLOUT, EPOLLRDHUP, EAGAIN, EINPROGRESS, AF_INET } = this.#system.constants;
    const { calls } = this;
    const fail = (errno: number): number => {
      this.#errno = errno;
      return -1;
    };
    // What no script needs fails, as on a system without it.
    const missing = Object.values(SYMBOLS).map(({ name }) => [name, () => fail(ENOSYS)]);
    const functions: LibcFunctions = {
      ...libcFunctions(Object.fromEntries(missing)),
      socket: (_family, type) => {
        calls.socket++;
        const fd = this.#open({ isClient: false, readable: 0, ended: false });
        if ((type & SOCKET_TYPE_BITS) === DATAGRAMS) this.#datagramSockets.add(fd);
        return fd;
      },
      bind: (fd) => {
        this.#datagramSocket = fd;
        return 0;
      },
      listen: (fd) => {
        this.#listener = fd;
        return 0;
      },
      accept: (_fd, address) => {
        calls.accept++;
        if (this.waitingClients === 0) return fail(EAGAIN);
        this.waitingClients--;
        this.accepted++;
        const fd = this.#open({ isClient: true, readable: this.#script.requestBytes, ended: false });
        writeAddress(address, AF_INET, { offset: 0, port: 0x8000 + fd % 0x4000 });
        this.#report(fd, EPOLLIN | EPOLLOUT);
        return fd;
      },
      connect: (fd) => {
        calls.connect++;
        if (this.#datagramSockets.has(fd)) return 0;
        this.#report(fd, EPOLLOUT);
        return fail(EINPROGRESS);
      },
      shutdown: (fd) => {
        calls.shutdown++;
        const end = this.#descriptors[fd];
        if (end?.isClient !== true) return 0;
        // The client has its response, and ends too.
        end.ended = true;
        this.#report(fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP);
        return 0;
      },
      close: (fd) => {
        calls.close++;
        if (this.#descriptors[fd] === undefined) return 0;
        this.#descriptors[fd] = undefined;
        this.#free.push(fd);
        this.closed++;
        return 0;
      },
      receive: (fd) => {
        calls.receive++;
        const end = this.#descriptors[fd];
        if (end === undefined) return 0;
        const { readable } = end;
        if (readable === 0) return end.ended ? 0 : fail(EAGAIN);
        end.readable = 0;
        return readable;
      },
      send: (fd, _bytes, length) => {
        calls.send++;
        const end = this.#descriptors[fd];
        const { keepAlive, requestBytes, responseBytes } = this.#script;
        if (end === undefined) return length;
        if (!end.isClient) {
          this.requests++;
          end.readable = responseBytes;
          end.ended = !keepAlive;
          this.#report(fd, EPOLLIN | EPOLLOUT | (keepAlive ? 0 : EPOLLRDHUP));
        } else if (keepAlive && !this.isQuiet) {
          end.readable = requestBytes;
          this.#report(fd, EPOLLIN | EPOLLOUT);
        }
        return length;
      },
      receiveMany: (_fd, messages, count) => {
        calls.receiveMany++;
        const length = Math.min(count, this.waitingDatagrams);
        if (length === 0) return fail(EAGAIN);
        this.waitingDatagrams -= length;
        for (let index = 0; index < length; index++) this.#writeDatagram(messages, index);
        return length;
      },
      sendMany: (_fd, _messages, count) => {
        calls.sendMany++;
        this.sentDatagrams += count;
        return count;
      },
      epollControl: () => {
        calls.epollControl++;
        return 0;
      },
      epollWait: (_epoll, room, count) => {
        calls.epollWait++;
        return this.#writeEvents(room, count);
      },
      setOption: () => {
        calls.setOption++;
        return 0;
      },
      changeMode: () => 0,
      getLocalName: (_fd, address) => {
        calls.getLocalName++;
        writeAddress(address, AF_INET, { offset: 0, port: 7000 });
        return 0;
      },
      getPeerName: () => 0,
      // No socket splits datagrams: each is a message that is counted.
      getOption: () => {
        calls.getOption++;
        return -1;
      },
      interfaceNumber: () => 0,
      interfaceName: () => 0,
      epollCreate: () => 3,
      eventfd: () => 4,
      read: () => -1,
      write: () => 8,
    };
    return {
      ...functions,
      errno: () => this.#errno,
      addressOf: (bytes) => {
        this.#arrays.push(bytes.length <= MAX_NAMES_BYTES ? bytes : null);
        return this.#arrays.length * HIGH_WORD;
      },
      unload: () => {},
    };
  }

  #open(descriptor: Descriptor): number {
    const fd = this.#free.pop() ?? this.#descriptors.length;
    this.#descriptors[fd] = descriptor;
    return fd;
  }

  #report(fd: number, events: number): void {
    this.#events.push(fd, events);
  }

  #writeEvents(room: Uint8Array, most: number): number {
    const { words, dataWord } = this.#system.epollEvent;
    const target = new Int32Array(room.buffer, room.byteOffset, room.length >> 2);
    const events = this.#events;
    this.#events = this.#spareEvents;
    const count = Math.min(most, events.length / 2);
    for (let index = 0; index < count; index++) {
      target[index * words] = events[index * 2 + 1] ?? 0;
      target[index * words + dataWord] = events[index * 2] ?? 0;
    }
    for (let at = count * 2; at < events.length; at++) this.#events.push(events[at] ?? 0);
    events.length = 0;
    this.#spareEvents = events;
    return count;
  }

  /** Fills in the length of a received datagram, and its source: one of 16. */
  #writeDatagram(messages: Uint8Array, index: number): void {
    const { message, constants: { AF_INET } } = this.#system;
    if (this.#words.buffer !== messages.buffer) this.#words = new Uint32Array(messages.buffer);
    const words = this.#words;
    const at = index * message.size;
    const offset = words[(at + message.name) / 4] ?? 0;
    const array = this.#arrays[(words[(at + message.name) / 4 + 1] ?? 0) - 1] ?? null;
    if (array !== null) writeAddress(array, AF_INET, { offset, port: 0x8000 + index % 16 });
    words[(at + message.nameLength) / 4] = ADDRESS_BYTES;
    words[(at + message.flags) / 4] = 0;
    words[(at + message.length) / 4] = this.#script.requestBytes;
  }
}

const ADDRESS_BYTES = 16;

/** `struct sockaddr_in` of 127.0.0.1. */
function writeAddress(room: Uint8Array, family: number, { offset, port }: { offset: number; port: number }): void {
  room[offset] = family & 0xff;
  room[offset + 1] = family >> 8;
  room[offset + 2] = port >> 8;
  room[offset + 3] = port & 0xff;
  room[offset + 4] = 127;
  room[offset + 5] = 0;
  room[offset + 6] = 0;
  room[offset + 7] = 1;
}
