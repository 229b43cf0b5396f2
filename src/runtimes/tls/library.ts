/**
 * OpenSSL's library on this machine, for diagnostics: it is searched for and not loaded, because validation may have no
 * permission for FFI.
 *
 * @module
 */

import { existsSync, readFileSync } from "node:fs";
import process from "node:process";
import type { TlsLack } from "../../socket/capability.ts";

/** The locations of the two libraries. */
export interface Libraries {
  readonly ssl: string;
  readonly crypto: string;
}

/** The names of OpenSSL 3's libraries: Linux, then macOS (Homebrew's), which are not tried elsewhere. */
export const LIBRARIES: readonly [Libraries, ...Libraries[]] = [
  { ssl: "libssl.so.3", crypto: "libcrypto.so.3" },
  { ssl: "/opt/homebrew/lib/libssl.3.dylib", crypto: "/opt/homebrew/lib/libcrypto.3.dylib" },
];

/** The folders of libraries if the linker of the system has no cache, as on Alpine. */
const FOLDERS: readonly string[] = ["/lib", "/usr/lib", "/usr/local/lib", "/lib64", "/usr/lib64"];
/** The list of libraries that the linker of GNU/Linux searches: paths, each ended by a NUL. */
const CACHE = "/etc/ld.so.cache";

let found: string | null | undefined;

/** The path of libssl; null if it was not found. */
export function findLibssl(): string | null {
  return found ??= searchFor(LIBRARIES, { read: readText, exists });
}

/** The first of these libraries whose file is found, by its path. */
export function searchFor(
  libraries: readonly Libraries[],
  files: { read(path: string): string; exists(path: string): boolean },
): string | null {
  const cache = files.read(CACHE);
  for (const { ssl } of libraries) {
    if (ssl.startsWith("/") && files.exists(ssl)) return ssl;
    const folder = [...searchPath(), ...FOLDERS].find((one) => files.exists(`${one}/${ssl}`));
    if (folder !== undefined) return `${folder}/${ssl}`;
    const at = cache.indexOf(`/${ssl}\0`);
    if (at >= 0) return cache.slice(cache.lastIndexOf("\0", at) + 1, at + 1 + ssl.length);
  }
  return null;
}

/** The reason why TLS cannot be used on a runtime whose host has FFI; null if it can. */
export function tlsProblem(): TlsLack | null {
  return findLibssl() === null && mayRead() ? "library" : null;
}

/** The reason why TLS cannot be used in this process, which may be a Deno without the permission for FFI; null if it can. */
export function tlsProblemOfThisProcess(): TlsLack | null {
  return hasFfi() ? tlsProblem() : "ffi";
}

/** True if this process may call libraries: Deno needs the permission for all paths. */
export function hasFfi(): boolean {
  return !("Deno" in globalThis) || Deno.permissions.querySync({ name: "ffi" }).state === "granted";
}

/** Without the permission to read, a file that is not found may exist. */
function mayRead(): boolean {
  return !("Deno" in globalThis) || Deno.permissions.querySync({ name: "read" }).state === "granted";
}

function searchPath(): readonly string[] {
  try {
    return (process.env["LD_LIBRARY_PATH"] ?? "").split(":").filter((folder) => folder.startsWith("/"));
  } catch {
    return []; // Without the permission to read it.
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return ""; // There is no cache, or no permission to read it.
  }
}

function exists(path: string): boolean {
  try {
    return existsSync(path);
  } catch {
    return false; // No permission to read it.
  }
}
