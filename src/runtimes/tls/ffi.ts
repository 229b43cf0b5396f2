/**
 * Functions of C libraries other than libc, by Deno's or Bun's foreign function interface: one set of declarations for
 * both. Everything is synchronous, because a thread that blocks in epoll runs no promise.
 *
 * @module
 */

import process from "node:process";
import { NetgraphError } from "../../errors.ts";
import { systemErrorCode } from "../system_error.ts";

/**
 * How a value is passed: `bytes` is an array that is valid during the call, or null; `pointer` an opaque address;
 * `function` a result of {@linkcode Ffi.callback}. A C `long` is declared as `i32` if it is a result.
 */
export type Kind = "i32" | "u32" | "i64" | "u64" | "pointer" | "bytes" | "function" | "void";

/** A function: its result, then its parameters. */
export type Signature = readonly [result: Kind, ...parameters: Kind[]];

/** An address: an object on Deno, a number on Bun. */
export type Pointer = object | number | null;

/** A function that C calls on this thread during a call. */
export type Callback = (...values: unknown[]) => number;

/** The foreign function interface of this thread. */
export interface Ffi {
  /**
   * Opens a library. It stays open as long as the thread runs.
   *
   * @throws the error of the host if the library cannot be opened
   */
  open(path: string, signatures: Readonly<Record<string, Signature>>): Readonly<Record<string, unknown>>;
  /** Creates a function that C can call; valid until the thread ends. */
  callback(signature: Signature, call: Callback): Pointer;
  /** A copy of the bytes at an address. */
  bytesAt(pointer: Pointer, length: number): Uint8Array<ArrayBuffer>;
  /** The text up to the NUL at an address. */
  textAt(pointer: Pointer): string;
  /** Writes at an address that C passed. */
  write(pointer: Pointer, bytes: Uint8Array): void;
  /** The address of the first byte of an array, which must be kept alive. */
  addressOf(bytes: Uint8Array<ArrayBuffer>): bigint;
  /** The address of that number. */
  pointer(address: bigint): Pointer;
  /** The number of an address; 0 for null. */
  numberOf(pointer: Pointer): number;
}

/** True for a value that a host passes as an address. */
export function isPointer(value: unknown): value is Pointer {
  return typeof value === "object" || typeof value === "number";
}

/** True for NULL, on both hosts. */
export function isNull(pointer: Pointer): boolean {
  return pointer === null || pointer === 0;
}

/** Text as a C string. */
export function cString(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${text}\0`);
}

/**
 * The foreign function interface of this host.
 *
 * @throws NetgraphError ENOTCAPABLE if Deno was started without `--allow-ffi` for all paths
 */
export function openFfi(): Ffi {
  return "Deno" in globalThis ? denoFfi() : bunFfi();
}

const DENO_TYPES: Readonly<Record<Exclude<Kind, "void">, Deno.NativeType>> = {
  i32: "i32",
  u32: "u32",
  i64: "i64",
  u64: "u64",
  pointer: "pointer",
  bytes: "buffer",
  function: "function",
};

function denoFfi(): Ffi {
  if (Deno.permissions.querySync({ name: "ffi" }).state !== "granted") {
    throw new NetgraphError("ENOTCAPABLE", 'Deno was started without "--allow-ffi" for all paths');
  }
  // Callbacks live as long as the thread: C may call them at any time.
  const kept: unknown[] = [];
  const view = (pointer: Pointer, length: number): ArrayBuffer => {
    return Deno.UnsafePointerView.getArrayBuffer(denoPointer(pointer), length);
  };
  return {
    open(path, signatures) {
      const symbols = Object.entries(signatures).map(([name, signature]) => [name, denoSignature(signature)] as const);
      return Deno.dlopen(path, Object.fromEntries(symbols)).symbols;
    },
    callback(signature, call) {
      const made = new Deno.UnsafeCallback<Deno.UnsafeCallbackDefinition>(denoSignature(signature), call);
      kept.push(made);
      return made.pointer;
    },
    bytesAt: (pointer, length) => new Uint8Array(view(pointer, length)).slice(),
    textAt: (pointer) => Deno.UnsafePointerView.getCString(denoPointer(pointer)),
    write: (pointer, bytes) => new Uint8Array(view(pointer, bytes.length)).set(bytes),
    // V8 keeps a small array beside the object, which may move, until its `buffer` is read.
    addressOf: ({ buffer, byteOffset }) => {
      return BigInt(Deno.UnsafePointer.value(Deno.UnsafePointer.of(buffer))) + BigInt(byteOffset);
    },
    pointer: (address) => Deno.UnsafePointer.create(address),
    numberOf: (pointer) => isNull(pointer) ? 0 : Number(Deno.UnsafePointer.value(denoPointer(pointer))),
  };
}

function denoSignature([result, ...parameters]: Signature): {
  result: Deno.NativeResultType;
  parameters: Deno.NativeType[];
} {
  return {
    result: result === "void" ? "void" : DENO_TYPES[result],
    parameters: parameters.map((kind) => kind === "void" ? "pointer" : DENO_TYPES[kind]),
  };
}

function denoPointer(pointer: Pointer): Deno.PointerObject {
  if (isDenoPointer(pointer)) return pointer;
  throw new TypeError("A pointer is null");
}

function isDenoPointer(pointer: Pointer): pointer is Deno.PointerObject {
  return typeof pointer === "object" && pointer !== null;
}

interface BunFunction {
  readonly args: readonly string[];
  readonly returns: string;
}

/** The part of `bun:ffi` that is used; written out because Deno's checker has none of Bun. */
interface BunFfi {
  dlopen(path: string, functions: Readonly<Record<string, BunFunction>>): {
    readonly symbols: Readonly<Record<string, unknown>>;
  };
  readonly JSCallback: new (call: Callback, type: BunFunction) => { readonly ptr: number };
  readonly CString: new (pointer: number) => object;
  toArrayBuffer(pointer: number, offset: number, length: number): ArrayBuffer;
  ptr(bytes: ArrayBufferLike): number;
}

/** The `fast` types return numbers if the values fit. */
const BUN_TYPES: Readonly<Record<Kind, string>> = {
  i32: "i32",
  u32: "u32",
  i64: "i64_fast",
  u64: "u64_fast",
  pointer: "ptr",
  bytes: "ptr",
  function: "ptr",
  void: "void",
};

function bunFfi(): Ffi {
  const ffi: unknown = process.getBuiltinModule("bun:ffi");
  if (!isBunFfi(ffi)) throw new NetgraphError("ENOSYS", "This host has no foreign function interface");
  const kept: unknown[] = [];
  const view = (pointer: Pointer, length: number): ArrayBuffer => ffi.toArrayBuffer(Number(pointer), 0, length);
  return {
    open(path, signatures) {
      const functions = Object.entries(signatures).map(([name, signature]) => [name, bunSignature(signature)] as const);
      return ffi.dlopen(path, Object.fromEntries(functions)).symbols;
    },
    callback(signature, call) {
      const made = new ffi.JSCallback(call, bunSignature(signature));
      kept.push(made);
      return made.ptr;
    },
    bytesAt: (pointer, length) => new Uint8Array(view(pointer, length)).slice(),
    textAt: (pointer) => String(new ffi.CString(Number(pointer))),
    write: (pointer, bytes) => new Uint8Array(view(pointer, bytes.length)).set(bytes),
    addressOf: ({ buffer, byteOffset }) => BigInt(ffi.ptr(buffer)) + BigInt(byteOffset),
    pointer: (address) => address === 0n ? null : Number(address),
    numberOf: (pointer) => Number(pointer ?? 0),
  };
}

function bunSignature([result, ...parameters]: Signature): BunFunction {
  return { returns: BUN_TYPES[result], args: parameters.map((kind) => BUN_TYPES[kind]) };
}

function isBunFfi(value: unknown): value is BunFfi {
  return typeof value === "object" && value !== null && "JSCallback" in value;
}

/** The error for a library that could not be opened. */
export function openFailure(error: unknown, message: string): NetgraphError {
  const code = systemErrorCode(error);
  const why = code === "ENOTCAPABLE" && error instanceof Error ? `${message}: ${error.message}` : message;
  return new NetgraphError(code === "ENOTCAPABLE" ? code : "ENOSYS", why, { cause: error });
}
