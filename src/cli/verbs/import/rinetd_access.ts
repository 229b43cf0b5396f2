/**
 * rinetd's patterns of addresses as blocks, and two lists of them as one: an address passes where the list for all rules
 * has it and the rule's own list has it too.
 *
 * @module
 */

/** A block of addresses: of IPv4 by its first address as a number; of IPv6 all of them or one. */
export interface Block {
  readonly family: "inet" | "inet6";
  readonly first: number;
  readonly prefix: number;
  readonly text: string;
}

/** More blocks than this are no pattern that a list could hold. */
const MAX_BLOCKS = 512;

/** The blocks that hold what a pattern matches: `192.168.*`, `10.1?.*.*`; null for one that blocks cannot express. */
export function blocksOf(pattern: string): readonly Block[] | null {
  if (/^\*+$/.test(pattern)) return [block(0, 0), { family: "inet6", first: 0, prefix: 0, text: "::/0" }];
  if (/^[0-9a-fA-F:.]*:[0-9a-fA-F:.]*$/.test(pattern)) {
    return [{ family: "inet6", first: 0, prefix: 128, text: pattern.toLowerCase() }];
  }
  const parts = pattern.split(".");
  const open = parts.length < 4 && parts.at(-1)?.endsWith("*") === true && !parts.slice(0, -1).join("").includes("*");
  if (!parts.every((part) => /^[0-9?*]+$/.test(part)) || (parts.length !== 4 && !open)) return null;
  const sets = [...parts.map(octetsOf), ...Array<readonly number[]>(4 - parts.length).fill(ALL)];
  const last = sets.findLastIndex((set) => set.length < 256);
  let blocks: readonly Block[] = [block(0, 0)];
  for (const [index, set] of sets.slice(0, last + 1).entries()) {
    const pieces = index === last ? aligned(set) : set.map((octet) => [octet, 8] as const);
    if (blocks.length * pieces.length > MAX_BLOCKS) return null;
    blocks = blocks.flatMap(({ first }) =>
      pieces.map(([octet, bits]) => block(first + octet * 2 ** (24 - 8 * index), 8 * index + bits))
    );
  }
  return blocks;
}

/** The addresses that both lists have. */
export function intersect(one: readonly Block[], other: readonly Block[]): readonly Block[] {
  const common = one.flatMap((a) => other.flatMap((b) => covers(a, b) ? [b] : covers(b, a) ? [a] : []));
  return distinct(common);
}

/** Each block once, and none that is contained in another. */
export function distinct(blocks: readonly Block[]): readonly Block[] {
  return blocks.filter((one, index) =>
    !blocks.some((other, at) => at !== index && covers(other, one) && (at < index || !covers(one, other)))
  );
}

/** True when every address of `inner` is one of `outer` too. */
export function covers(outer: Block, inner: Block): boolean {
  if (outer.family !== inner.family || outer.prefix > inner.prefix) return false;
  if (outer.family === "inet6") return outer.prefix === 0 || outer.text === inner.text;
  const size = 2 ** (32 - outer.prefix);
  return Math.floor(inner.first / size) === Math.floor(outer.first / size);
}

const ALL: readonly number[] = Array.from({ length: 256 }, (_, octet) => octet);

/** The octets whose decimal text a part of a pattern matches. */
function octetsOf(part: string): readonly number[] {
  const matching = new RegExp(`^${part.replaceAll("?", "[0-9]").replaceAll("*", "[0-9]*")}$`);
  return ALL.filter((octet) => matching.test(String(octet)));
}

/** Octets as the fewest blocks: the first octet of each, and how many of its bits count. */
function aligned(octets: readonly number[]): readonly (readonly [octet: number, bits: number])[] {
  const has = new Set(octets);
  const pieces: (readonly [number, number])[] = [];
  for (let octet = 0; octet < 256;) {
    let size = has.has(octet) ? 1 : 0;
    if (size === 0) {
      octet++;
      continue;
    }
    while (octet % (size * 2) === 0 && size < 256 && ALL.slice(octet, octet + size * 2).every((one) => has.has(one))) {
      size *= 2;
    }
    pieces.push([octet, 8 - Math.log2(size)]);
    octet += size;
  }
  return pieces;
}

function block(first: number, prefix: number): Block {
  const octets = [24, 16, 8, 0].map((shift) => Math.floor(first / 2 ** shift) % 256);
  return { family: "inet", first, prefix, text: `${octets.join(".")}/${prefix}` };
}
