/**
 * The TLS contexts of one runtime, by configuration. Sockets with the same configuration share a context, so that no file
 * is read for a connection. One timer checks the files about once a second while contexts exist; when they change, the
 * next handshake uses the new ones. If the new files cannot be used, the context keeps the old ones.
 *
 * @module
 */

import { readFileSync, realpathSync, statSync } from "node:fs";
import { resolve } from "node:path";
import type { Clock, Timer } from "../../clock.ts";
import { NetgraphError } from "../../errors.ts";
import type { TlsCertificate, TlsOptions, TlsState, TlsVerifyClient } from "../../socket/tls.ts";
import { systemErrorCode } from "../system_error.ts";
import { Context, type PemFile } from "./context.ts";
import { namesOf } from "./failure.ts";
import { type Libssl, openLibssl } from "./libssl.ts";
import { hashOf, readCertificate } from "./x509.ts";

/** How often the files are checked, in milliseconds. */
export const FILE_CHECK_MS = 1_000;
/**
 * An unused context is kept for this time, so that sockets that are opened for each connection do not read the files
 * again.
 */
const KEEP_UNUSED_MS = 60_000;
/** Permission bits by which others may read a file. */
const OTHERS_READ = 0o004;

/** The content of the files. */
interface Loaded {
  /** For clients that send no name, or one that no certificate has. */
  readonly context: Context;
  /** By the names of their certificates; empty if there is at most one certificate. */
  readonly named: readonly { readonly names: readonly string[]; readonly context: Context }[];
  readonly certificates: readonly TlsCertificate[];
  readonly notes: readonly string[];
  /** Different for other configurations and other CAs, and the same after a renewed certificate. */
  readonly identity: string;
}

/** A context, of one configuration, as its files are now. */
export class SharedContext implements TlsState {
  readonly ssl: Libssl;
  readonly #options: TlsOptions;
  #loaded: Loaded;
  #stamp: string;
  failure: TlsState["failure"] = null;
  /** True if the files could not be used at the last check; they may be being replaced. */
  #failedOnce = false;
  /** Called after the files were read again, also without success. */
  readonly observers: Set<() => void> = new Set();
  /** The number of sockets that use it. */
  users = 0;
  /** The time since which no socket uses it. */
  unusedSince = 0;

  /** @throws NetgraphError if a file cannot be read or used */
  constructor(ssl: Libssl, options: TlsOptions) {
    this.ssl = ssl;
    this.#options = options;
    this.#stamp = stampOf(options);
    this.#loaded = load(ssl, options);
  }

  /** For new sessions. */
  get context(): Context {
    return this.#loaded.context;
  }

  /** The context for a client that sends this name: the exact name, then a wildcard, then the first. */
  contextFor(name: string | null): Context {
    const { named, context } = this.#loaded;
    if (name === null) return context;
    const wildcard = name.replace(/^[^.]+/, "*");
    return [name, wildcard].map((one) => named.find(({ names }) => names.includes(one))?.context)
      .find((one) => one !== undefined) ?? context;
  }

  /**
   * The purpose of server sessions: a session is resumed only with the same configuration, CAs, client-certificate
   * requirement and server name (RFC 6066, section 3).
   */
  purposeFor(verifyClient: TlsVerifyClient, serverName: string | null): Uint8Array<ArrayBuffer> {
    return hashOf(`${verifyClient} ${serverName ?? ""} ${this.#loaded.identity}`);
  }

  get certificates(): readonly TlsCertificate[] {
    return this.#loaded.certificates;
  }

  get notes(): readonly string[] {
    return this.#loaded.notes;
  }

  /** Reads the files again if they have changed, or could not be used before. */
  check(now: Date): void {
    const stamp = stampOf(this.#options);
    if (stamp === this.#stamp && this.failure === null && !this.#failedOnce) return;
    this.#stamp = stamp;
    try {
      const loaded = load(this.ssl, this.#options);
      freeAll(this.#loaded);
      this.#loaded = loaded;
      this.failure = null;
      this.#failedOnce = false;
      this.#notify();
    } catch (error) {
      if (!(error instanceof NetgraphError)) throw error;
      // A certificate and its key are replaced one after the other.
      if (this.#failedOnce) {
        this.failure = {
          message: error.message,
          since: this.failure?.since ?? now,
          count: (this.failure?.count ?? 0) + 1,
        };
        if (this.failure.count === 1) this.#notify();
      }
      this.#failedOnce = true;
    }
  }

  #notify(): void {
    for (const observer of [...this.observers]) observer();
  }

  /** Releases the context. */
  free(): void {
    freeAll(this.#loaded);
  }
}

/** The contexts of one runtime. */
export class TlsContexts {
  readonly #clock: Clock;
  readonly #contexts = new Map<string, SharedContext>();
  #timer: Timer | null = null;

  /** @param clock its timer checks the files */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * The context of a configuration; the caller releases it with {@linkcode TlsContexts.release}.
   *
   * @throws NetgraphError if a file cannot be read or used, or TLS is not available
   */
  use(options: TlsOptions): SharedContext {
    const key = keyOf(options);
    const known = this.#contexts.get(key);
    const context = known ?? new SharedContext(openLibssl(), options);
    context.users++;
    if (known === undefined) this.#contexts.set(key, context);
    this.#arm();
    return context;
  }

  /** Decrements the number of users. */
  release(context: SharedContext): void {
    if (--context.users === 0) context.unusedSince = this.#clock.now();
  }

  /** Checks all files now. */
  check(): void {
    for (const [key, context] of this.#contexts) {
      if (context.users === 0 && this.#clock.now() - context.unusedSince >= KEEP_UNUSED_MS) {
        this.#contexts.delete(key);
        context.free();
      } else if (context.users > 0) context.check(this.#clock.wall());
    }
  }

  /** Releases all contexts; no socket may use one any more. */
  close(): void {
    this.#timer?.cancel();
    this.#timer = null;
    for (const context of this.#contexts.values()) context.free();
    this.#contexts.clear();
  }

  #arm(): void {
    this.#timer ??= this.#clock.after(FILE_CHECK_MS, () => {
      this.#timer = null;
      this.check();
      if (this.#contexts.size > 0) this.#arm();
    });
  }
}

/** The options that select a context; the others belong to the session. */
function keyOf({ cert, key, certs, ca, alpn, minVersion }: TlsOptions): string {
  return JSON.stringify([cert, key, certs, ca, alpn, minVersion]);
}

function pathsOf({ cert, key, certs = [], ca }: TlsOptions): readonly string[] {
  const pairs = certs.flatMap((pair) => [pair.cert, pair.key]);
  return [cert, key, ...pairs, ca === "system" ? undefined : ca].filter((path) => path !== undefined);
}

function freeAll({ context, named }: Loaded): void {
  for (const one of new Set([context, ...named.map((entry) => entry.context)])) one.free();
}

/** Different after a file was changed, replaced by a rename, or its link was changed. */
function stampOf(options: TlsOptions): string {
  return pathsOf(options).map((path) => {
    try {
      const real = realpathSync(path);
      const { ino, mtimeMs, size } = statSync(real);
      return `${real} ${ino} ${mtimeMs} ${size}`;
    } catch {
      // The error is reported when the file is read.
      return "none";
    }
  }).join("\n");
}

function load(ssl: Libssl, options: TlsOptions): Loaded {
  const { cert, key, certs = [], ca, alpn = [], minVersion = "1.2" } = options;
  if ((cert === undefined) !== (key === undefined)) {
    const [given, missing] = cert === undefined ? ["key", "cert"] : ["cert", "key"];
    throw new NetgraphError("EINVAL", `Field "${given}" is given without "${missing}"`);
  }
  const trusted = ca === undefined ? null : ca === "system" ? ca : read(ca);
  const pairs = [...cert === undefined || key === undefined ? [] : [{ cert, key }], ...certs];
  const made: { readonly pem: PemFile; readonly key: string; readonly context: Context }[] = [];
  const make = (files: { readonly cert: PemFile; readonly key: PemFile } | null): Context => {
    return new Context(ssl, { cert: files?.cert ?? null, key: files?.key ?? null, ca: trusted, alpn, minVersion });
  };
  try {
    for (const pair of pairs) {
      const files = { cert: read(pair.cert), key: read(pair.key) };
      made.push({ pem: files.cert, key: files.key.path, context: make(files) });
    }
  } catch (error) {
    for (const { context } of made) context.free();
    throw error;
  }
  return {
    context: made[0]?.context ?? make(null),
    named: made.length < 2 ? [] : made.map(({ pem, context }) => ({ names: lowerNames(pem), context })),
    certificates: made.map(({ pem }) => ({ path: pem.path, notAfter: expiryOf(pem) })),
    notes: made.flatMap(({ key: path }) => keyNotes(path)),
    // Hashed, because each connection hashes it once more.
    identity: hashOf(`${keyOf(options)} ${trusted === null || trusted === "system" ? "" : trusted.pem}`).join(),
  };
}

function lowerNames({ pem }: PemFile): readonly string[] {
  return namesOf(readCertificate(pem)).map((name) => name.toLowerCase());
}

/** @param name relative to the working directory only if a program sent it: messages of a file are absolute */
function read(name: string): PemFile {
  const path = resolve(name);
  try {
    return { path, pem: readFileSync(path, "latin1") };
  } catch (error) {
    const code = systemErrorCode(error);
    const why = code === "ENOENT"
      ? "there is no such file"
      : code === "ENOTCAPABLE"
      ? `Deno was started without "--allow-read" for it`
      : code === "EACCES"
      ? "permission denied"
      : error instanceof Error
      ? error.message
      : code;
    throw new NetgraphError(code, `Cannot read "${path}": ${why}`, { cause: error });
  }
}

function expiryOf({ pem }: PemFile): number {
  return new Date(readCertificate(pem).validTo).getTime();
}

function keyNotes(path: string): readonly string[] {
  if ((statSync(path).mode & OTHERS_READ) === 0) return [];
  return [`Private key "${path}" can be read by all users: chmod 600 it`];
}
