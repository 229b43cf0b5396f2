/**
 * libssl and libcrypto of OpenSSL 3, as typed functions. The libraries are opened when TLS is first used, once for each
 * thread; a context and its sessions belong to one thread.
 *
 * The error queue of the thread must be empty before a call whose result `SSL_get_error` is read with it.
 *
 * @module
 */

import { NetgraphError } from "../../errors.ts";
import { LIBSSL } from "../../socket/tls.ts";
import { type Ffi, openFailure, openFfi, type Pointer, type Signature } from "./ffi.ts";
import { findLibssl, LIBRARIES, type Libraries, tlsProblem } from "./library.ts";

type Bytes = Uint8Array<ArrayBuffer> | null;

/** The functions of libssl that are called. */
interface SslFunctions {
  TLS_method(): Pointer;
  SSL_CTX_new(method: Pointer): Pointer;
  SSL_CTX_free(context: Pointer): void;
  SSL_CTX_ctrl(context: Pointer, command: number, number: number, pointer: Pointer): number;
  SSL_CTX_set_options(context: Pointer, options: bigint | number): unknown;
  SSL_CTX_use_certificate(context: Pointer, certificate: Pointer): number;
  SSL_CTX_use_PrivateKey(context: Pointer, key: Pointer): number;
  SSL_CTX_check_private_key(context: Pointer): number;
  SSL_CTX_set_default_verify_paths(context: Pointer): number;
  SSL_CTX_get_cert_store(context: Pointer): Pointer;
  SSL_CTX_add_client_CA(context: Pointer, certificate: Pointer): number;
  SSL_CTX_set_alpn_select_cb(context: Pointer, select: Pointer, argument: Pointer): void;
  SSL_CTX_set_alpn_protos(context: Pointer, names: Bytes, length: number): number;
  SSL_new(context: Pointer): Pointer;
  SSL_set_SSL_CTX(session: Pointer, context: Pointer): Pointer;
  SSL_free(session: Pointer): void;
  SSL_set_bio(session: Pointer, input: Pointer, output: Pointer): void;
  SSL_set_accept_state(session: Pointer): void;
  SSL_set_connect_state(session: Pointer): void;
  SSL_set_session_id_context(session: Pointer, id: Bytes, length: number): number;
  SSL_set_verify(session: Pointer, mode: number, verify: Pointer): void;
  SSL_set1_host(session: Pointer, name: Bytes): number;
  SSL_get0_param(session: Pointer): Pointer;
  SSL_ctrl(session: Pointer, command: number, number: number, bytes: Bytes): number;
  SSL_do_handshake(session: Pointer): number;
  SSL_read(session: Pointer, into: Bytes, length: number): number;
  SSL_write(session: Pointer, bytes: Bytes, length: number): number;
  SSL_get_error(session: Pointer, result: number): number;
  SSL_shutdown(session: Pointer): number;
  SSL_get_version(session: Pointer): Pointer;
  SSL_get_current_cipher(session: Pointer): Pointer;
  SSL_CIPHER_get_name(cipher: Pointer): Pointer;
  SSL_get0_alpn_selected(session: Pointer, at: Bytes, length: Bytes): void;
}

/** The functions of libcrypto that are called. */
interface CryptoFunctions {
  OpenSSL_version(what: number): Pointer;
  OPENSSL_init_crypto(options: bigint | number, settings: Pointer): number;
  ERR_get_error(): number;
  ERR_clear_error(): void;
  ERR_reason_error_string(code: number): Pointer;
  BIO_new(method: Pointer): Pointer;
  BIO_s_mem(): Pointer;
  BIO_new_mem_buf(bytes: Bytes, length: number): Pointer;
  BIO_free(bio: Pointer): number;
  BIO_read(bio: Pointer, into: Bytes, length: number): number;
  BIO_write(bio: Pointer, bytes: Bytes, length: number): number;
  BIO_ctrl(bio: Pointer, command: number, number: number, pointer: Pointer): number;
  PEM_read_bio_PrivateKey(bio: Pointer, into: Pointer, callback: Pointer, passphrase: Bytes): Pointer;
  PEM_read_bio_X509(bio: Pointer, into: Pointer, callback: Pointer, passphrase: Bytes): Pointer;
  EVP_PKEY_free(key: Pointer): void;
  X509_free(certificate: Pointer): void;
  X509_STORE_add_cert(store: Pointer, certificate: Pointer): number;
  X509_STORE_CTX_get_error(context: Pointer): number;
  X509_STORE_CTX_get_error_depth(context: Pointer): number;
  X509_STORE_CTX_get_current_cert(context: Pointer): Pointer;
  X509_VERIFY_PARAM_set1_ip_asc(parameters: Pointer, address: Bytes): number;
  X509_verify_cert_error_string(code: number): Pointer;
  i2d_X509(certificate: Pointer, at: Bytes): number;
}

/** OpenSSL in this thread. */
export type Libssl = SslFunctions & CryptoFunctions & { readonly ffi: Ffi };

const SSL_SIGNATURES: Readonly<Record<keyof SslFunctions, Signature>> = {
  TLS_method: ["pointer"],
  SSL_CTX_new: ["pointer", "pointer"],
  SSL_CTX_free: ["void", "pointer"],
  SSL_CTX_ctrl: ["i32", "pointer", "i32", "i64", "pointer"],
  SSL_CTX_set_options: ["u64", "pointer", "u64"],
  SSL_CTX_use_certificate: ["i32", "pointer", "pointer"],
  SSL_CTX_use_PrivateKey: ["i32", "pointer", "pointer"],
  SSL_CTX_check_private_key: ["i32", "pointer"],
  SSL_CTX_set_default_verify_paths: ["i32", "pointer"],
  SSL_CTX_get_cert_store: ["pointer", "pointer"],
  SSL_CTX_add_client_CA: ["i32", "pointer", "pointer"],
  SSL_CTX_set_alpn_select_cb: ["void", "pointer", "function", "pointer"],
  SSL_CTX_set_alpn_protos: ["i32", "pointer", "bytes", "u32"],
  SSL_new: ["pointer", "pointer"],
  SSL_set_SSL_CTX: ["pointer", "pointer", "pointer"],
  SSL_free: ["void", "pointer"],
  SSL_set_bio: ["void", "pointer", "pointer", "pointer"],
  SSL_set_accept_state: ["void", "pointer"],
  SSL_set_connect_state: ["void", "pointer"],
  SSL_set_session_id_context: ["i32", "pointer", "bytes", "u32"],
  SSL_set_verify: ["void", "pointer", "i32", "function"],
  SSL_set1_host: ["i32", "pointer", "bytes"],
  SSL_get0_param: ["pointer", "pointer"],
  SSL_ctrl: ["i32", "pointer", "i32", "i64", "bytes"],
  SSL_do_handshake: ["i32", "pointer"],
  SSL_read: ["i32", "pointer", "bytes", "i32"],
  SSL_write: ["i32", "pointer", "bytes", "i32"],
  SSL_get_error: ["i32", "pointer", "i32"],
  SSL_shutdown: ["i32", "pointer"],
  SSL_get_version: ["pointer", "pointer"],
  SSL_get_current_cipher: ["pointer", "pointer"],
  SSL_CIPHER_get_name: ["pointer", "pointer"],
  SSL_get0_alpn_selected: ["void", "pointer", "bytes", "bytes"],
};

const CRYPTO_SIGNATURES: Readonly<Record<keyof CryptoFunctions, Signature>> = {
  OpenSSL_version: ["pointer", "i32"],
  OPENSSL_init_crypto: ["i32", "u64", "pointer"],
  // An unsigned long whose upper half is always 0.
  ERR_get_error: ["u32"],
  ERR_clear_error: ["void"],
  ERR_reason_error_string: ["pointer", "u64"],
  BIO_new: ["pointer", "pointer"],
  BIO_s_mem: ["pointer"],
  BIO_new_mem_buf: ["pointer", "bytes", "i32"],
  BIO_free: ["i32", "pointer"],
  BIO_read: ["i32", "pointer", "bytes", "i32"],
  BIO_write: ["i32", "pointer", "bytes", "i32"],
  BIO_ctrl: ["i32", "pointer", "i32", "i64", "pointer"],
  PEM_read_bio_PrivateKey: ["pointer", "pointer", "pointer", "pointer", "bytes"],
  PEM_read_bio_X509: ["pointer", "pointer", "pointer", "pointer", "bytes"],
  EVP_PKEY_free: ["void", "pointer"],
  X509_free: ["void", "pointer"],
  X509_STORE_add_cert: ["i32", "pointer", "pointer"],
  X509_STORE_CTX_get_error: ["i32", "pointer"],
  X509_STORE_CTX_get_error_depth: ["i32", "pointer"],
  X509_STORE_CTX_get_current_cert: ["pointer", "pointer"],
  X509_VERIFY_PARAM_set1_ip_asc: ["i32", "pointer", "bytes"],
  X509_verify_cert_error_string: ["pointer", "i64"],
  i2d_X509: ["i32", "pointer", "bytes"],
};

/** Without it, the libraries clean up at exit while another thread may still use them: Deno 2.9.6 crashed. */
const NO_ATEXIT = 0x0008_0000;

const MISSING = `Cannot use TLS: library "${LIBSSL.name}" (${LIBSSL.product}) cannot be opened; ${LIBSSL.hint}`;

let opened: Libssl | null = null;

/**
 * OpenSSL in this thread.
 *
 * @throws NetgraphError ENOSYS if it is not installed, ENOTCAPABLE without the permission for FFI
 */
export function openLibssl(): Libssl {
  return opened ??= openOneOf(LIBRARIES);
}

/**
 * The first of these libraries that exists.
 *
 * @throws NetgraphError as {@linkcode openLibssl} does
 */
export function openOneOf(libraries: readonly Libraries[]): Libssl {
  let cause: unknown = null;
  for (const { ssl, crypto } of libraries) {
    try {
      const ffi = openFfi();
      const cryptoFunctions = ffi.open(crypto, CRYPTO_SIGNATURES);
      const sslFunctions = ffi.open(ssl, SSL_SIGNATURES);
      const functions = { ...sslFunctions, ...cryptoFunctions, ffi };
      if (!isComplete(functions)) throw new TypeError("OpenSSL lacks a function");
      functions.OPENSSL_init_crypto(NO_ATEXIT, null);
      return functions;
    } catch (error) {
      const failure = openFailure(error, "Cannot use TLS");
      if (failure.code === "ENOTCAPABLE") throw failure;
      cause ??= error;
    }
  }
  throw new NetgraphError("ENOSYS", MISSING, { cause });
}

function isComplete(functions: object): functions is Libssl {
  const found = new Map<string, unknown>(Object.entries(functions));
  return [...Object.keys(SSL_SIGNATURES), ...Object.keys(CRYPTO_SIGNATURES)]
    .every((name) => typeof found.get(name) === "function");
}

/** Such as `OpenSSL 3.0.19`. */
function versionOf(ssl: Libssl): string {
  return ssl.ffi.textAt(ssl.OpenSSL_version(0)).split(" ").slice(0, 2).join(" ");
}

/** OpenSSL's library on this machine, for `doctor`. */
export interface LibraryReport {
  /** Such as `libssl.so.3`. */
  readonly library: string;
  /** The path; null if it was not found. */
  readonly path: string | null;
  /** Such as `OpenSSL 3.0.19`; null if it was not loaded. */
  readonly version: string | null;
  /** The reason why this process cannot use TLS; null if it can. */
  readonly problem: string | null;
}

/** Loads the library if this process may, and otherwise searches for its file. */
export function reportLibrary(): LibraryReport {
  const path = findLibssl();
  try {
    return { library: LIBSSL.name, path, version: versionOf(openLibssl()), problem: null };
  } catch (error) {
    if (!(error instanceof NetgraphError)) throw error;
    const isMissing = error.code === "ENOTCAPABLE" && tlsProblem() === "library";
    return { library: LIBSSL.name, path, version: null, problem: isMissing ? MISSING : error.message };
  }
}

/** Empties the error queue of this thread, and returns its codes, oldest first. */
export function takeErrors(ssl: Libssl): readonly number[] {
  const codes: number[] = [];
  for (let code = ssl.ERR_get_error(); code !== 0; code = ssl.ERR_get_error()) codes.push(code);
  return codes;
}

/** The reason number of an error code. */
export function reasonOfCode(code: number): number {
  return code & 0x7f_ffff;
}

/** The text of OpenSSL for an error code. */
export function textOfCode(ssl: Libssl, code: number): string {
  const text = ssl.ERR_reason_error_string(code);
  return text === null || text === 0 ? `error ${code.toString(16)}` : ssl.ffi.textAt(text);
}
