/**
 * Octets for people.
 *
 * @module
 */

const UNITS = ["KiB", "MiB", "GiB", "TiB", "PiB"] as const;

/** `0`, `812`, `1.2 MiB`, `94 GiB`: at most three digits before the unit, one after the point below ten. */
export function formatBytes(bytes: number): string {
  if (bytes < 1024) return String(bytes);
  let value = bytes;
  let unit: string = UNITS[0];
  for (const next of UNITS) {
    value /= 1024;
    unit = next;
    if (value < 999.5) break;
  }
  return `${value < 9.95 ? value.toFixed(1) : Math.round(value)} ${unit}`;
}

/** `0`, `812 B/s`, `1.2 MiB/s` */
export function formatRate(bytesPerSecond: number): string {
  const text = formatBytes(Math.round(bytesPerSecond));
  if (text === "0") return text;
  return text.includes(" ") ? `${text}/s` : `${text} B/s`;
}
