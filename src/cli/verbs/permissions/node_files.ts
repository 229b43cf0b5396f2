/**
 * The files that nodes of type file use.
 *
 * @module
 */

import { parseText } from "../../../ascii/parse.ts";
import { string } from "../../../ascii/text.ts";
import type { GraphState } from "../../../graph/data/state.ts";

/** The files of a topology; a path that is not known before it runs is left out. */
export interface NodeFiles {
  readonly read: readonly string[];
  /** Files that are written; they are read too, to notice that they were moved away. */
  readonly written: readonly string[];
}

const PATH = /(?<!\w)path=("(?:[^"\\]|\\.)*")/;
const WRITES = /(?<!\w)mode=(append|truncate)/;

/** The files of a topology. */
export function nodeFilesOf({ nodes, templates }: GraphState): NodeFiles {
  const all = [...nodes, ...templates.flatMap((template) => template.nodes)].filter(({ type }) => type === "file");
  const opened = all.flatMap(({ messages }) => messages.filter(({ command }) => command === "open"));
  const named = opened.flatMap(({ argument }) => {
    const quoted = PATH.exec(argument ?? "")?.[1];
    const path = quoted === undefined ? "${" : parseText(string, quoted);
    return path.includes("${") ? [] : [{ path, isWritten: WRITES.test(argument ?? "") }];
  });
  return {
    read: named.filter(({ isWritten }) => !isWritten).map(({ path }) => path),
    written: named.filter(({ isWritten }) => isWritten).map(({ path }) => path),
  };
}
