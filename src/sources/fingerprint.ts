/**
 * A cheap look at sources: stamps of files instead of what is in them. As long as it stays the same, nobody reads.
 *
 * @module
 */

import { NetgraphError } from "../errors.ts";
import type { Files } from "../runtimes/runtime.ts";
import { isTopologyName, MAX_SOURCE_FILES } from "./read.ts";
import type { PlainSource } from "./source.ts";

/** What of the machine is needed. */
export type FingerprintFiles = Pick<Files, "list" | "stat" | "stamp" | "stamps">;

/** How many files of a folder one look asks for, all at once: to wait for each by itself costs several times as much. */
const AT_ONCE = 128;

/** Looks at the same sources again and again. */
export class SourceFingerprint {
  readonly #files: FingerprintFiles;
  readonly #looks: readonly (() => Promise<string>)[];

  constructor(sources: readonly PlainSource[], files: FingerprintFiles) {
    this.#files = files;
    this.#looks = sources.flatMap((source) => source.kind === "stdin" ? [] : [this.#lookAt(source.path)]);
  }

  /**
   * A text that differs whenever the sources may differ. Links are followed, as a ConfigMap is changed behind one. In a
   * folder of more files than are asked for at once, those that are written in place are found some looks later.
   */
  async look(): Promise<string> {
    return (await Promise.all(this.#looks.map((look) => look()))).join("\n");
  }

  #lookAt(path: string): () => Promise<string> {
    const folder = new FolderFingerprint(path, this.#files);
    return async () => {
      try {
        const fact = await this.#files.stat(path);
        return fact?.kind === "directory" ? await folder.look() : `${await this.#files.stamp(path)}`;
      } catch (error) {
        if (error instanceof NetgraphError) return error.code; // Reading says why.
        throw error;
      }
    };
  }
}

/**
 * A folder's own stamp tells of all that is made, renamed or removed in it; only then all of its files are looked at.
 * Otherwise it is some of them each time, in turn.
 */
class FolderFingerprint {
  readonly #path: string;
  readonly #files: FingerprintFiles;
  #folder: string | null = null;
  #names: readonly string[] = [];
  /** Where there are more files than are taken, the folder's own stamp is enough: reading refuses all of them. */
  #tooMany = false;
  #stamps: (string | null)[] = [];
  #next = 0;

  constructor(path: string, files: FingerprintFiles) {
    this.#path = path;
    this.#files = files;
  }

  async look(): Promise<string> {
    // First, and waited for: who stands still with a disk that is gone does so here, and not where all others wait.
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
