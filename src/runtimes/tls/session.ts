/**
 * A TLS session of OpenSSL over memory: cipher text is written and read here, and transported elsewhere.
 *
 * @module
 */

import { cString, isNull, isPointer, type Pointer } from "./ffi.ts";
import { type Libssl, takeErrors } from "./libssl.ts";
import type { TlsSessionInfo } from "../../socket/tls.ts";

/** Results of `read` that are not a number of bytes. */
export const END = 0, WAIT = -1, FAILED = -2;

const ERROR_WANT_READ = 2, ERROR_WANT_WRITE = 3, ERROR_ZERO_RETURN = 6;
const BIO_SET_EOF_RETURN = 130;
const SET_SERVER_NAME = 55;
const VERIFY_NONE = 0, VERIFY_PEER = 1, VERIFY_REQUIRE = 3;
const NAME_TYPE_HOST = 0;

/** Why a certificate of the peer was not accepted. */
export interface VerifyFailure {
  /** X509_V_ERR_… */
  readonly code: number;
  /** 0 for the peer's own certificate, more for those that issued it. */
  readonly depth: number;
  /** The certificate; null if there is none. */
  readonly certificate: Uint8Array<ArrayBuffer> | null;
}

/** The parts of a server session that depend on the server name that the client sends (SNI). */
export interface NamedParts {
  readonly context: Pointer;
  /** As in {@linkcode SessionOptions}, with the name. */
  readonly purpose: Uint8Array<ArrayBuffer>;
  readonly serverName: string | null;
}

/** The options of a session. */
export interface SessionOptions {
  readonly context: Pointer;
  readonly side: "server" | "client";
  /** `require`: the peer must send a valid certificate; `request`: a certificate that it sends must be valid. */
  readonly verify: "none" | "request" | "require";
  /** The name, or the IP address, that the server's certificate must have; null: any. */
  readonly checkedName: string | null;
  /** The server name that a client sends; null: none. */
  readonly sentName: string | null;
  /** A server resumes only sessions of the same purpose, of 32 bytes at most; null for a client. */
  readonly purpose: Uint8Array<ArrayBuffer> | null;
}

/** The session whose certificates are being verified: OpenSSL calls back from within a call of this session. */
let verifying: Session | null = null;
/** One function for all sessions of this thread. */
let verifyCallback: Pointer = null;

/** One session. */
export class Session {
  readonly #ssl: Libssl;
  readonly #handle: Pointer;
  readonly #input: Pointer;
  readonly #output: Pointer;
  /** The server name that the client sends; OpenSSL does not return it after a resumption with TLS 1.2. */
  #serverName: string | null;
  #isFree = false;
  /** The error codes of OpenSSL after a failure, oldest first. */
  errors: readonly number[] = [];
  /** Which certificate of the peer was not accepted. */
  verifyFailure: VerifyFailure | null = null;

  constructor(ssl: Libssl, { context, side, verify, checkedName, sentName, purpose }: SessionOptions) {
    this.#ssl = ssl;
    this.#handle = ssl.SSL_new(context);
    this.#input = ssl.BIO_new(ssl.BIO_s_mem());
    this.#output = ssl.BIO_new(ssl.BIO_s_mem());
    // An empty input does not mean its end: more data may follow.
    ssl.BIO_ctrl(this.#input, BIO_SET_EOF_RETURN, -1, null);
    ssl.SSL_set_bio(this.#handle, this.#input, this.#output);
    const mode = verify === "none" ? VERIFY_NONE : verify === "request" ? VERIFY_PEER : VERIFY_REQUIRE;
    ssl.SSL_set_verify(this.#handle, mode, mode === VERIFY_NONE ? null : verifierOf(ssl));
    this.#serverName = sentName;
    if (purpose !== null) ssl.SSL_set_session_id_context(this.#handle, purpose, purpose.length);
    if (side === "server") ssl.SSL_set_accept_state(this.#handle);
    else ssl.SSL_set_connect_state(this.#handle);
    if (sentName !== null) ssl.SSL_ctrl(this.#handle, SET_SERVER_NAME, NAME_TYPE_HOST, cString(sentName));
    if (checkedName !== null) this.#checkName(checkedName);
  }

  /** Presents the certificate of a context, and resumes sessions of this purpose only: before the handshake. */
  useName({ context, purpose, serverName }: NamedParts): void {
    this.#serverName = serverName;
    this.#ssl.SSL_set_SSL_CTX(this.#handle, context);
    this.#ssl.SSL_set_session_id_context(this.#handle, purpose, purpose.length);
  }

  /** Receives cipher text of the peer. */
  feed(bytes: Uint8Array<ArrayBuffer>): void {
    this.#ssl.BIO_write(this.#input, bytes, bytes.length);
  }

  /** Continues the handshake: 1 when it is complete, {@linkcode WAIT}, {@linkcode FAILED}. */
  handshake(): number {
    this.#ssl.ERR_clear_error();
    verifying = this;
    const result = this.#ssl.SSL_do_handshake(this.#handle);
    verifying = null;
    return result === 1 ? 1 : this.#outcome(result);
  }

  /** Reads plain text: the number of bytes, {@linkcode END} after a close_notify, {@linkcode WAIT}, {@linkcode FAILED}. */
  read(into: Uint8Array<ArrayBuffer>): number {
    const result = this.#ssl.SSL_read(this.#handle, into, into.length);
    return result > 0 ? result : this.#outcome(result);
  }

  /** Encrypts all of it, record by record; false if it failed. */
  write(bytes: Uint8Array<ArrayBuffer>): boolean {
    for (let written = 0; written < bytes.length;) {
      const rest = written === 0 ? bytes : bytes.subarray(written);
      const result = this.#ssl.SSL_write(this.#handle, rest, rest.length);
      if (result <= 0) {
        this.#outcome(result);
        return false;
      }
      written += result;
    }
    return true;
  }

  /** Ends this side's direction: writes a close_notify. */
  end(): void {
    // 0: the peer has not ended its direction yet.
    if (this.#ssl.SSL_shutdown(this.#handle) < 0) takeErrors(this.#ssl);
  }

  /** Reads cipher text for the peer: the number of bytes, 0 if there is none. */
  take(into: Uint8Array<ArrayBuffer>): number {
    return Math.max(0, this.#ssl.BIO_read(this.#output, into, into.length));
  }

  /** The result of the handshake. */
  info(): TlsSessionInfo {
    const { ffi } = this.#ssl;
    const cipher = this.#ssl.SSL_get_current_cipher(this.#handle);
    return {
      version: ffi.textAt(this.#ssl.SSL_get_version(this.#handle)),
      cipher: isNull(cipher) ? "" : ffi.textAt(this.#ssl.SSL_CIPHER_get_name(cipher)),
      alpn: this.#alpn(),
      serverName: this.#serverName,
    };
  }

  /** Frees the memory; the session cannot be used afterwards. */
  free(): void {
    if (this.#isFree) return;
    this.#isFree = true;
    this.#ssl.SSL_free(this.#handle);
  }

  /** Records a certificate that is not accepted. */
  refuse(failure: VerifyFailure): void {
    this.verifyFailure ??= failure;
  }

  #checkName(name: string): void {
    const isAddress = /^[0-9.]+$/.test(name) || name.includes(":");
    if (!isAddress) this.#ssl.SSL_set1_host(this.#handle, cString(name));
    else this.#ssl.X509_VERIFY_PARAM_set1_ip_asc(this.#ssl.SSL_get0_param(this.#handle), cString(name));
  }

  #alpn(): string | null {
    const at = new Uint8Array(8);
    const length = new Uint8Array(8);
    this.#ssl.SSL_get0_alpn_selected(this.#handle, at, length);
    const count = length[0] ?? 0;
    if (count === 0) return null;
    const address = new DataView(at.buffer).getBigUint64(0, true);
    const { ffi } = this.#ssl;
    return new TextDecoder().decode(ffi.bytesAt(ffi.pointer(address), count));
  }

  /** A second query may return nothing. */
  #recordErrors(): void {
    const errors = takeErrors(this.#ssl);
    if (this.errors.length === 0) this.errors = errors;
  }

  #outcome(result: number): number {
    switch (this.#ssl.SSL_get_error(this.#handle, result)) {
      case ERROR_WANT_READ:
      case ERROR_WANT_WRITE:
        return WAIT;
      case ERROR_ZERO_RETURN:
        return END;
      default:
        this.#recordErrors();
        return FAILED;
    }
  }
}

/** Records the error: OpenSSL does not return the peer's certificate after a failed handshake. */
function verifierOf(ssl: Libssl): Pointer {
  if (!isNull(verifyCallback)) return verifyCallback;
  const note = (accepted: unknown, context: unknown): number => {
    const result = Number(accepted);
    if (result !== 1 && isPointer(context)) {
      verifying?.refuse({
        code: ssl.X509_STORE_CTX_get_error(context),
        depth: ssl.X509_STORE_CTX_get_error_depth(context),
        certificate: derOf(ssl, ssl.X509_STORE_CTX_get_current_cert(context)),
      });
    }
    return result;
  };
  return verifyCallback = ssl.ffi.callback(["i32", "i32", "pointer"], note);
}

function derOf(ssl: Libssl, certificate: Pointer): Uint8Array<ArrayBuffer> | null {
  if (isNull(certificate)) return null;
  const length = ssl.i2d_X509(certificate, null);
  if (length <= 0) return null;
  const der = new Uint8Array(length);
  // OpenSSL advances the address that it receives.
  const at = new Uint8Array(8);
  new DataView(at.buffer).setBigUint64(0, ssl.ffi.addressOf(der), true);
  ssl.i2d_X509(certificate, at);
  return der;
}
