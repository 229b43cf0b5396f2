/**
 * Sources of topologies, as named by the user, and the texts that were read from them.
 *
 * @module
 */

import type { Included } from "../topology/parse/include.ts";
import { addressWithoutSecrets } from "./secret_text.ts";
import { resolvePath } from "./path.ts";
import { SourceError } from "./source_error.ts";

/** The place of topologies; a path is absolute, so that another process can read the same. */
export type Source =
  | { readonly kind: "path"; /** As written. */ readonly name: string; readonly path: string }
  | { readonly kind: "stdin" }
  | UrlSource
  | GitSource;

/** A source on this machine. */
export type PlainSource = Exclude<Source, UrlSource | GitSource>;

/** A text on the web. */
export interface UrlSource {
  /** The kind of source. */
  readonly kind: "url";
  /** The address. It may have a password, which is never shown. */
  readonly url: string;
}

/** A branch of a Git repository. */
export interface GitSource {
  /** The kind of source. */
  readonly kind: "git";
  /** The address for git; it may have a password, which is never shown. */
  readonly url: string;
  /** A branch, tag or commit. */
  readonly ref: string;
  /** A file or folder in it, without slashes at its ends; empty for all of it. */
  readonly path: string;
}

/** A text that was read. */
export interface SourceText {
  /** The name in output. */
  readonly name: string;
  readonly octets: Uint8Array;
  readonly kind: "file" | "stdin" | "url" | "git";
  /** The absolute path; `-` for standard input. */
  readonly location: string;
  /** `sha256:` and the digest of the text and what it includes; in Git the commit. */
  readonly revision: string;
  /** The included files; absent if there are none. */
  readonly included?: Included;
}

/** The location of standard input. */
export const STDIN = "-";
/** Other names that the system has for it. Deno opens them only with all permissions. */
const STDIN_PATHS: readonly string[] = ["/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"];

/** An address that the URL standard does not have to repair. */
const USUAL_URL = /^https?:\/\/[^\s"'<>\\]+$/;

/**
 * Parses the text of a source.
 *
 * @param base the folder for relative paths
 * @throws SourceError for an unknown kind of source
 */
export function parseSource(word: string, base: string): PlainSource | UrlSource {
  if (word === STDIN || STDIN_PATHS.includes(word)) return { kind: "stdin" };
  const shown = addressWithoutSecrets(word);
  if (/^https?:/i.test(word)) {
    if (URL.canParse(word)) return { kind: "url", url: USUAL_URL.test(word) ? word : new URL(word).href };
    throw new SourceError("usage", `"${shown}" is not a web address`);
  }
  if (/^(git|ssh|git\+\w+):\/\//i.test(word)) {
    throw new SourceError("usage", `"${shown}" is a repository: apply --git URL follows one`);
  }
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(word)) {
    throw new SourceError("usage", `Cannot read "${shown}": an address of a source begins with https:// or http://`);
  }
  return { kind: "path", name: word, path: resolvePath(base, word) };
}
