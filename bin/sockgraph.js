#!/usr/bin/env node
/**
 * The command `sockgraph` of the npm package. Node.js has none of the sockets that sockgraph needs, so that the program
 * runs on Deno or Bun: on the one that runs this file, otherwise on the first of PATH that is new enough, otherwise on
 * Deno from npm. Terminal, signals and exit code are those of the program.
 */

// deno-lint-ignore-file no-console -- A program of its own.

import { execFileSync, spawn } from "node:child_process";
import { constants } from "node:os";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** The oldest versions that sockgraph is tested with: those of scripts/versions.json. */
const VERSIONS = { deno: "2.9.6", bun: "1.4.5" };
const PROGRAM = new URL("../dist/npm/main.js", import.meta.url);
const PERMISSIONS = [
  "--allow-env",
  "--allow-net",
  "--allow-read",
  "--allow-write",
  "--allow-sys=uid,networkInterfaces",
];
/** How often a process that npm started looks for its parent. */
const PARENT_EVERY_MS = 200;
/** What the program ends with when it cannot be started at all. */
const FAILED = 1;

// Messages name this command, and not one of a checkout that started it.
process.env.SOCKGRAPH_COMMAND = "sockgraph";

if ("Deno" in globalThis || "Bun" in globalThis) await import(PROGRAM.href);
else start(findHost());

/** The words that a call of the program begins with. */
function findHost() {
  const deno = [
    "run",
    "--quiet",
    "--no-prompt",
    "--no-config",
    "--unstable-net",
    "--unstable-no-legacy-abort",
    ...permissions(),
  ];
  const program = fileURLToPath(PROGRAM);
  if (isNewEnough("deno")) return ["deno", ...deno, program];
  if (isNewEnough("bun")) return ["bun", program];
  return [fromNpm(), ...deno, program];
}

/** The path of Deno: what npm has kept, otherwise what it gets now, which may take a while. */
function fromNpm() {
  try {
    return npmPath("--offline", "ignore");
  } catch {
    console.error(
      `Getting Deno ${VERSIONS.deno} from npm: PATH has neither Deno ${VERSIONS.deno} nor Bun ${VERSIONS.bun}, or later`,
    );
  }
  try {
    return npmPath("--prefer-offline", "inherit");
  } catch (error) {
    console.error(`error: Cannot get Deno from npm: install Deno or Bun (${error.message.split("\n")[0]})`);
    process.exit(FAILED);
  }
}

/** Where npx has Deno: it runs a program by way of a shell, which passes no signals, so that only the path is asked. */
function npmPath(network, stderr) {
  const { npm_config_package: _package, npm_config_call: _call, ...env } = process.env;
  const args = ["-y", network, `--package=deno@${VERSIONS.deno}`, "--", "sh", "-c", "command -v deno"];
  return execFileSync("npx", args, { encoding: "utf8", env, stdio: ["ignore", "pipe", stderr] }).trim();
}

function isNewEnough(name) {
  try {
    const text = execFileSync(name, ["--version"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
    const found = /\d+\.\d+\.\d+/.exec(text)?.[0] ?? "0.0.0";
    return found.localeCompare(VERSIONS[name], "en", { numeric: true }) >= 0;
  } catch {
    return false; // It is not on PATH, or does not run.
  }
}

/** As the tasks in deno.json have them: programs for the verbs that start them, FFI for runtime "posix" alone. */
function permissions() {
  const words = process.argv.slice(2);
  const posix = words.some((word, index) =>
    word === "--runtime=posix" || (word === "posix" && words[index - 1] === "--runtime")
  );
  const programs = words[0] === "doctor" ? "cat,ls" : words.includes("--detach") ? "git,deno" : "git";
  const heap = "--v8-flags=--max-semi-space-size=4,--heap-growing-percent=25";
  return [heap, ...PERMISSIONS, `--allow-run=${programs}`, ...posix ? ["--allow-ffi"] : []];
}

/** Runs the program until it ends, and ends as it did. */
function start([command, ...args]) {
  // Before the program starts, so that none is lost. A signal of the whole process group reaches the program twice,
  // which it takes for one.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGQUIT"]) {
    process.on(signal, () => child.kill(signal));
  }
  const child = spawn(command, [...args, ...process.argv.slice(2)], { stdio: "inherit" });
  child.on("error", (error) => {
    console.error(`error: Cannot start sockgraph with "${command}": ${error.message}`);
    process.exitCode = FAILED;
  });
  child.on("close", (code, signal) => {
    process.exitCode = code ?? 128 + constants.signals[signal];
    process.exit();
  });
  if (process.env.npm_command !== undefined) endWithParent(child);
}

/** npm runs a program by way of a shell, which ends by SIGTERM without passing it on: the parent is another one then. */
function endWithParent(child) {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    child.kill("SIGTERM");
  }, PARENT_EVERY_MS);
}
