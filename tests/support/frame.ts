/**
 * Ethernet frames for tests.
 *
 * @module
 */

/** The address that means all hosts. */
export const EVERYBODY = 0xffff_ffff_ffff;

/** A frame between hosts that are numbers: 1 is `02:00:00:00:00:01`, 0x101 the group `03:00:00:00:00:01`. */
export function frame(source: number, destination: number, text = ""): Uint8Array<ArrayBuffer> {
  const payload = new TextEncoder().encode(text);
  return Uint8Array.from([...address(destination), ...address(source), 0x08, 0x00, ...payload]);
}

/** The address of a host as it is written. */
export function addressText(host: number): string {
  return address(host).map((octet) => octet.toString(16).padStart(2, "0")).join(":");
}

function address(host: number): number[] {
  if (host === EVERYBODY) return Array.from({ length: 6 }, () => 0xff);
  // The first octet's lowest bit distinguishes several receivers from one.
  return [host > 0xff ? 0x03 : 0x02, 0, 0, 0, 0, host & 0xff];
}
