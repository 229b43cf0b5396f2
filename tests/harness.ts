/**
 * One way to write a test for both runtimes: `test()` is `Deno.test` with its sanitizers on, and `bun:test` on Bun.
 *
 * The sanitizers are asked for by name because Deno leaves them off by default: without them an unclosed
 * listener passes silently. A test that cannot run here says why, is counted as skipped, and never passes.
 *
 * @example
 * ```ts
 * import { peer, test } from "../harness.ts";
 *
 * const socat = peer("socat");
 * test("relay() answers socat", { skip: socat.skip, timeoutMs: 20_000 }, async () => {
 *   await talk(socat.path);
 * });
 * ```
 *
 * @module
 */
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import process from "node:process";
import { fixEnvironment } from "./support/environment.ts";

/** The body of a test: it fails by throwing or rejecting. */
export type TestBody = () => void | Promise<void>;

/** What may differ from one test to the next. */
export interface TestOptions {
  /** Why the test cannot run here; `null` or absent where it can. */
  readonly skip?: string | null | undefined;
  /** How long the body may take before it counts as failed. */
  readonly timeoutMs?: number | undefined;
}

/** A real program that tests talk to. */
export interface Peer {
  /** Where the program is, or `null` where it is not installed. */
  readonly path: string | null;
  /** The reason to skip a test that needs it, or `null` where it is installed. */
  readonly skip: string | null;
}

/** The part of `bun:test` that is used here; written out because Deno cannot load its types. */
interface BunTest {
  readonly test: {
    (name: string, body: TestBody, options: { readonly timeout: number }): void;
    skip(name: string, body: TestBody): void;
  };
}

type Register = (name: string, body: TestBody, options: { readonly skip: boolean; readonly timeoutMs: number }) => void;

/** Generous, because the machines that run this are small and shared: a limit is there to end hangs, not to measure. */
const DEFAULT_TIMEOUT_MS = 30_000;

/** Where Debian keeps daemons, which the PATH of a plain user leaves out. */
const DAEMON_FOLDERS = ["/usr/local/sbin", "/usr/sbin", "/sbin"];

/** Reasons given by `peer()`: on CI, where every peer is to be installed, they fail a test rather than skip it. */
const missingPeers = new Set<string>();

fixEnvironment();

const register: Register = "Deno" in globalThis ? registerOnDeno : await bunRegister();

/**
 * Declares a test.
 *
 * @param name `<symbol> <criterion>`, such as `resolvePath() rejects a hook that is not connected`.
 */
export function test(name: string, body: TestBody): void;
export function test(name: string, options: TestOptions, body: TestBody): void;
export function test(name: string, ...rest: [TestBody] | [TestOptions, TestBody]): void {
  const [options, body] = rest.length === 1 ? [{}, rest[0]] : rest;
  const { skip = null, timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  if (skip === null) return register(name, body, { skip: false, timeoutMs });
  if (process.env["CI"] === "true" && missingPeers.has(skip)) {
    return register(name, () => fail(`${skip}, and CI must not skip it`), { skip: false, timeoutMs });
  }
  register(`${name} (skipped: ${skip})`, body, { skip: true, timeoutMs });
}

/**
 * Looks for a real program on PATH.
 *
 * Hand its `skip` to `test()`: a missing program skips the test, and fails it where `CI=true`.
 */
export function peer(name: string): Peer {
  const folders = [
    ...(process.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== ""),
    ...DAEMON_FOLDERS,
  ];
  const path = folders.map((folder) => join(folder, name)).find(isProgram) ?? null;
  if (path !== null) return { path, skip: null };
  const skip = `${name} is not installed`;
  missingPeers.add(skip);
  return { path, skip };
}

function fail(message: string): never {
  throw new Error(message);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false; // Not there, or not ours to run: the next folder may have it.
  }
}

function registerOnDeno(name: string, body: TestBody, options: { skip: boolean; timeoutMs: number }): void {
  Deno.test({
    name,
    ignore: options.skip,
    sanitizeOps: true,
    sanitizeResources: true,
    sanitizeExit: true,
    fn: () => withTimeout(body, options.timeoutMs),
  });
}

async function bunRegister(): Promise<Register> {
  const specifier = "bun:test"; // Not a literal: Deno would try to resolve it.
  const bun: BunTest = await import(specifier);
  return (name, body, { skip, timeoutMs }) =>
    skip ? bun.test.skip(name, body) : bun.test(name, body, { timeout: timeoutMs });
}

async function withTimeout(body: TestBody, timeoutMs: number): Promise<void> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`Test took longer than ${timeoutMs} ms`)), timeoutMs);
  try {
    await Promise.race([body(), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
