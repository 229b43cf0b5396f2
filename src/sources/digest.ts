/**
 * Digests of texts: their revisions.
 *
 * @module
 */

/** `sha256:` and the digest in hexadecimal. */
export async function digestOf(octets: Uint8Array): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", isOwn(octets) ? octets : new Uint8Array(octets)));
  return `sha256:${Array.from(digest, (octet) => octet.toString(16).padStart(2, "0")).join("")}`;
}

/** True if the memory belongs only to this thread, as digests require. */
function isOwn(octets: Uint8Array): octets is Uint8Array<ArrayBuffer> {
  return octets.buffer instanceof ArrayBuffer;
}
