/**
 * Programs by `node:child_process`, on either host.
 *
 * @module
 */

import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import { NetgraphError } from "../../errors.ts";
import { GrowingBuffer } from "../../growing_buffer.ts";
import type { CommandOptions, CommandResult, CommandRunner } from "../command_runner.ts";
import { systemError, systemErrorCode } from "../system_error.ts";

/** What would change which code the program runs (Deno refuses that), or which repository git is about. */
const WITHHELD = /^(LD_|DYLD_|GIT_DIR$|GIT_WORK_TREE$|GIT_INDEX_FILE$|GIT_PREFIX$|GIT_NAMESPACE$)/;
/** The end of what a program complains is what matters. */
const MAX_COMPLAINT = 4_096;

/** How long a program that was killed is waited for: on a busy machine git takes a while to kill others. */
const KILL_MS = 5_000;

/** Programs that run: they end with this process. */
const running = new Set<Child>();

interface Child {
  readonly program: string;
  readonly child: ChildProcess;
}

/** The programs of the machine. */
export const nodeCommands: CommandRunner = {
  run: async (program, args, options) => {
    try {
      return await ended(program, start(program, args, options), options);
    } catch (error) {
      if (error instanceof NetgraphError) throw error;
      if (systemErrorCode(error) !== "ENOENT") throw systemError(error, `Cannot run "${program}"`);
      throw new NetgraphError("ENOENT", `Cannot run "${program}": it is not on the PATH`, { cause: error });
    }
  },
};

function start(program: string, args: readonly string[], { env, input }: CommandOptions): ChildProcess {
  const inherited = Object.entries(process.env).filter(([name]) => !WITHHELD.test(name));
  const child = spawn(program, [...args], {
    env: { ...Object.fromEntries(inherited), ...env },
    stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
    // It leads a process group of its own, which is killed as a whole: git starts others to do its work.
    detached: true,
  });
  // A program that ends before it has read everything says why by its exit code.
  child.stdin?.on("error", () => {});
  if (input !== undefined) child.stdin?.end(input);
  return child;
}

/**
 * Kills a program and all that it has started.
 *
 * Deno kills by number only with the permission to run everything. Then git does it, which may be run: its aliases are
 * commands of the shell.
 *
 * @returns what kills the group, where that is another program
 */
function killGroup({ program, child }: Child): ChildProcess | null {
  const { pid } = child;
  if (pid === undefined) return null;
  let killer: ChildProcess | null = null;
  try {
    process.kill(-pid, "SIGKILL");
  } catch (error) {
    if (program === "git" && systemErrorCode(error) === "ENOTCAPABLE") {
      killer = spawn("git", ["-c", `alias.kill-group=!kill -KILL -${pid}; :`, "kill-group"], { stdio: "ignore" });
      killer.unref();
    }
  }
  child.kill("SIGKILL");
  return killer;
}

function killAll(): void {
  for (const one of running) killGroup(one);
}

/** Settles when the program has ended. */
function exitOf(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.on("exit", () => resolve());
    child.on("error", () => resolve());
  });
}

/** Has a program end with this process; what is returned ends that. */
function bind(one: Child): () => void {
  // First of all: what still runs would write into the temporary folders that are removed then.
  if (running.size === 0) process.prependListener("exit", killAll);
  running.add(one);
  return () => {
    running.delete(one);
    if (running.size === 0) process.off("exit", killAll);
  };
}

function ended(program: string, child: ChildProcess, options: CommandOptions): Promise<CommandResult> {
  const output = new GrowingBuffer(options.maxBytes);
  let stderr = "";
  let failure: NetgraphError | null = null;
  let killTimer: ReturnType<typeof setTimeout> | undefined;
  const killed = Promise.withResolvers<never>();
  const unbind = bind({ program, child });
  const end = (code: "ETIMEDOUT" | "E2BIG" | "ECANCELED", why: string): void => {
    if (failure !== null) return;
    const reason = new NetgraphError(code, `Cannot wait for "${program}": ${why}`);
    failure = reason;
    // What it has started may still hold its pipes: nothing waits for their end.
    const giveUp = () => {
      child.stdout?.destroy();
      child.stderr?.destroy();
      killed.reject(reason);
    };
    killTimer = setTimeout(giveUp, KILL_MS);
    const exited = exitOf(child);
    const killer = killGroup({ program, child });
    // Until then others of the group may write into what the caller removes next.
    void Promise.all([exited, killer === null ? null : exitOf(killer)]).then(giveUp);
  };
  const timer = setTimeout(() => end("ETIMEDOUT", `it took longer than ${options.timeoutMs} ms`), options.timeoutMs);
  const { signal } = options;
  const abort = () => end("ECANCELED", "cancelled");
  if (signal?.aborted === true) abort();
  signal?.addEventListener("abort", abort);
  child.stdout?.on("data", (piece: Uint8Array) => {
    if (!output.add(piece)) end("E2BIG", `it printed more than ${options.maxBytes} bytes`);
  });
  child.stderr?.on("data", (piece: Uint8Array) => {
    stderr = (stderr + new TextDecoder().decode(piece)).slice(-MAX_COMPLAINT);
  });
  const closed = new Promise<CommandResult>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      if (failure !== null) return; // What was killed is waited for as a whole.
      resolve({ code: code ?? -1, stdout: output.whole(), stderr });
    });
  });
  return Promise.race([closed, killed.promise]).finally(() => {
    clearTimeout(timer);
    clearTimeout(killTimer);
    unbind();
    signal?.removeEventListener("abort", abort);
  });
}
