/**
 * What the engine's thread and the graph's say to each other.
 *
 * @module
 */

import type { ErrorData } from "../../errors.ts";
import type { Share } from "../../graph/data/share.ts";
import type { FromGraph, ToGraph } from "../../graph/port/port_message.ts";
import type { StdioAct, StdioNews } from "./stdio_channel.ts";
import type { SocketAddress } from "../../socket/address.ts";

/** A host name that the graph's thread wants to be looked up. */
export interface WantedName {
  readonly family: "inet" | "inet6";
  readonly name: string;
  readonly port: number;
}

/** What a graph's thread begins with. */
export interface WorkerBeginning {
  /** Which of several graphs that stand for one it is. */
  readonly share: Share;
  /** The modules of node types beside the built-in ones. */
  readonly modules: readonly string[];
  /** True when it may ask for standard input and output. */
  readonly stdio: boolean;
}

/** To the graph's thread. Each but the first is followed by one write to its wake counter. */
export type ToWorker =
  /** Comes first: there is no graph before. */
  | { readonly kind: "begin"; readonly beginning: WorkerBeginning }
  | { readonly kind: "call"; readonly message: ToGraph }
  | { readonly kind: "found"; readonly id: number; readonly addresses: readonly SocketAddress[] }
  | { readonly kind: "not-found"; readonly id: number; readonly error: ErrorData }
  | { readonly kind: "stdio"; readonly news: StdioNews }
  | { readonly kind: "stop" };

/** From the graph's thread. */
export type FromWorker =
  /** It listens, and wants to know what to begin with. */
  | { readonly kind: "hello" }
  /** The graph is there; `wakeFd` is its wake counter. */
  | { readonly kind: "ready"; readonly wakeFd: number }
  | { readonly kind: "messages"; readonly messages: readonly FromGraph[] }
  | { readonly kind: "stdio"; readonly act: StdioAct }
  | { readonly kind: "lookup"; readonly id: number; readonly desired: WantedName }
  /** Everything is given back; nothing follows. */
  | { readonly kind: "stopped" }
  /** An error that is nobody's fault but ours, or what keeps the graph from starting; nothing follows. */
  | { readonly kind: "fault"; readonly error: ErrorData };
