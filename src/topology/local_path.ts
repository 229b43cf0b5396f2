/**
 * Relative `local/` paths: they are taken from the file that names them, so that a topology means the same wherever it
 * is applied from.
 *
 * @module
 */

import { parseText } from "../ascii/parse.ts";
import { quoteText } from "../ascii/quote.ts";
import type { AsciiType } from "../ascii/type.ts";
import type { ArgumentContext, ReadArgument } from "./argument.ts";
import type { MessageDeclaration } from "./declaration.ts";

/** A quoted string that is no path, or a local address: in canonical text nothing else looks like one. */
const LOCAL = /"(?:[^"\\]|\\.)*"|(?<![\w/.])local\/"((?:[^"\\]|\\.)*)"/g;

/** The argument with its relative paths made absolute; null when they cannot be, which is told. */
export function resolveLocalPaths(
  read: ReadArgument,
  type: AsciiType<unknown>,
  { message, collector, baseDirectory }: ArgumentContext & { readonly message: MessageDeclaration },
): ReadArgument | null {
  const { text } = read;
  if (text === null || !text.includes('local/"')) return read;
  let refused: string | null = null;
  const absolute = text.replaceAll(LOCAL, (whole: string, path: string | undefined) => {
    if (path === undefined || !isRelative(path)) return whole;
    if (baseDirectory !== null) {
      return `local/"${quoteText(folder(baseDirectory)).slice(1, -1)}${path.replace(/^\.\//, "")}"`;
    }
    refused = path;
    return whole;
  });
  if (refused !== null) {
    collector.error("no-base-directory", {
      message: `Path "${refused}" is relative, and this text has no folder`,
      span: message.span,
      hint: "write the whole path",
    });
    return null;
  }
  if (absolute === text) return read;
  const value = read.value === undefined ? undefined : parseText(type, absolute);
  return { ...read, text: absolute, value, sample: value ?? read.sample };
}

/** The first relative path in a canonical argument, null where there is none. */
export function findRelativePath(text: string): string | null {
  for (const [, path] of text.matchAll(LOCAL)) if (path !== undefined && isRelative(path)) return path;
  return null;
}

/** A name in Linux's abstract space begins with a NUL, which is an escape here; an expression may be absolute. */
function isRelative(path: string): boolean {
  return path !== "" && !/^(?:\/|\\|\$\{)/.test(path);
}

function folder(path: string): string {
  return path.endsWith("/") ? path : `${path}/`;
}
