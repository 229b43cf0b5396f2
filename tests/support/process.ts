/**
 * Real programs for tests: run to their end, or started and ended by their pid.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { type ChildProcess, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import process from "node:process";

/** Linux chooses from 32768 on, the others from 49152 on. */
const FIRST_PORT = 20_000;
const END_PORT = 32_000;

/** How a program ended. */
export interface Finished {
  readonly code: number | null;
  readonly stdout: Uint8Array;
  readonly stderr: string;
}

/** What a program is started with. */
export interface RunOptions {
  readonly input?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** Runs a program to its end. */
export async function run(path: string, args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  const child = start(path, args, options);
  const stdout = collect(child, "stdout");
  const stderr = collect(child, "stderr");
  // A program may end before it has read all: what it says about that is in its exit code.
  child.stdin?.on("error", () => {});
  child.stdin?.end(options.input ?? "");
  const [code] = await once(child, "close");
  const finished = typeof code === "number" ? code : null;
  return { code: finished, stdout: await stdout, stderr: new TextDecoder().decode(await stderr) };
}

/** Runs a program that must succeed, and gives its output as text. */
export async function textFrom(path: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await run(path, args, options);
  if (code !== 0) throw new Error(`${path} ${args.join(" ")} ended with ${code}: ${stderr}`);
  return new TextDecoder().decode(stdout);
}

/** A program that runs until it is stopped. */
export interface Running extends AsyncDisposable {
  readonly pid: number;
  /** What it has written to its standard output so far. */
  readonly output: () => string;
  /** Writes to its standard input. */
  write(text: string): void;
  /** Ends its standard input. */
  endInput(): void;
  /** Waits until its output matches. */
  until(pattern: RegExp): Promise<string>;
  /** Settles when it has ended by itself or otherwise. */
  readonly ended: Promise<number | null>;
  /** Ends it and waits for that. */
  stop(): Promise<number | null>;
}

/** Starts a program. */
export function launch(path: string, args: readonly string[], options: RunOptions = {}): Running {
  const child = start(path, args, options);
  const waiting = new Set<() => void>();
  let output = "";
  let ended = false;
  const grow = (chunk: Uint8Array): void => {
    output += new TextDecoder().decode(chunk);
    for (const check of waiting) check();
  };
  child.stdout?.on("data", grow);
  child.stderr?.on("data", grow);
  child.stdin?.on("error", () => {});
  const end = once(child, "close").then(([code]): number | null => {
    ended = true;
    for (const check of waiting) check();
    return typeof code === "number" ? code : null;
  });
  const stop = async (): Promise<number | null> => {
    // Not by `kill()` of the child: Deno 2.9.6 then reports no exit code, whatever the process ends with.
    if (!ended && child.pid !== undefined) process.kill(child.pid, "SIGTERM");
    return await end;
  };
  return {
    pid: child.pid ?? 0,
    ended: end,
    output: () => output,
    write: (text) => void child.stdin?.write(text),
    endInput: () => void child.stdin?.end(),
    until: (pattern) =>
      new Promise((resolve, reject) => {
        const check = (): void => {
          if (!pattern.test(output) && !ended) return;
          waiting.delete(check);
          if (pattern.test(output)) resolve(output);
          else reject(new Error(`${path} ended before it said ${pattern}; it said: ${output}`));
        };
        waiting.add(check);
        check();
      }),
    stop,
    [Symbol.asyncDispose]: async () => {
      await stop();
    },
  };
}

/**
 * A TCP port that is free right now, for programs that cannot choose one themselves. It is none that the
 * system chooses for others: between here and the program that listens there, no other program gets it by chance.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(FIRST_PORT, END_PORT);
    if (await isFree(port)) return port;
  }
}

const POLL_MS = 20;

/** Resolves once a program accepts connections at the port, for programs that do not say so. */
export async function untilListening(port: number): Promise<void> {
  const isUp = () =>
    new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1", () => {
        resolve(true);
        socket.destroy();
      });
      socket.on("error", () => resolve(false));
    });
  while (!await isUp()) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  server.listen(port, "127.0.0.1");
  try {
    await once(server, "listening");
  } catch {
    return false; // It is in use.
  }
  server.close();
  await once(server, "close");
  return true;
}

function start(path: string, args: readonly string[], options: RunOptions): ChildProcess {
  return spawn(path, [...args], {
    stdio: ["pipe", "pipe", "pipe"],
    ...(options.env === undefined ? {} : { env: { ...options.env } }),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
}

async function collect(child: ChildProcess, name: "stdout" | "stderr"): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of child[name] ?? []) chunks.push(chunk);
  return new Uint8Array(Buffer.concat(chunks));
}
