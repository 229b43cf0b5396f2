/**
 * Host names, as connect takes them.
 *
 * ```text
 * host-name = label *( "." label ) [ "." ]      letters, digits, "-", "_"; the last label begins with a letter
 * ```
 *
 * A dot at the end says that the name is whole: nothing is searched for it. Names in other scripts (bücher.example) become
 * what DNS has for them (xn--bcher-kva.example).
 *
 * @module
 */

const HOST_NAME =
  /^(?=.{1,254}$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.?$/i;
/** What the URL standard maps: letters, marks and digits of any script, in labels. */
const OTHER_SCRIPT = /^(?=.*\P{ASCII})[\p{L}\p{M}\p{N}_.\u3002\uff0e\uff61-]+$/u;

/** A host name in small ASCII letters; null for what is none. */
export function parseHostName(text: string): string | null {
  if (HOST_NAME.test(text)) return text.toLowerCase();
  if (!OTHER_SCRIPT.test(text)) return null;
  const ascii = URL.parse(`http://${text}/`)?.hostname ?? "";
  return HOST_NAME.test(ascii) ? ascii : null;
}
