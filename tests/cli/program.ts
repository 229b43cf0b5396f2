/**
 * The program itself in a process of its own, on whatever runtime runs the tests.
 *
 * @module
 */

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { runProgram } from "../../src/cli/run_program.ts";
import { detectRuntime } from "../../src/runtimes/detect.ts";
import { V8_FLAGS } from "../../src/runtimes/deno/v8_flags.ts";

/** How a process ended. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const MAIN = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
/** As in the tasks of deno.json. */
export const PERMISSIONS = ["--allow-env", "--allow-net", "--allow-read", "--allow-write", "--allow-sys=uid"];

/** A folder with a control socket's place in it, and the program to run there. */
export class TestFolder implements AsyncDisposable {
  readonly folder: string;
  readonly #programs: Program[] = [];

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Makes the folder. */
  static async open(): Promise<TestFolder> {
    return new TestFolder(await mkdtemp(join(tmpdir(), "sg-cli-")));
  }

  /** The control socket. */
  get control(): string {
    return join(this.folder, "s");
  }

  /** Writes a file into the folder. */
  async write(name: string, text: string): Promise<void> {
    await writeFile(join(this.folder, name), text);
  }

  /** Starts the program with these arguments. */
  start(...args: readonly string[]): Program {
    return this.startWith(PERMISSIONS, ...args);
  }

  /** Starts the program with these permissions of Deno. */
  startWith(permissions: readonly string[], ...args: readonly string[]): Program {
    return this.#launch({ permissions, args, env: {} });
  }

  /** Starts the program with these permissions of Deno and variables of the environment. */
  startBound(
    permissions: readonly string[],
    env: Readonly<Record<string, string>>,
    ...args: readonly string[]
  ): Program {
    return this.#launch({ permissions, args, env });
  }

  /** Starts the program with these variables of the environment besides. */
  startIn(env: Readonly<Record<string, string>>, ...args: readonly string[]): Program {
    return this.#launch({ permissions: PERMISSIONS, args, env });
  }

  /** The program with these arguments, as a shell takes it. */
  commandLine(...args: readonly string[]): string {
    return this.commandLineWith(PERMISSIONS, ...args);
  }

  /** The program with these permissions of Deno and arguments, as a shell takes it. */
  commandLineWith(permissions: readonly string[], ...args: readonly string[]): string {
    const [, , , , ...words] = fromCheckout({ permissions, args, env: {} });
    return [process.execPath, ...words].map((word) => `'${word}'`).join(" ");
  }

  /** Runs the program to its end. */
  run(...args: readonly string[]): Promise<Ended> {
    return this.start(...args).ended;
  }

  /**
   * Runs a verb to its end in this process, for tests of its effect on an engine: to start a process takes longer than
   * most verbs. That each verb works as a process, with its permissions, is tested by `program_test.ts`.
   */
  async call(...args: readonly string[]): Promise<Ended> {
    const machine = await detectRuntime();
    const env: Readonly<Record<string, string | undefined>> = { ...process.env, ...this.#env, SOCKGRAPH_COMMAND: "" };
    const written = { stdout: "", stderr: "" };
    const code = await runProgram({
      ...machine,
      process: {
        pid: process.pid,
        uid: machine.process.uid,
        args,
        cwd: this.folder,
        env: (name) => env[name],
        write: (stream, text) => void (written[stream] += text),
        writeOctets: (stream, octets) => {
          written[stream] += new TextDecoder().decode(octets);
          return Promise.resolve();
        },
        columns: () => null,
        rows: () => null,
        onSignal: () => () => {},
        usage: () => machine.process.usage(),
        exit: (status) => {
          throw new Error(`Exit ${status}`);
        },
      },
    });
    return { code, ...written };
  }

  get #env(): Readonly<Record<string, string>> {
    return { SOCKGRAPH_CONTROL: this.control, PORT: "0" };
  }

  /** Waits until status shows this of the topologies: `web OutOfSync -`, or why it is Stalled. */
  async shows(...desired: readonly string[]): Promise<void> {
    let found: readonly string[] = [];
    do {
      const { topologies } = JSON.parse((await this.call("status", "-o", "json")).stdout);
      found = topologies.map(({ name, sync, conditions }: FoundStatus) => {
        const stalled = conditions.find(({ type }) => type === "Stalled");
        return `${name} ${sync} ${stalled?.status === "True" ? stalled.reason : "-"}`;
      });
    } while (found.join() !== desired.join());
  }

  #launch({ env, ...options }: ProgramOptions): Program {
    const program = new Program(this.folder, {
      ...options,
      env: { ...this.#env, ...env },
    });
    this.#programs.push(program);
    return program;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const program of this.#programs) program.signal("SIGKILL");
    await Promise.all(this.#programs.map((program) => program.ended));
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** What is read of a status. */
interface FoundStatus {
  readonly name: string;
  readonly sync: string;
  readonly conditions: readonly { readonly type: string; readonly status: string; readonly reason: string }[];
}

/** How a process is started. */
export interface ProgramOptions {
  /** Flags of Deno; Bun has none. */
  readonly permissions: readonly string[];
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** A single binary in place of the checkout's program; it gets these variables and no other. */
  readonly binary?: string;
}

/** One process. */
export class Program {
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;
  readonly #waiters = new Set<() => void>();
  #stdout = "";
  #stderr = "";
  #over = false;

  constructor(cwd: string, options: ProgramOptions) {
    const [program, ...args] = options.binary === undefined ? fromCheckout(options) : alone(options, options.binary);
    this.#child = spawn(program, args, {
      cwd,
      env: { ...process.env, SOCKGRAPH_COMMAND: "", ...options.env, PROGRAM: process.execPath },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child.stdout?.on("data", (chunk) => this.#heard(() => this.#stdout += chunk));
    this.#child.stderr?.on("data", (chunk) => this.#heard(() => this.#stderr += chunk));
    this.ended = new Promise((resolve, reject) => {
      this.#child.on("error", reject);
      this.#child.on("close", (code) => {
        this.#heard(() => this.#over = true);
        resolve({ code, stdout: this.#stdout, stderr: this.#stderr });
      });
    });
  }

  /** Waits until it has said this on either stream; rejects when it ends before. */
  async says(desired: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const said = desired.exec(this.#stdout) ?? desired.exec(this.#stderr);
      if (said !== null) return said;
      if (this.#over) throw new Error(`It ended without saying ${desired}: ${this.#stdout}${this.#stderr}`);
      await new Promise<void>((resolve) => this.#waiters.add(resolve));
    }
  }

  /** Sends a signal, if it still runs. */
  signal(name: "SIGINT" | "SIGTERM" | "SIGHUP" | "SIGKILL"): void {
    // Not by `kill()` of the child: Deno 2.9.6 then reports no exit code, whatever the process ends with.
    if (!this.#over && this.#child.pid !== undefined) process.kill(this.#child.pid, name);
  }

  #heard(take: () => void): void {
    take();
    for (const wake of this.#waiters) wake();
    this.#waiters.clear();
  }
}

function fromCheckout({ permissions, args }: ProgramOptions): readonly [string, ...string[]] {
  // Quiet: what Deno downloads for its cache is no word of ours.
  const flags = "Deno" in globalThis ? ["run", "--quiet", V8_FLAGS, "--no-prompt", ...permissions] : [];
  // By a shell, which becomes the program: Deno 2.9.6 looks for its own path among the arguments and then gives the
  // child every permission.
  return ["sh", "-c", 'exec "$PROGRAM" "$@"', "sh", ...flags, MAIN, ...args];
}

function alone({ env, args }: ProgramOptions, binary: string): readonly [string, ...string[]] {
  return ["env", "-i", ...Object.entries(env).map(([name, value]) => `${name}=${value}`), binary, ...args];
}
