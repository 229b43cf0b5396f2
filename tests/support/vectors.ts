/**
 * The reference vectors, and which test runs which of them: no line may be left out, and none is without a test.
 *
 * @module
 */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "../harness.ts";

/** One line. */
export interface Vector {
  readonly kind: string;
  readonly in?: string;
  readonly out?: string;
  readonly hex?: string;
  readonly error?: string;
  readonly type?: unknown;
  readonly family?: number;
  readonly proto?: number;
  readonly quirk?: boolean;
  /** What we decided differently. */
  readonly overruled?: string;
  readonly [key: string]: unknown;
}

const LANGUAGE = "tests/vectors_test.ts";
const NODES = "tests/vectors_nodes_test.ts";
const KSOCKET = "tests/vectors_ksocket_test.ts";
const SHELL = "tests/cli/ngctl/vectors_test.ts";

/** The test that answers for all lines of a kind. */
export const ANSWERS: Readonly<Record<string, string>> = {
  accept_unparse: LANGUAGE,
  bridge_hookname: NODES,
  clone_hookname: LANGUAGE,
  dataflow: NODES,
  getopt_ascii: LANGUAGE,
  getopt_reply_unparse: LANGUAGE,
  hook_name_generic: NODES,
  hookname: LANGUAGE,
  hookname_old: LANGUAGE,
  id_decode: LANGUAGE,
  ksocket_msg: KSOCKET,
  lifecycle: NODES,
  ng_parse: LANGUAGE,
  ng_parse_struct: LANGUAGE,
  ng_unparse: LANGUAGE,
  ngctl_command: SHELL,
  ngctl_line: SHELL,
  ngctl_write_byte: SHELL,
  node_name: LANGUAGE,
  one2many_hookname: NODES,
  path_parse: LANGUAGE,
  sockaddr_parse: LANGUAGE,
  sockaddr_parse_v5: LANGUAGE,
  sockaddr_tag: KSOCKET,
  sockaddr_unparse: LANGUAGE,
  socreate: KSOCKET,
  sockopt_parse: LANGUAGE,
  sockopt_unparse: LANGUAGE,
};

/** All lines. */
export const VECTORS: readonly Vector[] = readFileSync(new URL("../reference/vectors.jsonl", import.meta.url), "utf8")
  .split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));

/** The vectors that one test file answers for. */
export class VectorTests {
  readonly #file: string;
  readonly #kinds = new Set<string>();

  /** `file` is its path from the repository's root. */
  constructor(file: string) {
    this.#file = file;
  }

  /** Declares a test of all lines of a kind. */
  each(kind: string, check: (vector: Vector) => void | Promise<void>): void {
    assert.ok(!this.#kinds.has(kind), `Vectors of ${kind} have a test already`);
    this.#kinds.add(kind);
    const chosen = VECTORS.filter((vector) => vector.kind === kind);
    test(`all ${chosen.length} vectors of ${kind} hold`, async () => {
      assert.ok(chosen.length > 0);
      for (const vector of chosen) {
        try {
          await check(vector);
        } catch (cause) {
          const why = cause instanceof Error ? cause.message : cause;
          throw new Error(`Vector ${JSON.stringify(vector)}: ${why}`, { cause });
        }
      }
    });
  }

  /** Declares the test that no kind was forgotten. */
  done(): void {
    test(`${this.#file} runs every kind of vector that it answers for`, () => {
      const desired = Object.keys(ANSWERS).filter((kind) => ANSWERS[kind] === this.#file);
      assert.deepEqual([...this.#kinds].sort(), desired.sort());
    });
  }
}
