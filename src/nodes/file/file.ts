/**
 * file: a file that is read, or to which received data is appended.
 *
 * Hooks: `io`. Messages: `open`, `getfile`.
 *
 * With `mode=read` the file is read from its beginning, and its end is an end of file. With `append` and `truncate`
 * received data is written in its order, and each datagram as it is. If the file was moved away, as logrotate(8) does,
 * the next data goes to a new one at its path, after half a second at most. Writing never blocks the graph: with more
 * than 256 KiB waiting, a stream is stopped, and above 1 MiB datagrams are dropped (`queue_full`). Data that cannot be
 * written, because the disk is full, is dropped and counted (`error`), and the node has the fault `FileFailed` until a
 * write succeeds. An end of file is answered with one after everything is written; the file stays open.
 *
 * @example Datagrams appended to a file
 * ```yaml
 * nodes:
 *   log: { type: ksocket, hook: inet/dgram/udp, messages: [bind: "inet/127.0.0.1:5140"] }
 *   disk: { type: file, messages: [open: { path: /var/log/messages.log, mode: append }] }
 * links: [[log, disk]]
 * ```
 *
 * @module
 */

import { SharedBuffer } from "../../buffer.ts";
import { NetgraphError } from "../../errors.ts";
import type { Graph } from "../../graph/core/graph.ts";
import type { Hook } from "../../graph/core/hook.ts";
import type { Item } from "../../graph/core/item.ts";
import { acquireItem, releaseItem, sendSign } from "../../graph/core/item_pool.ts";
import type { Handlers } from "../../graph/core/message.ts";
import type { Node } from "../../graph/core/node.ts";
import {
  type DeclaredNode,
  defineNodeType,
  type Finding,
  type NodeBehaviour,
  type NodeContext,
  type NodeType,
} from "../../graph/core/node_type.ts";
import { Pending } from "../../graph/core/pending.ts";
import type { Capabilities } from "../../socket/capability.ts";
import type { FileOwner, FileSpec, FileStream, FileStreams, FileWritten } from "../../socket/file_stream.ts";
import { oneOfHooks } from "../fixed_hooks.ts";
import { lackOfEnd } from "../lack_of_end.ts";
import { FILE_COMMANDS, type FileCommands, fileSpec } from "./file_commands.ts";

const HOOK = "io";
/** With more waiting bytes than this, a stream stops. */
const HIGH_WATER_BYTES = 256 * 1024;
/** With more, datagrams are dropped: their source cannot be stopped. */
const MAX_WAITING_BYTES = 1024 * 1024;

class File implements NodeBehaviour<FileCommands>, FileOwner {
  readonly #node: Node;
  readonly #graph: Graph;
  readonly #files: FileStreams | null;
  #hook: Hook | null = null;
  #spec: FileSpec | null = null;
  #file: FileStream | null = null;
  #opening: Pending<null> | null = null;
  #isOpen = false;
  #isReading = false;
  #isEnded = false;
  #isFull = false;
  #waitingBytes = 0;
  /** An end of file is answered once everything is written. */
  #owesEnd = false;
  #octets = 0;
  #lost = 0;

  readonly commands: Handlers<FileCommands> = {
    open: (args) => this.#begin(fileSpec(args)),
    getfile: () => ({
      path: this.#spec?.path ?? "",
      state: this.#isEnded ? "ended" : this.#isOpen ? "open" : "idle",
      octets: BigInt(this.#octets),
      lost: BigInt(this.#lost),
    }),
  };

  constructor({ node, graph }: NodeContext, files: FileStreams | null) {
    this.#node = node;
    this.#graph = graph;
    this.#files = files;
  }

  addHook(hook: Hook): void {
    this.#hook = hook;
  }

  hookConnected(): void {
    this.#read();
  }

  hookRemoved(): void {
    this.#hook = null;
  }

  released(): void {
    this.#read();
  }

  receive(hook: Hook, item: Item): void | false {
    if (item.kind === "eof") return this.#answerEnd();
    if (item.kind !== "data") return;
    if (this.#file === null || this.#spec === null || this.#spec.use === "read") {
      item.refusal = "EBADF";
      return hook.drop("no_destination", item.length);
    }
    if (item.whole && this.#waitingBytes + item.length > MAX_WAITING_BYTES) {
      item.refusal = "ENOBUFS";
      return hook.drop("queue_full", item.length);
    }
    this.#waitingBytes += item.length;
    this.#file.write(item.buffer.bytes.slice(item.offset, item.offset + item.length));
    if (this.#waitingBytes < HIGH_WATER_BYTES) return;
    this.#isFull = true;
    return false;
  }

  resumed(): void {
    this.#read();
  }

  held(): number {
    return this.#waitingBytes + (this.#owesEnd ? 1 : 0);
  }

  shutdown(): Pending<null> | void {
    const file = this.#file;
    this.#file = null;
    if (file === null) return;
    const released = new Pending<null>();
    file.close(() => released.resolve(null));
    return released;
  }

  // The file

  opened(): void {
    this.#isOpen = true;
    this.#opening?.resolve(null);
    this.#read();
  }

  openFailed(error: NetgraphError): void {
    const file = this.#file;
    this.#file = null;
    this.#spec = null;
    file?.close(() => {});
    this.#opening?.reject(error);
  }

  received(octets: Uint8Array<ArrayBuffer>): void {
    this.#isReading = false;
    this.#octets += octets.length;
    const hook = this.#hook;
    if (hook === null) return;
    const item = acquireItem().carry(new SharedBuffer(octets), 0, octets.length);
    const taken = hook.send(item);
    releaseItem(item);
    if (taken !== false) this.#read();
  }

  ended(error: NetgraphError | null): void {
    this.#isEnded = true;
    if (error === null) return sendSign(this.#hook, "eof");
    this.#node.reportOutcome({ reason: "FileFailed", code: error.code, message: error.message });
    this.#fail(error);
    sendSign(this.#hook, "abort", "error");
  }

  wrote({ bytes, lostBytes, error }: FileWritten): void {
    this.#waitingBytes -= bytes + lostBytes;
    this.#octets += bytes;
    this.#lost += lostBytes;
    if (lostBytes > 0) this.#hook?.dropKept("error", lostBytes);
    this.#node.reportOutcome(
      error === null ? null : { reason: "FileFailed", code: error.code, message: error.message },
    );
    if (this.#isFull && this.#waitingBytes < HIGH_WATER_BYTES) {
      this.#isFull = false;
      this.#hook?.resume();
    }
    if (this.#owesEnd) this.#answerEnd();
  }

  #begin(spec: FileSpec): Pending<null> {
    const { path } = spec;
    if (this.#spec !== null) {
      throw new NetgraphError("EALREADY", `Cannot open "${path}": "${this.#node.path}" has a file already`);
    }
    if (!path.startsWith("/") || path.includes("\0")) {
      throw new NetgraphError("EINVAL", `Cannot open "${path}": the path is not absolute`);
    }
    if (this.#files === null) throw new NetgraphError("EOPNOTSUPP", `Cannot open "${path}": this runtime has no files`);
    const opening = new Pending<null>();
    this.#opening = opening;
    this.#spec = spec;
    this.#file = this.#files.open(spec, this);
    return opening;
  }

  /** Reads one more piece, if there is a receiver for it. */
  #read(): void {
    if (!this.#isOpen || this.#isReading || this.#isEnded || this.#spec?.use !== "read") return;
    if (this.#hook === null || this.#node.held) return;
    this.#isReading = true;
    this.#file?.more();
  }

  /** A read file ends its stream at its own end. */
  #answerEnd(): void {
    if (this.#spec?.use === "read" && !this.#isEnded) return;
    this.#owesEnd = this.#waitingBytes > 0;
    if (!this.#owesEnd) sendSign(this.#hook, "eof");
  }

  #fail(error: NetgraphError): void {
    const { name, origin: { scope } } = this.#node;
    if (name === null) return;
    const data = error.toData();
    this.#node.fail(data, "error");
    this.#graph.emit({ kind: "failed", topology: scope, node: name, reason: "error", error: data });
    this.#graph.emit({ kind: "changed", scope });
  }
}

/** The problems of a declared file. */
function checkFile({ messages }: DeclaredNode, capabilities: Capabilities): readonly Finding[] {
  const lack = lackOfEnd("file", capabilities);
  const findings: Finding[] = lack === null ? [] : [lack];
  messages.forEach(({ command, args }, messageIndex) => {
    if (command !== "open" || typeof args !== "object" || args === null || !("path" in args)) return;
    const { path } = args;
    if (typeof path !== "string" || path.startsWith("/")) return;
    findings.push({
      severity: "error",
      code: "relative-path",
      message: `Path "${path}" of the file is not absolute`,
      messageIndex,
      path: ["path"],
      hint: "write it from / on",
    });
  });
  return findings;
}

/** The type of file nodes; `files` is null if only the facts are needed, or where there are no files. */
export function fileType(capabilities: Capabilities, files: FileStreams | null): NodeType<FileCommands> {
  return defineNodeType({
    name: "file",
    summary: "A file that is read, or to which data is appended",
    cookie: 1_796_000_002,
    commands: FILE_COMMANDS,
    hooks: [{ pattern: HOOK, summary: "Data from here is written; the content of a read file leaves here" }],
    parseHook: oneOfHooks("file", [HOOK]),
    automaticHook: (taken: ReadonlySet<string>): string | null => taken.has(HOOK) ? null : HOOK,
    flow: () => "any",
    outside: true,
    check: (node: DeclaredNode): readonly Finding[] => checkFile(node, capabilities),
    create: (context) => new File(context, files),
  });
}
