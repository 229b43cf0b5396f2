/**
 * The programs that a benchmark starts. Each is ended by its process ID, also if the run is
 * interrupted.
 *
 * @module
 */

/** The time within which a program must end after SIGTERM. */
const GRACE_MS = 3_000;

/** The reason why something cannot be measured here. */
export class Unavailable extends Error {
  override readonly name = "Unavailable";
}

/** The benchmark was interrupted: nothing more is started. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
}

/** A running program. */
export interface Child {
  readonly pid: number;
  /** Why it ended; null while it runs. */
  ended(): string | null;
  /** Ends it and waits. */
  stop(): Promise<void>;
}

/** Every program of one run. */
export class Children implements AsyncDisposable {
  readonly #running = new Set<Child>();
  #closed = false;

  /** Starts a program that runs until it is stopped. */
  start(command: readonly string[], options: { cwd?: string } = {}): Child {
    const process = this.#spawn(command, { ...options, stdout: "null" });
    let ended: string | null = null;
    const complaint = lastWords(process.stderr);
    const over = process.status.then(async ({ code, signal }) => {
      ended = `${command[0]} ended with ${signal ?? code}: ${await complaint}`;
      this.#running.delete(child);
    });
    const child: Child = {
      pid: process.pid,
      ended: () => ended,
      stop: async () => {
        kill(process, "SIGTERM");
        const grace = setTimeout(() => kill(process, "SIGKILL"), GRACE_MS);
        await over;
        clearTimeout(grace);
      },
    };
    this.#running.add(child);
    return child;
  }

  /**
   * Runs a program to its end.
   *
   * @returns what it printed
   * @throws Unavailable when it is not installed; Error when it fails
   */
  async run(command: readonly string[]): Promise<string> {
    const process = this.#spawn(command, { stdout: "piped" });
    const child: Child = {
      pid: process.pid,
      ended: () => null,
      stop: async () => {
        kill(process, "SIGKILL");
        await process.status;
      },
    };
    this.#running.add(child);
    try {
      const { success, code, stdout, stderr } = await process.output();
      const text = decode(stdout);
      if (!success) throw new Error(`${command[0]} ended with ${code}: ${decode(stderr).trim() || text.trim()}`);
      return text;
    } finally {
      this.#running.delete(child);
    }
  }

  #spawn(
    [program = "", ...args]: readonly string[],
    options: { cwd?: string; stdout: "null" | "piped" },
  ): Deno.ChildProcess {
    if (this.#closed) throw new Interrupted("The benchmark was interrupted");
    try {
      return new Deno.Command(program, { args, stdin: "null", stderr: "piped", ...options }).spawn();
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) throw new Unavailable(`${program} is not installed`);
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#running].map((child) => child.stop()));
  }
}

function kill(process: Deno.ChildProcess, signal: Deno.Signal): void {
  try {
    process.kill(signal);
  } catch {
    // It has ended already.
  }
}

/** Reads all, so that the program never waits for us, and keeps the end. */
async function lastWords(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string> {
  let kept = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) kept = (kept + text).slice(-400);
  return kept.trim();
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
