/**
 * The formats that `import` reads, in one table: help, messages and documentation follow from it.
 *
 * @module
 */

/** The formats, with what a file of each is. */
export const IMPORT_FORMATS = {
  nginx: "an nginx configuration with stream servers",
  haproxy: "an HAProxy configuration",
  systemd: "a .socket unit with its systemd-socket-proxyd service",
  compose: "a docker compose file",
  gost: "gost command lines, or its configuration",
  rinetd: "a rinetd.conf",
  socat: "socat command lines",
  ngctl: "an ngctl script",
} as const;

/** One of {@linkcode IMPORT_FORMATS}. */
export type ImportFormat = keyof typeof IMPORT_FORMATS;

/** The names, for options. */
export const FORMAT_NAMES: readonly ImportFormat[] = [
  "nginx",
  "haproxy",
  "systemd",
  "compose",
  "gost",
  "rinetd",
  "socat",
  "ngctl",
];

/** `a, b or c` */
export function orList(words: readonly string[]): string {
  return `${words.slice(0, -1).join(", ")} or ${words.at(-1) ?? ""}`;
}
