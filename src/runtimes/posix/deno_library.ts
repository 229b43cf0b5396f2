/**
 * The C library by `Deno.dlopen`; needs `--allow-ffi`, and for all paths: with the library's path alone Deno 2.9.6
 * opens it, but returns no pointers, which errno and messages need.
 *
 * @module
 */

import { NetgraphError } from "../../errors.ts";
import { systemErrorCode } from "../system_error.ts";
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

const TYPES: Readonly<Record<ParameterKind, "i32" | "u32" | "buffer">> = { i32: "i32", u32: "u32", array: "buffer" };

/**
 * Opens the C library. It stays open as long as the thread runs.
 *
 * @throws NetgraphError ENOSYS, ENOTCAPABLE
 */
export function openDenoLibc(system: System): Libc {
  let cause: unknown = null;
  for (const path of system.libraries) {
    try {
      return bind(path, system.errnoFunction);
    } catch (error) {
      if (systemErrorCode(error) === "ENOTCAPABLE") throw notCapable(error);
      cause = error;
    }
  }
  throw noLibrary(system, cause);
}

function bind(path: string, errnoFunction: string): Libc {
  const library = Deno.dlopen(path, functionTypes(SYMBOLS));
  const pointer = errnoPointer(path, errnoFunction);
  if (pointer === null) throw new TypeError("The C library does not return the address of errno");
  // An array at the address of errno: reading it makes no call that could change errno.
  const errno = new Int32Array(Deno.UnsafePointerView.getArrayBuffer(pointer, 4));
  let spawning: SpawnFunctions | null = null;
  return {
    ...libcFunctions(library.symbols),
    errno: () => errno[0] ?? 0,
    // V8 keeps the bytes of a small array in the object, which may move, until its `buffer` is read.
    addressOf: ({ buffer, byteOffset }) => Number(Deno.UnsafePointer.value(Deno.UnsafePointer.of(buffer))) + byteOffset,
    spawning: () => spawning ??= openSpawning(path),
    unload: () => library.close(),
  };
}

function openSpawning(path: string): SpawnFunctions {
  try {
    return spawnFunctions(Deno.dlopen(path, functionTypes(SPAWN_SYMBOLS)).symbols);
  } catch (error) {
    throw noSpawning(error);
  }
}

function errnoPointer(path: string, errnoFunction: string): Deno.PointerValue {
  const library = Deno.dlopen(path, { where: { name: errnoFunction, parameters: [], result: "pointer" } });
  try {
    return library.symbols.where();
  } finally {
    library.close();
  }
}

function functionTypes(symbols: Readonly<Record<string, Symbol>>): Record<string, Deno.ForeignFunction> {
  return Object.fromEntries(
    Object.values(symbols).map(({ name, parameters }) => {
      return [name, { parameters: parameters.map((kind) => TYPES[kind]), result: "i32" }];
    }),
  );
}

function notCapable(cause: unknown): NetgraphError {
  const message =
    'Cannot use runtime "posix": Deno was started without "--allow-ffi" for all paths; "deno run apply-posix" has it';
  return new NetgraphError("ENOTCAPABLE", message, { cause });
}
