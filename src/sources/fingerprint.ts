/**
 * A cheap fingerprint of sources: stamps of files instead of their content. As long as it does not change, nothing is
 * read.
 *
 * @module
 */

import { NetgraphError } from "../errors.ts";
import type { Files } from "../runtimes/runtime.ts";
import { isTopologyName, MAX_SOURCE_FILES } from "./read.ts";
import type { PlainSource } from "./source.ts";

/** The part of the machine that is needed. */
export type FingerprintFiles = Pick<Files, "list" | "stat" | "stamp" | "stamps">;

/**
 * The number of files of a folder that one check reads, in parallel: to wait for each separately costs several times as
 * much.
 */
const AT_ONCE = 128;

/** Checks the same sources repeatedly. */
export class SourceFingerprint {
  readonly #files: FingerprintFiles;
  readonly #parts: readonly (() => Promise<string>)[];
  /** The included files of the last read. */
  #included: readonly string[] = [];

  constructor(sources: readonly PlainSource[], files: FingerprintFiles) {
    this.#files = files;
    this.#parts = sources.flatMap((source) => source.kind === "stdin" ? [] : [this.#partOf(source.path)]);
  }

  /**
   * A text that changes whenever the sources may have changed. Links are followed, because a ConfigMap changes behind
   * one. In a folder of more files than one check reads, files that are written in place are detected some checks
   * later.
   */
  async read(): Promise<string> {
    const included = this.#included.length === 0 ? [] : this.#files.stamps(this.#included);
    return [...await Promise.all(this.#parts.map((part) => part())), ...included.map(String)].join("\n");
  }

  /** Watches the files that texts include, too. */
  include(paths: readonly string[]): void {
    this.#included = paths;
  }

  #partOf(path: string): () => Promise<string> {
    const folder = new FolderFingerprint(path, this.#files);
    return async () => {
      try {
        const fact = await this.#files.stat(path);
        return fact?.kind === "directory" ? await folder.read() : `${await this.#files.stamp(path)}`;
      } catch (error) {
        if (error instanceof NetgraphError) return error.code; // Reading reports the reason.
        throw error;
      }
    };
  }
}

/**
 * A folder's own stamp changes when files are created, renamed or removed in it; only then all of its files are
 * checked. Otherwise some of them are checked each time, in turn.
 */
class FolderFingerprint {
  readonly #path: string;
  readonly #files: FingerprintFiles;
  #folder: string | null = null;
  #names: readonly string[] = [];
  /** If there are more files than allowed, the folder's own stamp is enough: reading rejects all of them. */
  #tooMany = false;
  #stamps: (string | null)[] = [];
  #next = 0;

  constructor(path: string, files: FingerprintFiles) {
    this.#path = path;
    this.#files = files;
  }

  async read(): Promise<string> {
    // First, and awaited: a disk that does not answer blocks here, and not the other callers.
    const folder = await this.#files.stamp(this.#path);
    if (folder !== this.#folder) {
      const names = (await this.#files.list(this.#path)).filter(isTopologyName);
      this.#tooMany = names.length > MAX_SOURCE_FILES;
      this.#names = this.#tooMany ? [] : names;
      this.#stamps = [];
      for (let first = 0; first < this.#names.length; first += AT_ONCE) {
        if (first > 0) await this.#files.stamp(this.#path);
        this.#ask(first);
      }
      this.#folder = folder;
    } else {
      this.#ask(this.#next);
      this.#next = this.#next + AT_ONCE < this.#names.length ? this.#next + AT_ONCE : 0;
    }
    if (this.#tooMany) return `${folder}`;
    return this.#names.map((name, index) => `${name} ${this.#stamps[index]}`).join("\n");
  }

  #ask(first: number): void {
    const names = this.#names.slice(first, first + AT_ONCE);
    const stamps = this.#files.stamps(names.map((name) => `${this.#path}/${name}`));
    this.#stamps.splice(first, names.length, ...stamps);
  }
}
