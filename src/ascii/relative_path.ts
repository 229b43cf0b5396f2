/**
 * Relative paths in an argument: those of `local/` addresses, and the fields that name a file. They are relative to the
 * file that contains them, or to the folder of the client, so that they mean the same in every working folder.
 *
 * @module
 */

import type { TypeDescription } from "./description.ts";
import type { Literal } from "./literal.ts";
import { literalFromAscii } from "./literal_of_text.ts";
import { fieldDescription, formatLiteral } from "./parse.ts";
import { quoteText } from "./quote.ts";

/** A quoted string that is not a path, or a local address: in canonical text nothing else has this form. */
const LOCAL = /"(?:[^"\\]|\\.)*"|(?<![\w/.])local\/"((?:[^"\\]|\\.)*)"/g;

/** Whether a type has fields that name a file: descriptions do not change. */
const known = new WeakMap<TypeDescription, boolean>();

/** An argument in ASCII form with its relative paths made absolute. */
export function absolutePaths(text: string, description: TypeDescription, folder: string): string {
  const prefix = folder.endsWith("/") ? folder : `${folder}/`;
  const absolute = text.includes('local/"')
    ? text.replaceAll(LOCAL, (whole: string, path: string | undefined) => {
      if (path === undefined || !isRelative(path)) return whole;
      return `local/"${quoteText(prefix).slice(1, -1)}${withoutDot(path)}"`;
    })
    : text;
  const literal = hasFiles(description) ? literalFromAscii(absolute) : null;
  if (literal === null) return absolute;
  return formatLiteral(
    description,
    mapFiles(literal, description, (path) => {
      return isRelative(path) ? `${prefix}${withoutDot(path)}` : path;
    }),
  );
}

/** The first relative path in an argument in ASCII form; null if there is none. */
export function findRelativePath(text: string, description: TypeDescription): string | null {
  for (const [, path] of text.matchAll(LOCAL)) if (path !== undefined && isRelative(path)) return path;
  const literal = hasFiles(description) ? literalFromAscii(text) : null;
  const found: string[] = [];
  if (literal !== null) mapFiles(literal, description, (path) => (found.push(path), path));
  return found.find(isRelative) ?? null;
}

function hasFiles(description: TypeDescription): boolean {
  const has = known.get(description) ?? findsFile(description);
  known.set(description, has);
  return has;
}

function findsFile(description: TypeDescription): boolean {
  switch (description.kind) {
    case "string":
      return description.file !== undefined;
    case "struct":
      return description.fields.some(({ type }) => findsFile(type));
    case "array":
    case "dictionary":
      return findsFile(description.element);
    default:
      return false;
  }
}

function mapFiles(literal: Literal, description: TypeDescription | null, map: (path: string) => string): Literal {
  switch (literal.kind) {
    case "none":
      return literal;
    case "word": {
      const isFile = description?.kind === "string" && description.file?.words.includes(literal.text) === false;
      return isFile ? { kind: "word", text: map(literal.text) } : literal;
    }
    case "struct": {
      const fields = literal.fields.map(({ name, value }) => {
        return { name, value: mapFiles(value, fieldDescription(description, name), map) };
      });
      return { kind: "struct", fields };
    }
    case "array": {
      const element = description?.kind === "array" ? description.element : null;
      return { kind: "array", elements: literal.elements.map((each) => mapFiles(each, element, map)) };
    }
  }
}

/** A name in Linux's abstract space begins with a NUL, which is an escape here, or with @; an expression may be absolute. */
function isRelative(path: string): boolean {
  return path !== "" && !/^(?:[\/@\\]|\$\{)/.test(path);
}

function withoutDot(path: string): string {
  return path.replace(/^\.\//, "");
}
