/**
 * Reads the JUnit files that `deno test` and `bun test` write, as far as counting needs it.
 *
 * @module
 */

/** What became of the tests of one run. */
export interface Tally {
  /** How many passed. */
  readonly passed: number;
  /** How many failed. */
  readonly failed: number;
  /** The names of those that were skipped; the harness writes the reason into the name. */
  readonly skipped: readonly string[];
}

/** A test case with its body, which is absent where it passed on Bun and blank where it passed on Deno. */
const CASE = /<testcase\b([^>]*?)(?:\/>|>(.*?)<\/testcase>)/gs;

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ["&lt;", "<"],
  ["&gt;", ">"],
  ["&quot;", '"'],
  ["&apos;", "'"],
  ["&amp;", "&"],
]);

/** Counts the test cases of a JUnit file. */
export function parseJunit(xml: string): Tally {
  const skipped: string[] = [];
  let passed = 0;
  let failed = 0;
  for (const [, attributes = "", body = ""] of xml.matchAll(CASE)) {
    if (/<(failure|error)\b/.test(body)) failed++;
    else if (/<skipped\b/.test(body)) skipped.push(nameIn(attributes));
    else passed++;
  }
  return { passed, failed, skipped };
}

function nameIn(attributes: string): string {
  const name = /\bname="([^"]*)"/.exec(attributes)?.[1] ?? "";
  return name.replace(/&(?:lt|gt|quot|apos|amp);/g, (entity) => ENTITIES.get(entity) ?? entity);
}
