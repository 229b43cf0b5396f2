/**
 * ClientHellos of a test's own, octet by octet.
 *
 * @module
 */

/** Bytes behind their number, which has `size` octets. */
export function vector(size: 1 | 2 | 3, bytes: readonly number[]): readonly number[] {
  const { length } = bytes;
  const head = [length >> 16, length >> 8 & 255, length & 255].slice(3 - size);
  return [...head, ...bytes];
}

const ascii = (text: string): readonly number[] => [...text].map((letter) => letter.charCodeAt(0));

/** An extension. */
export function extension(type: number, body: readonly number[]): readonly number[] {
  return [type >> 8, type & 255, ...vector(2, body)];
}

/** The extension of the name that the client asks for. */
export function serverName(...names: readonly string[]): readonly number[] {
  return extension(0, vector(2, names.flatMap((name) => [0, ...vector(2, ascii(name))])));
}

/** The extension of the protocols that the client offers. */
export function alpn(...names: readonly string[]): readonly number[] {
  return extension(16, vector(2, names.flatMap((name) => vector(1, ascii(name)))));
}

/** An extension that no server knows (RFC 8701). */
export const GREASE: readonly number[] = extension(0x1a1a, []);

/** An extension that fills a message up. */
export function padding(length: number): readonly number[] {
  return extension(21, Array<number>(length).fill(0));
}

/** The handshake message. */
export function hello(...extensions: (readonly number[])[]): readonly number[] {
  const fixed = [3, 3, ...Array<number>(32).fill(7)];
  const body = [...fixed, ...vector(1, []), ...vector(2, [0x1a, 0x1a, 0x13, 0x01]), ...vector(1, [0])];
  return [1, ...vector(3, [...body, ...vector(2, extensions.flat())])];
}

/** A message in records of that many bytes. */
export function records(bytes: readonly number[], size = 1 << 14): Uint8Array<ArrayBuffer> {
  const parts: number[] = [];
  for (let at = 0; at < bytes.length; at += size) parts.push(22, 3, 1, ...vector(2, bytes.slice(at, at + size)));
  return new Uint8Array(parts);
}
