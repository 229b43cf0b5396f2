/**
 * Digests of data in files: a file that was damaged or edited is detected.
 *
 * @module
 */

/** `sha256:` and the digest of a value's JSON; indented differently it is the same. */
export async function digestOfJson(value: object): Promise<string> {
  const text = new TextEncoder().encode(JSON.stringify(value));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", text));
  return `sha256:${Array.from(digest, (octet) => octet.toString(16).padStart(2, "0")).join("")}`;
}

/** True when the field `digest` is that of all other fields. */
export async function isSealed(value: unknown): Promise<boolean> {
  if (typeof value !== "object" || value === null || !("digest" in value)) return false;
  const { digest, ...rest } = value;
  return digest === await digestOfJson(rest);
}
