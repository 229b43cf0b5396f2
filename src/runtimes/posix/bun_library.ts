/**
 * The C library by `bun:ffi`, whose types are declared here because Deno's type checker does not have Bun's types.
 *
 * @module
 */

import {
  type Libc,
  libcFunctions,
  noLibrary,
  noSpawning,
  type ParameterKind,
  SPAWN_SYMBOLS,
  type SpawnFunctions,
  spawnFunctions,
  type Symbol,
  SYMBOLS,
} from "./library.ts";
import type { System } from "./system.ts";

interface FunctionType {
  readonly args: readonly string[];
  readonly returns: string;
}

interface BunFfi {
  dlopen(path: string, functions: Readonly<Record<string, FunctionType>>): {
    readonly symbols: Readonly<Record<string, unknown>>;
    close(): void;
  };
  ptr(bytes: ArrayBufferLike): number;
  readonly read: { i32(pointer: number, offset: number): number };
}

const TYPES: Readonly<Record<ParameterKind, string>> = { i32: "i32", u32: "u32", array: "ptr" };

/**
 * Opens the C library. It stays open as long as the thread runs.
 *
 * @throws NetgraphError ENOSYS
 */
export async function openBunLibc(system: System): Promise<Libc> {
  const specifier = "bun:ffi"; // Not a literal: Deno would try to resolve it.
  const ffi: BunFfi = await import(specifier);
  let cause: unknown = null;
  for (const path of system.libraries) {
    try {
      return bind(ffi, path, system.errnoFunction);
    } catch (error) {
      cause = error;
    }
  }
  throw noLibrary(system, cause);
}

function bind(ffi: BunFfi, path: string, errnoFunction: string): Libc {
  const types = { ...functionTypes(SYMBOLS), [errnoFunction]: { args: [], returns: "ptr" } };
  const library = ffi.dlopen(path, types);
  const where = library.symbols[errnoFunction];
  if (typeof where !== "function") throw new TypeError("The C library does not return the address of errno");
  const pointer: number = where();
  let spawning: SpawnFunctions | null = null;
  return {
    ...libcFunctions(library.symbols),
    errno: () => ffi.read.i32(pointer, 0),
    addressOf: ({ buffer, byteOffset }) => ffi.ptr(buffer) + byteOffset,
    spawning: () => spawning ??= openSpawning(ffi, path),
    unload: () => library.close(),
  };
}

function openSpawning(ffi: BunFfi, path: string): SpawnFunctions {
  try {
    return spawnFunctions(ffi.dlopen(path, functionTypes(SPAWN_SYMBOLS)).symbols);
  } catch (error) {
    throw noSpawning(error);
  }
}

function functionTypes(symbols: Readonly<Record<string, Symbol>>): Record<string, FunctionType> {
  return Object.fromEntries(
    Object.values(symbols).map(({ name, parameters }) => {
      return [name, { args: parameters.map((kind) => TYPES[kind]), returns: "i32" }];
    }),
  );
}
