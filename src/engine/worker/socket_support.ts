/**
 * The capabilities of all socket runtimes, including those that this host does not offer: for `doctor`.
 *
 * @module
 */

import type { NodeType } from "../../graph/core/node_type.ts";
import { describeBuiltinTypes } from "../../nodes/builtin.ts";
import { BUN_CAPABILITIES } from "../../runtimes/bun/capabilities.ts";
import { DENO_CAPABILITIES } from "../../runtimes/deno/capabilities.ts";
import { MEMORY_CAPABILITIES } from "../../runtimes/memory/capabilities.ts";
import { POSIX_CAPABILITIES } from "../../runtimes/posix/capabilities.ts";
import {
  type Capabilities,
  type Feature,
  FEATURES,
  featureSupport,
  RUNTIME_NAMES,
  type RuntimeName,
  SOCKET_KINDS,
  type SocketKind,
  type Support,
} from "../../socket/capability.ts";

/** A kind of socket on one runtime. */
export interface KindSupport {
  readonly features: Readonly<Record<string, Support>>;
  /** Options by C name, which can be set. */
  readonly settable: readonly string[];
}

/** One runtime. */
export interface RuntimeSupport {
  readonly runtime: RuntimeName;
  readonly kinds: Readonly<Record<string, KindSupport>>;
}

const TABLES: Readonly<Record<RuntimeName, Capabilities>> = {
  deno: DENO_CAPABILITIES,
  bun: BUN_CAPABILITIES,
  posix: POSIX_CAPABILITIES,
  memory: MEMORY_CAPABILITIES,
};

/** The capabilities of all runtimes in this process, in the order of listings. */
export function socketSupport(): readonly RuntimeSupport[] {
  return RUNTIME_NAMES.map((runtime) => {
    return { runtime, kinds: Object.fromEntries(SOCKET_KINDS.map((kind) => [kind, kindSupport(runtime, kind)])) };
  });
}

/** The node types for a runtime, even if this host does not offer it. */
export function typesOn(runtime: RuntimeName): readonly NodeType[] {
  return describeBuiltinTypes(TABLES[runtime]);
}

function kindSupport(runtime: RuntimeName, kind: SocketKind): KindSupport {
  const table = TABLES[runtime];
  const options = Object.entries(table.options[kind]);
  const support = (name: Feature): Support => {
    return name === "tls" && table.tlsLack !== null ? "no" : featureSupport(table, kind, name);
  };
  return {
    features: Object.fromEntries(FEATURES.map((name) => [name, support(name)])),
    settable: options.filter(([, { set }]) => set !== "no").map(([name]) => name),
  };
}
