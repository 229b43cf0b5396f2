/**
 * The generations of a topology as a person reads them.
 *
 * @module
 */

import type { Generation } from "../control/operations.ts";
import { displayPath } from "./place.ts";
import type { StatusStyle } from "./status/status_view.ts";
import { type Column, layOutTable } from "./table.ts";

const COLUMNS: readonly Column[] = [
  { title: "GENERATION", side: "end" },
  { title: "APPLIED" },
  { title: "RESULT" },
  { title: "SOURCE", least: 8 },
  { title: "REVISION", least: 8 },
];

/** As much of a digest as tells two apart. */
const DIGEST_LENGTH = 12;

/** A table; the generation that is wanted now is marked. */
export function historyLines(
  generations: readonly Generation[],
  { width, base, paint }: Pick<StatusStyle, "width" | "base" | "paint">,
): readonly string[] {
  const rows = generations.map(({ generation, result, current, source, appliedAt }) => [
    String(generation),
    appliedAt.replace(/\.\d+Z$/, "Z"),
    current ? `${result}, current` : result,
    source.kind === "file" ? displayPath(base, source.location) : `<${source.kind}>`,
    shortRevision(source.revision),
  ]);
  const [header = "", ...lines] = layOutTable(COLUMNS, rows, { width });
  return [paint("faint", header), ...lines];
}

/** `sha256:` and the beginning of the digest. */
function shortRevision(revision: string | null): string {
  if (revision === null) return "-";
  const [, algorithm = "", digest] = /^(\w+:)([0-9a-f]+)$/.exec(revision) ?? [];
  return digest === undefined ? revision : algorithm + digest.slice(0, DIGEST_LENGTH);
}
