/**
 * The messages between the engine's thread and the graph's.
 *
 * @module
 */

import type { ErrorData } from "../../errors.ts";
import type { Share } from "../../graph/data/share.ts";
import type { FromGraph, ToGraph } from "../../graph/port/port_message.ts";
import type { FileEvent, FileRequest } from "./file_channel.ts";
import type { StdioEvent, StdioRequest } from "./stdio_channel.ts";
import type { SocketAddress } from "../../socket/address.ts";

/** A host name that a graph's thread over `posix` needs. */
export interface LookupRequest {
  readonly family: "inet" | "inet6";
  readonly name: string;
  readonly port: number;
}

/** The first message to a graph's thread. */
export interface WorkerBeginning {
  /** Its index among several graphs that act as one. */
  readonly share: Share;
  /** The modules of node types beside the built-in ones. */
  readonly modules: readonly string[];
  /** True when it may ask for standard input and output. */
  readonly stdio: boolean;
  /** The keys of TLS tickets that it has in common with other threads; null: it makes its own. */
  readonly ticketKeys: Uint8Array<ArrayBuffer> | null;
}

/** To the graph's thread. Each but the first is followed by one write to its wake counter, if it has one. */
export type ToWorker =
  /** Sent first: there is no graph before. */
  | { readonly kind: "begin"; readonly beginning: WorkerBeginning }
  | { readonly kind: "call"; readonly message: ToGraph }
  | { readonly kind: "found"; readonly id: number; readonly addresses: readonly SocketAddress[] }
  | { readonly kind: "not-found"; readonly id: number; readonly error: ErrorData }
  | { readonly kind: "stdio"; readonly event: StdioEvent }
  | { readonly kind: "file"; readonly event: FileEvent }
  | { readonly kind: "stop" };

/** From the graph's thread. */
export type FromWorker =
  /** The graph exists. `wakeFd` is its wake counter; null if the host's loop receives messages. */
  | { readonly kind: "ready"; readonly wakeFd: number | null }
  | { readonly kind: "messages"; readonly messages: readonly FromGraph[] }
  | { readonly kind: "stdio"; readonly act: StdioRequest }
  | { readonly kind: "file"; readonly request: FileRequest }
  | { readonly kind: "lookup"; readonly id: number; readonly desired: LookupRequest }
  /** Everything is released; no message follows. */
  | { readonly kind: "stopped" }
  /** An internal error, or an error of starting the graph; no message follows. */
  | { readonly kind: "fault"; readonly error: ErrorData };
