/**
 * Absolute paths as text.
 *
 * @module
 */

/** An absolute path without `.` and `..`. */
export function resolvePath(base: string, path: string): string {
  const segments: string[] = [];
  for (const segment of (path.startsWith("/") ? path : `${base}/${path}`).split("/")) {
    if (segment === "" || segment === ".") continue;
    if (segment === "..") segments.pop();
    else segments.push(segment);
  }
  return `/${segments.join("/")}`;
}

/** What stands before the last slash; `/` for a path in the root. */
export function directoryOf(path: string): string {
  return path.slice(0, Math.max(1, path.lastIndexOf("/")));
}

/** What stands behind the last slash. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** A path as it may be printed: what would steer a terminal, or begin a line of its own, by its number. */
export function printable(path: string): string {
  // deno-lint-ignore no-control-regex -- Control characters are what this is about.
  return path.replace(/[\x00-\x1f\x7f-\x9f\u2028\u2029]/g, (character) => {
    return `\\u{${character.charCodeAt(0).toString(16)}}`;
  });
}
