/**
 * A branch of a Git repository as a source, by the system's git: fetched shallow into a private folder without a work
 * tree, and read from the one commit of the branch. After a forced push the branch is simply at another commit.
 *
 * Git never prompts, and the password of an address is never printed.
 *
 * @module
 */

import { NetgraphError } from "../errors.ts";
import type { CommandResult, CommandRunner } from "../runtimes/command_runner.ts";
import type { Files } from "../runtimes/runtime.ts";
import { MAX_FILE_BYTES, MAX_FILE_TEXT, MAX_SOURCE_BYTES } from "../topology/parse/text_limits.ts";
import { printable } from "../printable.ts";
import { gitLocation, gitOrigins } from "./git_address.ts";
import { addressWithoutSecrets, withoutSecrets } from "./secret_text.ts";
import { type BatchMode, type GitObject, gitObjects } from "./git_objects.ts";
import { type IncludeReader, pathInside, withIncludes } from "./include.ts";
import { isTopologyName, requireSourceSize } from "./read.ts";
import type { SourceSnapshot } from "./source_snapshot.ts";
import type { GitSource, SourceText } from "./source.ts";
import { SourceError } from "./source_error.ts";

/** The part of the machine that is needed. */
export interface GitMachine {
  readonly files: Pick<Files, "makeTemporary" | "removeAll">;
  readonly commands: CommandRunner;
}

const TIMEOUT_MS = 60_000;
/** All files of a source, and git's answer about each. */
const MAX_OUTPUT_BYTES = 2 * MAX_SOURCE_BYTES;
/** Git itself stops waiting for a web server that sends nothing for 30 s. */
const SLOW = ["-c", "http.lowSpeedLimit=1", "-c", "http.lowSpeedTime=30"];
/** The reference to the commit that was fetched last. */
const HEAD = "refs/sockgraph/head";

const ENVIRONMENT = {
  GIT_TERMINAL_PROMPT: "0",
  GIT_ASKPASS: "true",
  SSH_ASKPASS: "true",
  GIT_SSH_COMMAND: "ssh -oBatchMode=yes -oConnectTimeout=30",
  // A repository that refers to others must not make us run programs: no ext:: or similar.
  GIT_ALLOW_PROTOCOL: "file:https:http:ssh",
  LC_ALL: "C",
};

/** A file of a commit. */
interface GitFile {
  readonly path: string;
  readonly bytes: number;
}

/** Reads a branch repeatedly. Its creator closes it. */
export class GitReader {
  readonly #source: GitSource;
  readonly #machine: GitMachine;
  readonly #closing = new AbortController();
  #folder: string | null = null;
  /** The read in progress. */
  #reading: Promise<SourceSnapshot> | null = null;

  constructor(source: GitSource, machine: GitMachine) {
    this.#source = source;
    this.#machine = machine;
  }

  /** Fetches and reads. Errors are part of the result. */
  read(): Promise<SourceSnapshot> {
    this.#reading = this.#read();
    return this.#reading;
  }

  async #read(): Promise<SourceSnapshot> {
    try {
      const commit = await this.#fetch();
      const texts = await this.#textsAt(commit);
      const mark = [commit, ...texts.map(({ location }) => location)].join("\n");
      return { kind: "texts", mark, texts, origins: gitOrigins(this.#source), at: `commit ${commit.slice(0, 7)}` };
    } catch (error) {
      if (!(error instanceof SourceError) && !(error instanceof NetgraphError)) throw error;
      return { kind: "unreadable", mark: `! ${error.message}`, error };
    }
  }

  /** Cancels a read in progress, and removes the fetched data. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#reading;
    if (this.#folder !== null) await this.#machine.files.removeAll(this.#folder);
    this.#folder = null;
  }

  async #fetch(): Promise<string> {
    const { url, ref } = this.#source;
    if (this.#closing.signal.aborted) {
      throw new NetgraphError("ECANCELED", `Cannot fetch ${this.#shown}: reading has ended`);
    }
    if (this.#folder === null) {
      this.#folder = await this.#machine.files.makeTemporary("sockgraph-git-");
      await this.#git("make a folder for", ["init", "--quiet", "--bare"]);
    }
    await this.#git(`fetch "${ref}" of`, [
      ...["fetch", "--quiet", "--depth=1", "--no-tags", "--force", "--no-recurse-submodules"],
      ...["--", url, `+${ref}:${HEAD}`],
    ]);
    const { stdout } = await this.#git(`find "${ref}" in`, ["rev-parse", "--verify", `${HEAD}^{commit}`]);
    return new TextDecoder().decode(stdout).trim();
  }

  async #textsAt(commit: string): Promise<readonly SourceText[]> {
    const { path, ref } = this.#source;
    const files = await this.#filesAt(commit);
    if (files.length === 0) {
      const where = path === "" ? `"${ref}"` : `"${path}" of "${ref}"`;
      const what = `no file in ${where} of ${this.#shown} ends in .yaml or .yml`;
      throw new SourceError("invalid", `There is no topology at commit ${commit.slice(0, 7)}: ${what}`);
    }
    requireSourceSize(files.map(({ bytes }) => bytes), `Repository ${this.#shown}`);
    const answer = await this.#objects("read files of", commit, files.map(({ path }) => path), "--batch");
    const paths = new Map<string, string>();
    const texts = gitObjects(answer, "--batch").map(({ contents }, index): SourceText => {
      const name = printable(files[index]?.path ?? "");
      const location = gitLocation(this.#source, name);
      paths.set(location, files[index]?.path ?? "");
      return { name, octets: contents, kind: "git", location, revision: commit };
    });
    return await withIncludes(texts, this.#includes(commit, paths));
  }

  /** Included files of a commit: they are in the repository. */
  #includes(commit: string, paths: Map<string, string>): IncludeReader {
    return {
      resolve: (from, word) => {
        const path = pathInside(paths.get(from) ?? "", word);
        if (path === null) return { problem: `Cannot include "${printable(word)}": it is outside the repository` };
        const key = gitLocation(this.#source, printable(path));
        paths.set(key, path);
        return { key };
      },
      read: async (key, name) => {
        const path = paths.get(key) ?? "";
        const [object] = await this.#find(commit, [path]);
        if (object?.kind === "link") throw this.#refusedLink(path, object);
        if (object?.kind !== "blob") {
          const why = object?.kind === "tree" ? "it is a folder" : "the repository has no such file";
          throw new SourceError("invalid", `Cannot read "${name}": ${why}`);
        }
        this.#file(path, object);
        const [found] = gitObjects(await this.#objects("read files of", commit, [path], "--batch"), "--batch");
        return found?.contents ?? new Uint8Array();
      },
      directoryOf: () => null,
    };
  }

  /** The files that hold topologies: the path itself, or the files directly in it. Links are followed. */
  async #filesAt(commit: string): Promise<readonly GitFile[]> {
    const { path } = this.#source;
    const [root] = path === "" ? [] : await this.#find(commit, [path]);
    if (root?.kind === "missing") return [];
    if (root?.kind === "blob") return [this.#file(path, root)];
    if (root?.kind === "link") throw this.#refusedLink(path, root);
    const { stdout } = await this.#git("list", ["ls-tree", "-z", root?.id ?? commit]);
    const entries = new TextDecoder().decode(stdout).split("\0").map(entryOf).filter(({ name }) =>
      isTopologyName(name)
    );
    const names = entries.map(({ name }) => name);
    const broken = names.find((name) => name.includes("\n"));
    if (broken !== undefined) {
      throw new SourceError(
        "invalid",
        `Cannot read "${printable(broken)}" of ${this.#shown}: its name has a line break`,
      );
    }
    const paths = names.map((name) => path === "" ? name : `${path}/${name}`);
    return (await this.#find(commit, paths)).flatMap((object, index) => {
      const at = paths[index] ?? "";
      const isLink = entries[index]?.isLink === true;
      if (object.kind === "link" || (isLink && object.kind !== "blob")) throw this.#refusedLink(at, object);
      return object.kind === "blob" ? [this.#file(at, object)] : []; // Folders and submodules are passed over.
    });
  }

  #file(path: string, { bytes }: GitObject): GitFile {
    if (bytes <= MAX_FILE_BYTES) return { path, bytes };
    const cause = new NetgraphError("E2BIG", `It has ${bytes} bytes`);
    const message = `Cannot read "${printable(path)}" of ${this.#shown}: it is larger than ${MAX_FILE_TEXT}: split it`;
    throw new SourceError("invalid", message, { cause });
  }

  #refusedLink(path: string, { kind, target, broken }: GitObject): SourceError {
    const why = target !== null
      ? `points outside the repository, to "${printable(target)}"`
      : kind === "tree" || kind === "commit"
      ? "leads to a folder"
      : {
        loop: "points to itself",
        notdir: "points through a file",
        dangling: "points to a missing file",
      }[broken ?? "dangling"];
    const name = printable(path);
    return new SourceError("invalid", `Cannot read "${name}" of ${this.#shown}: it is a symbolic link that ${why}`);
  }

  async #find(commit: string, paths: readonly string[]): Promise<readonly GitObject[]> {
    if (paths.length === 0) return [];
    return gitObjects(await this.#objects("read", commit, paths, "--batch-check"), "--batch-check");
  }

  async #objects(action: string, commit: string, paths: readonly string[], how: BatchMode): Promise<Uint8Array> {
    const input = paths.map((path) => `${commit}:${path}\n`).join("");
    return (await this.#git(action, ["cat-file", how, "--follow-symlinks"], input)).stdout;
  }

  async #git(action: string, args: readonly string[], input?: string): Promise<CommandResult> {
    const { signal } = this.#closing;
    const limits = { timeoutMs: TIMEOUT_MS, maxBytes: MAX_OUTPUT_BYTES };
    const options = { env: ENVIRONMENT, ...limits, signal, ...(input === undefined ? {} : { input }) };
    const result = await this.#machine.commands
      .run("git", [`--git-dir=${this.#folder}`, ...SLOW, ...args], options)
      .catch((error: unknown) => {
        if (!(error instanceof NetgraphError) || error.code !== "ETIMEDOUT") throw error;
        const message = `Cannot ${action} ${this.#shown}: no answer within ${TIMEOUT_MS / 1_000} s`;
        throw new NetgraphError("ETIMEDOUT", message, { cause: error });
      });
    if (result.code === 0) return result;
    const why = withoutSecrets(complaintOf(result.stderr).replaceAll(this.#source.url, this.#shown));
    throw new NetgraphError("EIO", `Cannot ${action} ${this.#shown}: ${why}`);
  }

  get #shown(): string {
    return addressWithoutSecrets(this.#source.url);
  }
}

/** A line of `git ls-tree`: mode, type and hash, and the name behind a tab. */
function entryOf(line: string): { readonly name: string; readonly isLink: boolean } {
  return { name: line.slice(line.indexOf("\t") + 1), isLink: line.startsWith("120000 ") };
}

/** Git's first line is the error; the following lines are advice. */
function complaintOf(stderr: string): string {
  const lines = stderr.split("\n").map((line) => line.trim()).filter((line) => !/^(hint|warning):|^$/.test(line));
  return (lines[0] ?? "").replace(/^(fatal|error): /, "").replace(/\.$/, "");
}
