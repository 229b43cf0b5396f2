/**
 * Addresses without their secrets: user and password, and parameters of a query or fragment that have the name or the
 * form of a secret, are never printed.
 *
 * @module
 */

/** An address in a text: a scheme and everything up to the next blank or quote. */
const ADDRESS = /(?:https?:[\\/]+|[a-z][a-z0-9+.-]*:\/\/)[^\s"'<>]+/gi;
/** The scheme of an address and the slashes after it; the URL standard accepts any number of both kinds on the web. */
const SCHEME = /^(?:https?:[\\/]*|[a-z][a-z0-9+.-]*:\/\/)/i;
/** Names of parameters that hold secrets. */
const SECRET_NAME = /token|key|secret|sig|pass|pwd|auth|cred|session|jwt|code|sas|hmac/i;
/** Long and without words: a value that counts as a secret under any name. */
const SECRET_VALUE = /^(?=[^=]*\d)[A-Za-z0-9+/_.~%=-]{24,}$/;
const MASK = "***";

/** The text without the secrets of its addresses. */
export function withoutSecrets(text: string): string {
  return text.replace(ADDRESS, (address) => addressWithoutSecrets(address));
}

/** The same of a text that is one address as a whole, whatever characters it has. */
export function addressWithoutSecrets(address: string): string {
  const [scheme] = SCHEME.exec(address) ?? [];
  if (scheme === undefined) return address;
  return scheme + withoutQuerySecrets(withoutUser(address.slice(scheme.length)));
}

/**
 * Removes the part before the host. It ends at the last `@` before the path, as in the URL standard; if then a colon is
 * not followed by a port, the password contains a slash, and the last `@` of all ends it.
 */
function withoutUser(rest: string): string {
  const end = rest.search(/[\\/?#]/);
  const authority = end < 0 ? rest : rest.slice(0, end);
  const at = authority.lastIndexOf("@");
  if (at >= 0) return rest.slice(at + 1);
  const isHost = /^(\[[^\]]*\]|[^:]*)(:\d*)?$/.test(authority);
  const last = rest.lastIndexOf("@");
  return isHost || last < 0 ? rest : rest.slice(last + 1);
}

function withoutQuerySecrets(rest: string): string {
  const start = rest.search(/[?#]/);
  if (start < 0) return rest;
  const parameters = rest.slice(start).replace(/([?#&;])([^=&;#]*)=([^&;#]*)/g, (whole, mark, name, value) => {
    return SECRET_NAME.test(name) || SECRET_VALUE.test(value) ? `${mark}${name}=${MASK}` : whole;
  });
  const bare = parameters.replace(/([?#&;])([^=&;#]+)(?=[&;#]|$)/g, (whole, mark, value) => {
    return SECRET_VALUE.test(value) ? `${mark}${MASK}` : whole;
  });
  return rest.slice(0, start) + bare;
}
