/**
 * Host names, as in connect.
 *
 * ```text
 * host-name = label *( "." label ) [ "." ]      letters, digits, "-", "_"; the last label begins with a letter
 * ```
 *
 * With a dot at the end, a name is absolute: no search domain is added. Names in other scripts (bücher.example) are
 * converted to their form in DNS (xn--bcher-kva.example).
 *
 * @module
 */

const HOST_NAME =
  /^(?=.{1,254}$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.?$/i;
/** Labels that the URL standard maps: letters, marks and digits of any script. */
const OTHER_SCRIPT = /^(?=.*\P{ASCII})[\p{L}\p{M}\p{N}_.\u3002\uff0e\uff61-]+$/u;

/** A host name in lower-case ASCII letters; null if it is invalid. */
export function parseHostName(text: string): string | null {
  if (HOST_NAME.test(text)) return text.toLowerCase();
  if (!OTHER_SCRIPT.test(text)) return null;
  const ascii = URL.parse(`http://${text}/`)?.hostname ?? "";
  return HOST_NAME.test(ascii) ? ascii : null;
}
