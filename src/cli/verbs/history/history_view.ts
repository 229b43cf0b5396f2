/**
 * The generations of a topology as a person reads them.
 *
 * @module
 */

import type { Generation } from "../../../api/operations/topology.ts";
import { displayPath } from "../../paths.ts";
import type { StatusStyle } from "../status/status_view.ts";
import { type Column, layOutTable } from "../../table.ts";

const COLUMNS: readonly Column[] = [
  { title: "GENERATION", side: "end" },
  { title: "APPLIED" },
  { title: "RESULT" },
  { title: "SOURCE", least: 8 },
  { title: "REVISION", least: 8, spare: 1 },
];

/** The shortest part of a digest that distinguishes it. */
const DIGEST_LENGTH = 12;

/** A table; the current desired generation is marked. */
export function historyLines(
  generations: readonly Generation[],
  { width, base, paint }: Pick<StatusStyle, "width" | "base" | "paint">,
): readonly string[] {
  const rows = generations.map(({ generation, result, current, source, appliedAt }) => [
    String(generation),
    appliedAt.replace(/\.\d+Z$/, "Z"),
    current ? `${result}, current` : result,
    placeOf(source, base),
    shortRevision(source.revision),
  ]);
  const [header = "", ...lines] = layOutTable(COLUMNS, rows, { width });
  return [paint("faint", header), ...lines];
}

/** The file, or the address of a repository or a text on the web. */
function placeOf({ kind, location }: Generation["source"], base: string): string {
  if (kind === "file") return displayPath(base, location);
  return kind === "git" || kind === "url" ? location : `<${kind}>`;
}

/** The beginning of a commit or a digest, which has `sha256:` before it. */
function shortRevision(revision: string | null): string {
  if (revision === null) return "-";
  const [, algorithm = "", digest] = /^(\w+:)?([0-9a-f]{40,})$/.exec(revision) ?? [];
  return digest === undefined ? revision : algorithm + digest.slice(0, DIGEST_LENGTH);
}
