/**
 * A branch of a Git repository as a source, by the system's git: fetched shallow into a private folder without a work
 * tree, and read from the one commit that the branch is at. A branch that was pushed by force is just at another one.
 *
 * Git is never let ask anybody anything, and what an address has for a password is never printed.
 *
 * @module
 */

import { NetgraphError } from "../errors.ts";
import type { CommandResult, CommandRunner } from "../runtimes/command_runner.ts";
import type { Files } from "../runtimes/runtime.ts";
import { MAX_FILE_OCTETS } from "../topology/load.ts";
import { gitLocation, gitOrigins, withoutPassword } from "./git_address.ts";
import { printable } from "./path.ts";
import { isTopologyName } from "./read.ts";
import type { Reading } from "./reading.ts";
import type { GitSource, SourceText } from "./source.ts";
import { SourceError } from "./source_error.ts";

/** What of the machine is needed. */
export interface GitMachine {
  readonly files: Pick<Files, "makeTemporary" | "removeAll">;
  readonly commands: CommandRunner;
}

const TIMEOUT_MS = 60_000;
/** Where the commit is kept that was fetched last. */
const HEAD = "refs/sockgraph/head";

const ENVIRONMENT = {
  GIT_TERMINAL_PROMPT: "0",
  GIT_ASKPASS: "true",
  SSH_ASKPASS: "true",
  GIT_SSH_COMMAND: "ssh -oBatchMode=yes",
  // A repository that names others may not make us run programs: no ext:: and the like.
  GIT_ALLOW_PROTOCOL: "file:https:http:ssh",
  LC_ALL: "C",
};

/** Reads a branch, again and again. Whoever makes it closes it. */
export class GitReader {
  readonly #source: GitSource;
  readonly #machine: GitMachine;
  readonly #gone = new AbortController();
  #folder: string | null = null;
  /** The reading that is under way. */
  #reading: Promise<Reading> | null = null;

  constructor(source: GitSource, machine: GitMachine) {
    this.#source = source;
    this.#machine = machine;
  }

  /** Fetches and reads. What goes wrong is part of what was found. */
  read(): Promise<Reading> {
    this.#reading = this.#read();
    return this.#reading;
  }

  async #read(): Promise<Reading> {
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

  /** Ends what is under way, and removes what was fetched. */
  async close(): Promise<void> {
    this.#gone.abort();
    await this.#reading;
    if (this.#folder !== null) await this.#machine.files.removeAll(this.#folder);
    this.#folder = null;
  }

  async #fetch(): Promise<string> {
    const { url, ref } = this.#source;
    if (this.#gone.signal.aborted) {
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
    const paths = await this.#filesAt(commit);
    if (paths.length === 0) {
      const where = path === "" ? `"${ref}"` : `"${path}" of "${ref}"`;
      const what = `no file in ${where} of ${this.#shown} ends in .yaml or .yml`;
      throw new SourceError("invalid", `There is no topology at commit ${commit.slice(0, 7)}: ${what}`);
    }
    const texts: SourceText[] = [];
    for (const path of paths) {
      const name = printable(path);
      const { stdout } = await this.#blob(name, `${commit}:${path}`);
      const location = gitLocation(this.#source, name);
      texts.push({ name, octets: stdout, kind: "git", location, revision: commit });
    }
    return texts;
  }

  async #blob(name: string, object: string): Promise<CommandResult> {
    try {
      return await this.#git(`read "${name}" of`, ["cat-file", "blob", object]);
    } catch (error) {
      if (!(error instanceof NetgraphError) || error.code !== "E2BIG") throw error;
      const message = `Cannot read "${name}" of ${this.#shown}: it is larger than 32 MiB: split it`;
      throw new SourceError("invalid", message, { cause: error });
    }
  }

  /** The files that hold topologies: the path itself, or what lies directly in it. */
  async #filesAt(commit: string): Promise<readonly string[]> {
    const { path } = this.#source;
    if (path !== "") {
      const itself = (await this.#list(commit, path)).filter((name) => name === path);
      if (itself.length > 0) return itself;
    }
    return (await this.#list(commit, path === "" ? "" : `${path}/`)).filter(isTopologyName);
  }

  async #list(commit: string, path: string): Promise<readonly string[]> {
    const where = path === "" ? [] : ["--", path];
    const { stdout } = await this.#git("list", ["ls-tree", "-z", commit, ...where]);
    // "100644 blob HASH\tNAME": links and submodules are left out.
    return new TextDecoder().decode(stdout).split("\0").flatMap((line) => {
      const found = /^100\d+ blob \S+\t([^]*)$/.exec(line)?.[1];
      return found === undefined ? [] : [found];
    });
  }

  async #git(action: string, args: readonly string[]): Promise<CommandResult> {
    const { signal } = this.#gone;
    const options = { env: ENVIRONMENT, timeoutMs: TIMEOUT_MS, maxBytes: MAX_FILE_OCTETS + 1, signal };
    const result = await this.#machine.commands.run("git", [`--git-dir=${this.#folder}`, ...args], options);
    if (result.code === 0) return result;
    const why = withoutPassword(complaintOf(result.stderr).replaceAll(this.#source.url, this.#shown));
    throw new NetgraphError("EIO", `Cannot ${action} ${this.#shown}: ${why}`);
  }

  get #shown(): string {
    return withoutPassword(this.#source.url);
  }
}

/** What git says first is what happened; what follows is advice over several lines. */
function complaintOf(stderr: string): string {
  const lines = stderr.split("\n").map((line) => line.trim()).filter((line) => !/^(hint|warning):|^$/.test(line));
  return (lines[0] ?? "").replace(/^(fatal|error): /, "").replace(/\.$/, "");
}
