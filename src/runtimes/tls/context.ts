/**
 * The parts that the sessions of one configuration share: the certificate, the trusted CAs, the application protocols. A
 * context is complete before it is used; each configuration has its own context.
 *
 * @module
 */

import { NetgraphError } from "../../errors.ts";
import type { TlsVersion } from "../../socket/tls.ts";
import { isNull, isPointer, type Pointer } from "./ffi.ts";
import { ticketKeys } from "./ticket_keys.ts";
import { type Libssl, takeErrors, textOfCode } from "./libssl.ts";

const CTRL_MODE = 33, CTRL_EXTRA_CHAIN_CERT = 14, CTRL_SET_MIN_VERSION = 123, CTRL_SET_TICKET_KEYS = 59;
/** Partial writes, a buffer that may move between attempts, and no buffers while a session is idle. */
const MODE = 1 | 2 | 16;
const VERSIONS: Readonly<Record<TlsVersion, number>> = { "1.2": 0x303, "1.3": 0x304 };
/** No renegotiation, and the server's order of ciphers. */
const OPTIONS = 2 ** 30 + 2 ** 22;
const SELECTED = 0, FATAL = 2;

/** The content of a file. */
export interface PemFile {
  readonly path: string;
  readonly pem: string;
}

/** The parts of a context. */
export interface ContextParts {
  readonly cert: PemFile | null;
  readonly key: PemFile | null;
  /** The trusted CAs; `system`: those of the system. */
  readonly ca: PemFile | "system" | null;
  readonly alpn: readonly string[];
  readonly minVersion: TlsVersion;
}

/**
 * Lists of application protocols, by a number that OpenSSL returns. They are few and are never removed, because a
 * handshake continues with the context with which it began.
 */
const alpnLists: Uint8Array<ArrayBuffer>[] = [];
const alpnNumbers = new Map<string, number>();
/** One function for all contexts of this thread. */
let alpnCallback: Pointer = null;

/** A context of OpenSSL. */
export class Context {
  readonly handle: Pointer;
  readonly #ssl: Libssl;

  /** @throws NetgraphError EINVAL if a file has no valid content */
  constructor(ssl: Libssl, parts: ContextParts) {
    this.#ssl = ssl;
    this.handle = ssl.SSL_CTX_new(ssl.TLS_method());
    try {
      this.#configure(parts);
    } catch (error) {
      this.free();
      throw error;
    }
  }

  /** Releases the context; open sessions hold their own reference. */
  free(): void {
    this.#ssl.SSL_CTX_free(this.handle);
  }

  #configure({ cert, key, ca, alpn, minVersion }: ContextParts): void {
    const { handle } = this;
    const ssl = this.#ssl;
    ssl.ERR_clear_error();
    ssl.SSL_CTX_ctrl(handle, CTRL_MODE, MODE, null);
    ssl.SSL_CTX_set_options(handle, OPTIONS);
    ssl.SSL_CTX_ctrl(handle, CTRL_SET_MIN_VERSION, VERSIONS[minVersion], null);
    const keys = ticketKeys();
    ssl.SSL_CTX_ctrl(handle, CTRL_SET_TICKET_KEYS, keys.length, ssl.ffi.pointer(ssl.ffi.addressOf(keys)));
    if (cert !== null && key !== null) this.#usePair(cert, key);
    if (ca === "system") ssl.SSL_CTX_set_default_verify_paths(handle);
    else if (ca !== null) this.#trust(ca);
    if (alpn.length > 0) this.#useAlpn(alpnWire(alpn));
  }

  #usePair(cert: PemFile, key: PemFile): void {
    const { handle } = this;
    const ssl = this.#ssl;
    const found = this.#certificates(cert, (certificate, at) => {
      if (at > 0) return ssl.SSL_CTX_ctrl(handle, CTRL_EXTRA_CHAIN_CERT, 0, certificate) === 1 ? "owned" : "refused";
      return ssl.SSL_CTX_use_certificate(handle, certificate) === 1 ? "copied" : "refused";
    });
    if (found === 0) throw invalid(`File "${cert.path}" has no certificate in PEM form`);
    const loaded = this.#privateKey(key);
    const used = ssl.SSL_CTX_use_PrivateKey(handle, loaded) === 1 && ssl.SSL_CTX_check_private_key(handle) === 1;
    ssl.EVP_PKEY_free(loaded);
    if (used) return;
    takeErrors(ssl);
    throw invalid(`Private key "${key.path}" does not belong to certificate "${cert.path}"`);
  }

  #privateKey({ path, pem }: PemFile): Pointer {
    const ssl = this.#ssl;
    const bytes = new TextEncoder().encode(pem);
    const bio = ssl.BIO_new_mem_buf(bytes, bytes.length);
    // An empty passphrase: without one, OpenSSL would read it from the terminal.
    const key = ssl.PEM_read_bio_PrivateKey(bio, null, null, new Uint8Array(1));
    ssl.BIO_free(bio);
    if (!isNull(key)) return key;
    takeErrors(ssl);
    if (pem.includes("ENCRYPTED")) throw invalid(`Private key "${path}" is encrypted: store it without a passphrase`);
    throw invalid(`File "${path}" has no private key in PEM form`);
  }

  #trust(ca: PemFile): void {
    const ssl = this.#ssl;
    const store = ssl.SSL_CTX_get_cert_store(this.handle);
    const found = this.#certificates(ca, (certificate) => {
      ssl.SSL_CTX_add_client_CA(this.handle, certificate);
      return ssl.X509_STORE_add_cert(store, certificate) === 1 ? "copied" : "refused";
    });
    if (found === 0) throw invalid(`File "${ca.path}" has no certificate in PEM form`);
  }

  /** Calls back for each certificate of a file; returns their number. */
  #certificates(
    { path, pem }: PemFile,
    use: (certificate: Pointer, at: number) => "owned" | "copied" | "refused",
  ): number {
    const ssl = this.#ssl;
    const bytes = new TextEncoder().encode(pem);
    const bio = ssl.BIO_new_mem_buf(bytes, bytes.length);
    try {
      for (let at = 0;; at++) {
        const certificate = ssl.PEM_read_bio_X509(bio, null, null, null);
        if (isNull(certificate)) {
          // OpenSSL reports the end of the file with this error.
          takeErrors(ssl);
          return at;
        }
        const how = use(certificate, at);
        if (how !== "owned") ssl.X509_free(certificate);
        if (how !== "refused") continue;
        const [code = 0] = takeErrors(ssl);
        throw invalid(`Certificate ${at + 1} of file "${path}" cannot be used: ${textOfCode(ssl, code)}`);
      }
    } finally {
      ssl.BIO_free(bio);
    }
  }

  #useAlpn(wire: Uint8Array<ArrayBuffer>): void {
    const ssl = this.#ssl;
    ssl.SSL_CTX_set_alpn_protos(this.handle, wire, wire.length);
    ssl.SSL_CTX_set_alpn_select_cb(this.handle, selectorOf(ssl), ssl.ffi.pointer(BigInt(numberOf(wire))));
  }
}

function numberOf(wire: Uint8Array<ArrayBuffer>): number {
  const key = wire.join();
  const number = alpnNumbers.get(key) ?? alpnLists.push(wire);
  alpnNumbers.set(key, number);
  return number;
}

/** Chooses the first of the server's protocols that the client has too. */
function selectorOf(ssl: Libssl): Pointer {
  if (!isNull(alpnCallback)) return alpnCallback;
  const { ffi } = ssl;
  const select = (...values: unknown[]): number => {
    const [, out, outLength, offered, length, argument] = values;
    if (!isPointer(out) || !isPointer(outLength) || !isPointer(offered) || !isPointer(argument)) return FATAL;
    const wire = alpnLists[ffi.numberOf(argument) - 1];
    if (wire === undefined) return FATAL;
    const at = firstCommon(wire, ffi.bytesAt(offered, Number(length)));
    if (at === null) return FATAL;
    const address = new Uint8Array(8);
    new DataView(address.buffer).setBigUint64(0, ffi.addressOf(wire) + BigInt(at + 1), true);
    ffi.write(out, address);
    ffi.write(outLength, wire.subarray(at, at + 1));
    return SELECTED;
  };
  return alpnCallback = ffi.callback(["i32", "pointer", "pointer", "pointer", "pointer", "u32", "pointer"], select);
}

/** The offset in `own` of the first protocol that is also in `offered`; null: none. */
function firstCommon(own: Uint8Array, offered: Uint8Array): number | null {
  for (let at = 0; at < own.length; at += 1 + (own[at] ?? 0)) {
    for (let other = 0; other < offered.length; other += 1 + (offered[other] ?? 0)) {
      const length = own[at] ?? 0;
      let same = 0;
      while (same <= length && own[at + same] === offered[other + same]) same++;
      if (same > length) return at;
    }
  }
  return null;
}

/** Protocol names as they are on the wire: each behind its length. */
export function alpnWire(names: readonly string[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(names.flatMap((name) => {
    const bytes = new TextEncoder().encode(name);
    return [bytes.length, ...bytes];
  }));
}

function invalid(message: string): NetgraphError {
  return new NetgraphError("EINVAL", message);
}
