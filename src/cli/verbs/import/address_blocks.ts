/**
 * Ordered rules that permit and refuse blocks of addresses, as the lists `allow` and `deny`, whose order does not count.
 *
 * @module
 */

/** A block of addresses: the bits of its first address, and how many of them count. */
interface Block {
  readonly family: 4 | 6;
  readonly first: bigint;
  readonly prefix: number;
}

/** One rule; the first rule that has an address decides. */
export interface AccessRule {
  readonly permits: boolean;
  /** `10.0.0.0/8`, `::1`, or `all`. */
  readonly blocks: readonly string[];
  /** True: the rule is for all addresses except these. */
  readonly except?: boolean;
}

/** The two lists of `accept`; an absent one is empty. */
export interface AccessLists {
  readonly allow: readonly string[];
  readonly deny: readonly string[];
  /** True if no address is permitted. */
  readonly refusesAll: boolean;
}

const BITS = { 4: 32, 6: 128 } as const;
const FAMILIES = [4, 6] as const;

/**
 * The lists that have the effect of rules; an address without a rule is permitted.
 *
 * @returns null for a text that is no block of addresses
 */
export function accessLists(rules: readonly AccessRule[]): AccessLists | null {
  let decided: readonly Block[] = [];
  const permitted: Block[] = [];
  const refused: Block[] = [];
  for (const { permits, blocks: texts, except } of rules) {
    const given: Block[] = [];
    for (const text of texts) {
      const block = text === "all" ? FAMILIES.map(everything) : parseBlock(text);
      if (block === null) return null;
      given.push(...block);
    }
    const blocks = except === true ? FAMILIES.flatMap((family) => without(everything(family), given)) : given;
    for (const one of blocks) (permits ? permitted : refused).push(...without(one, decided));
    decided = [...decided, ...blocks];
  }
  const rest = FAMILIES.flatMap((family) => without(everything(family), decided));
  const admitted = [...permitted, ...rest];
  const isAll = refused.length === 0;
  // Both lists say the same; the shorter one is easier to read.
  const [allow, deny] = admitted.length <= refused.length ? [admitted, []] : [[], refused];
  return {
    allow: isAll ? [] : allow.map(formatBlock),
    deny: isAll ? [] : deny.map(formatBlock),
    refusesAll: admitted.length === 0,
  };
}

function everything(family: 4 | 6): Block {
  return { family, first: 0n, prefix: 0 };
}

function parseBlock(text: string): readonly Block[] | null {
  const [address = "", bits, ...more] = text.split("/");
  const family = address.includes(":") ? 6 : 4;
  const first = family === 6 ? parse6(address) : parse4(address);
  const mask = bits !== undefined && bits.includes(".") ? maskLength(bits) : null;
  const prefix = bits === undefined ? BITS[family] : mask ?? (/^\d+$/.test(bits) ? Number(bits) : -1);
  if (first === null || more.length > 0 || prefix < 0 || prefix > BITS[family]) return null;
  const rest = BigInt(BITS[family] - prefix);
  return [{ family, first: first >> rest << rest, prefix }];
}

function maskLength(text: string): number {
  const mask = parse4(text);
  const bits = mask?.toString(2).padStart(32, "0") ?? "";
  return /^1*0*$/.test(bits) && bits !== "" ? bits.replaceAll("0", "").length : -1;
}

function parse4(text: string): bigint | null {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256)) return null;
  return parts.reduce((sum, part) => (sum << 8n) + BigInt(part), 0n);
}

function parse6(text: string): bigint | null {
  const [head = "", tail, ...more] = text.split("::");
  const groups = (part: string): readonly string[] => part === "" ? [] : part.split(":");
  const before = groups(head);
  const after = tail === undefined ? [] : groups(tail);
  const missing = 8 - before.length - after.length;
  if (more.length > 0 || (tail === undefined ? missing !== 0 : missing < 1)) return null;
  const all = [...before, ...Array<string>(missing).fill("0"), ...after];
  if (!all.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return null;
  return all.reduce((sum, group) => (sum << 16n) + BigInt(`0x${group}`), 0n);
}

/** The rest of a block without others. */
function without(block: Block, others: readonly Block[]): readonly Block[] {
  const inside = others.filter((one) => overlaps(one, block));
  if (inside.length === 0) return [block];
  if (inside.some(({ prefix }) => prefix <= block.prefix)) return [];
  const prefix = block.prefix + 1;
  const half = 1n << BigInt(BITS[block.family] - prefix);
  return [block.first, block.first + half].flatMap((first) => without({ family: block.family, first, prefix }, inside));
}

function overlaps(one: Block, other: Block): boolean {
  if (one.family !== other.family) return false;
  const rest = BigInt(BITS[one.family] - Math.min(one.prefix, other.prefix));
  return one.first >> rest === other.first >> rest;
}

function formatBlock({ family, first, prefix }: Block): string {
  const width = family === 4 ? 8 : 16;
  const count = BITS[family] / width;
  const parts = Array.from({ length: count }, (_, index) => {
    const part = (first >> BigInt(width * (count - 1 - index))) & ((1n << BigInt(width)) - 1n);
    return part.toString(family === 4 ? 10 : 16);
  });
  const text = family === 4 ? parts.join(".") : compress(parts);
  return prefix === BITS[family] ? text : `${text}/${prefix}`;
}

function compress(groups: readonly string[]): string {
  const full = groups.join(":");
  const zeros = full.match(/(?:^|:)0(?::0)+(?=:|$)/g)?.toSorted((a, b) => b.length - a.length)[0];
  return zeros === undefined ? full : full.replace(zeros, "::").replace(/:{3,}/, "::");
}
