/**
 * The command lines that build single binaries, with their contents and permissions.
 *
 * Windows is left out: the control socket and its lock want unix sockets and flock.
 *
 * @module
 */

import { V8_FLAGS } from "../src/runtimes/deno/v8_flags.ts";
import type { BuildFacts } from "./build_facts.ts";

/** A system to build for, as each compiler calls it. */
export interface Target {
  /** As in the binary's name. */
  readonly name: string;
  readonly deno: string;
  readonly bun: string;
}

/** What there is to build for. */
export const TARGETS: readonly Target[] = [
  { name: "linux-x64", deno: "x86_64-unknown-linux-gnu", bun: "bun-linux-x64" },
  { name: "linux-arm64", deno: "aarch64-unknown-linux-gnu", bun: "bun-linux-arm64" },
  { name: "darwin-x64", deno: "x86_64-apple-darwin", bun: "bun-darwin-x64" },
  { name: "darwin-arm64", deno: "aarch64-apple-darwin", bun: "bun-darwin-arm64" },
];

/** The program. */
export const MAIN = "src/cli/main.ts";
/** Threads: no compiler follows `new Worker()`. */
export const WORKERS: readonly string[] = [
  "src/engine/worker/deno_worker.ts",
  "src/engine/worker/bun_worker.ts",
  "src/engine/worker/posix_worker.ts",
  "src/engine/loading/load_worker.ts",
];
/**
 * The permissions of the binary of Deno, for any caller: what `apply` needs, and `doctor`, and
 * for `apply --detach` itself, where it is `sockgraph` on the PATH. Without `--allow-ffi`, which would
 * void the sandbox: for runtime `posix` there is the binary of Bun.
 */
export const PERMISSIONS: readonly string[] = [
  "--allow-env",
  "--allow-net",
  "--allow-read",
  "--allow-write",
  "--allow-sys=uid",
  "--allow-run=git,cat,ls,sockgraph",
];

/** What differs from one binary to the next. */
export interface Wanted {
  readonly facts: BuildFacts;
  /** Null: the system that this runs on, for which nothing is downloaded on Bun. */
  readonly target: Target | null;
  /** The file to write. */
  readonly output: string;
}

/** The arguments of `deno` that compile `entry`, a file with the text of {@linkcode denoEntry}. */
export function denoCompileArgs(entry: string, { target, output }: Wanted): readonly string[] {
  return [
    "compile",
    "--no-prompt",
    ...PERMISSIONS,
    V8_FLAGS,
    "--no-check", // The gate has checked.
    "--frozen",
    "--node-modules-dir=none", // Else all of node_modules goes in, the tools of the tests too.
    "--exclude-unused-npm",
    ...WORKERS.map((path) => `--include=${path}`),
    ...target === null ? [] : [`--target=${target.deno}`],
    `--output=${output}`,
    entry,
  ];
}

/**
 * The module that Deno compiles: Deno has no `--define`, so that the build's facts are set before the program loads.
 *
 * @param root the checkout, as a specifier that ends in `/`
 */
export function denoEntry(root: string, { build }: BuildFacts): string {
  return [
    `Reflect.set(globalThis, "SOCKGRAPH_BUILD", ${JSON.stringify(build)});`,
    `await import(${JSON.stringify(root + MAIN)});`,
    "",
  ].join("\n");
}

/** The arguments of `bun` that compile the program. */
export function bunCompileArgs({ facts, target, output }: Wanted): readonly string[] {
  return [
    "build",
    "--compile",
    // No file in the working directory may change the behaviour of the binary.
    "--no-compile-autoload-dotenv",
    "--no-compile-autoload-bunfig",
    `--define=SOCKGRAPH_BUILD=${JSON.stringify(facts.build)}`,
    "--keep-names",
    // Side by side: `new Worker(new URL("./NAME_worker.ts", import.meta.url))` then finds it, as all else is in one file.
    "--entry-naming=[name].[ext]",
    ...target === null ? [] : [`--target=${target.bun}`],
    `--outfile=${output}`,
    MAIN,
    ...WORKERS,
  ];
}

/** A binary's file name. */
export function binaryName(host: "deno" | "bun", version: string, target: string): string {
  return `sockgraph-${version}-${host}-${target}`;
}
