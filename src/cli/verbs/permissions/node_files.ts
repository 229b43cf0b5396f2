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

const PROXY = /(?<!\w)via="(?:socks5|http):\/\/([^"/]+)\/?"/i;
const CREDENTIALS = /(?<!\w)viaCredentials=("(?:[^"\\]|\\.)*")/;

/** The proxies that sockets connect through, and the files with their credentials. */
export function proxiesOf({ nodes, templates }: GraphState): {
  readonly hosts: readonly string[];
  readonly files: readonly string[];
} {
  const all = [...nodes, ...templates.flatMap((template) => template.nodes)];
  const settings = all.flatMap(({ messages }) => messages.filter(({ command }) => command === "setconfig"));
  const texts = settings.map(({ argument }) => argument ?? "");
  return {
    hosts: texts.flatMap((text) => PROXY.exec(text)?.[1] ?? []),
    files: texts.flatMap((text) => CREDENTIALS.exec(text)?.[1] ?? []).map((quoted) => parseText(string, quoted)),
  };
}

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
