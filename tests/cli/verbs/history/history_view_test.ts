/**
 * The table of `history`.
 *
 * @module
 */

import assert from "node:assert/strict";
import { historyLines } from "../../../../src/cli/verbs/history/history_view.ts";
import { test } from "../../../harness.ts";

test("historyLines() names the repository and the file, and shortens commits and digests", () => {
  const generation = { result: "applied", current: false, appliedAt: "2026-11-30T09:00:00.000Z" } as const;
  const commit = "0123456789abcdef0123456789abcdef01234567";
  const sources = [
    { kind: "git", location: "https://git.example.org/net.git#main:/net/web.yaml", revision: commit },
    { kind: "file", location: "/home/web.yaml", revision: `sha256:${commit}${commit.slice(0, 24)}` },
    { kind: "stdin", location: "<stdin>", revision: null },
  ];
  const lines = historyLines(
    sources.map((source, index) => ({ ...generation, generation: index + 1, source })),
    { width: Infinity, base: "/home", paint: (_tone, text) => text },
  );
  assert.deepEqual(lines.slice(1).map((line) => line.trim().split(/ {2,}/).slice(3)), [
    ["https://git.example.org/net.git#main:/net/web.yaml", "0123456789ab"],
    ["web.yaml", "sha256:0123456789ab"],
    ["<stdin>", "-"],
  ]);
});
