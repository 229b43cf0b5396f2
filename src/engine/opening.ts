/**
 * Opening a graph or an engine from a program: by the name of a socket runtime of this host.
 *
 * @module
 */

import { detectRuntime } from "../runtimes/detect.ts";
import type { Runtime } from "../runtimes/runtime.ts";
import type { RuntimeName } from "../socket/capability.ts";
import { openGraph, type PlacedGraph } from "./open_graph.ts";
import { loadExtraTypes, type TypeSource } from "./worker/node_modules.ts";
import { socketRuntimeName } from "./node_catalog.ts";

/** A graph over a socket runtime of this host. */
export interface OpeningByName {
  /** The name of the runtime; the host's default if absent. */
  readonly runtime?: RuntimeName;
  /** Additional node types: URLs of modules that export them; if the graph is in this thread, also the types. */
  readonly types?: readonly TypeSource[];
}

/** Opens one. */
export async function openByName(
  { runtime, types = [] }: OpeningByName,
): Promise<{ readonly machine: Runtime; readonly graph: PlacedGraph }> {
  const machine = await detectRuntime();
  const extra = await loadExtraTypes(types);
  return {
    machine,
    graph: await openGraph(machine, socketRuntimeName(machine, runtime ?? null), { extra, here: true }),
  };
}
