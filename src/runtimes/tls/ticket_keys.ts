/**
 * The keys of session tickets: a server gives its clients their sessions in encrypted form, and a client that returns
 * with its ticket needs no full handshake. All threads of an engine have the same keys, as any of them may accept the
 * client, and the contexts before and after a new certificate have them too. They are random and exist only as long as the engine.
 *
 * @module
 */

/** A name, and keys for HMAC and AES, as OpenSSL expects them. */
const KEY_BYTES = 80;

let keys: Uint8Array<ArrayBuffer> | null = null;

/** New keys. */
export function newTicketKeys(): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(KEY_BYTES));
}

/** Sets the keys of this thread, before its first context. */
export function setTicketKeys(shared: Uint8Array<ArrayBuffer>): void {
  keys = shared;
}

/** The keys of this thread. */
export function ticketKeys(): Uint8Array<ArrayBuffer> {
  return keys ??= newTicketKeys();
}
