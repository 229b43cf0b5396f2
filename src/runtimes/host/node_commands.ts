/**
 * Programs by `node:child_process`, on both hosts.
 *
 * @module
 */

import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import { NetgraphError } from "../../errors.ts";
import { GrowingBuffer } from "../../growing_buffer.ts";
import type { CommandOptions, CommandResult, CommandRunner } from "../command_runner.ts";
import { systemError, systemErrorCode } from "../system_error.ts";

/** Variables that would change the code of the program (Deno rejects them), or the repository of git. */
const WITHHELD = /^(LD_|DYLD_|GIT_DIR$|GIT_WORK_TREE$|GIT_INDEX_FILE$|GIT_PREFIX$|GIT_NAMESPACE$)/;
/** The end of standard error is the important part. */
const MAX_COMPLAINT = 4_096;

/** How long to wait for a killed program: on a busy machine git takes a while to kill its children. */
const KILL_MS = 5_000;

/** Programs that run, which end with this process. */
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
    // It leads a process group of its own, which is killed as a whole: git starts other programs.
    detached: true,
  });
  // A program that ends before it has read everything reports the reason by its exit code.
  child.stdin?.on("error", () => {});
  if (input !== undefined) child.stdin?.end(input);
  return child;
}

/**
 * Kills a program and all that it has started.
 *
 * Deno kills by number only with the permission to run everything. Otherwise git does it, which is allowed: its aliases
 * are shell commands.
 *
 * @returns the program that kills the group, if there is one
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

/** Resolves when the program has ended. */
function exitOf(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.on("exit", () => resolve());
    child.on("error", () => resolve());
  });
}

/** Ends a program when this process ends; calling the result removes that. */
function bind(one: Child): () => void {
  // Before everything else: a running program would write into the temporary folders that are removed then.
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
    // Its children may still keep its pipes open: do not wait for their end.
    const giveUp = () => {
      child.stdout?.destroy();
      child.stderr?.destroy();
      killed.reject(reason);
    };
    killTimer = setTimeout(giveUp, KILL_MS);
    const exited = exitOf(child);
    const killer = killGroup({ program, child });
    // Until then other processes of the group may write into files that the caller removes next.
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
      if (failure !== null) return; // Waits for all processes of the killed group.
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
