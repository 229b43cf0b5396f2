/**
 * The scripts in the real shells, with the real program and an engine that runs.
 *
 * @module
 */

import { deepEqual, equal } from "node:assert/strict";
import { execFile } from "node:child_process";
import { chmod, mkdir } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { peer, test } from "../../../harness.ts";
import { TestFolder } from "../../program.ts";

const TIMEOUT_MS = 90_000;

const ECHO = `
name: echo
nodes:
  server: { type: ksocket, hook: inet/dgram/udp, messages: [{ bind: inet/127.0.0.1:0 }] }
`;

/** What a person typed, and what the shell may put there: whole words, or for bash what stands behind a colon. */
interface Typed {
  readonly words: readonly string[];
  readonly found: readonly string[];
}

/** The same of every shell: a verb, an option's value, a name that runs, a message, files. */
const TYPED: readonly Typed[] = [
  { words: ["permis"], found: ["permissions"] },
  { words: ["status", "-o", "t"], found: ["table", "tree"] },
  { words: ["status", "ec"], found: ["echo"] },
  { words: ["msg", "echo/"], found: ["echo/server:"] },
  { words: ["msg", "echo/server:", "getn"], found: ["getname"] },
  { words: ["msg", "absent/server:", "getn"], found: [] },
];

const RUN: Readonly<Record<"bash" | "zsh" | "fish", (words: readonly string[], script: string) => readonly string[]>> =
  {
    bash: (words, script) => {
      // As readline splits a line: at colons, too.
      const split = words.flatMap((word) => word.split(/(?<=:)|(?=:)/));
      const program =
        `. '${script}'; COMP_LINE=$1; COMP_POINT=\${#1}; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); ` +
        `_sockgraph; for word in "\${COMPREPLY[@]}"; do printf '%s\\n' "$word"; done`;
      return ["--norc", "--noprofile", "-c", program, "bash", `sockgraph ${words.join(" ")}`, "sockgraph", ...split];
    },
    zsh: (words, script) => {
      // The completion system's own functions want a terminal: these print what they are given.
      const program = `compdef() {}; compset() {}; _describe() { print -rl -- \${\${(@P)3}%%:[A-Za-z]*} }; ` +
        `_files() { print -r -- "files $*" }; . '${script}'; words=("$@"); CURRENT=$#; PREFIX="\${@[-1]}"; _sockgraph`;
      return ["-f", "-c", program, "zsh", "sockgraph", ...words];
    },
    fish: (words, script) => {
      return ["--no-config", "-c", `source '${script}'; complete -C '${["sockgraph", ...words].join(" ")}'`];
    },
  };

/** What becomes of paths: the shell's own part. */
const FILES: Readonly<Record<keyof typeof RUN, readonly string[]>> = {
  bash: ["web", "web.yaml"],
  zsh: ["files -g *.(yaml|yml|json)"],
  fish: ["web.yaml", "web/"],
};

for (const shell of ["bash", "zsh", "fish"] as const) {
  const program = peer(shell);
  test(`completions ${shell} completes in a real ${shell}`, { skip: program.skip, timeoutMs: TIMEOUT_MS }, async () => {
    await using place = await TestFolder.open();
    await place.write("echo.yaml", ECHO);
    const engine = place.start("apply", "echo.yaml");
    await engine.says(/Ready/);
    const { ask, folder } = await preparedShell(shell, place, program.path ?? shell);
    for (const { words, found } of TYPED) {
      let got = await ask(words);
      // It does not wait long for names that run.
      while (got.length < found.length) got = await ask(words);
      deepEqual([...got].sort(), [...found].sort(), words.join(" "));
    }
    await place.write("web.yaml", ECHO);
    await place.write("web.txt", "");
    await mkdir(join(folder, "web"));
    deepEqual((await ask(["apply", "web"])).filter((one) => one !== "web.txt").sort(), FILES[shell]);
    engine.signal("SIGTERM");
    equal((await engine.ended).code, 0);
  });
}

async function preparedShell(shell: keyof typeof RUN, place: TestFolder, path: string) {
  const { folder } = place;
  const { stdout: lines, code } = await place.run("completions", shell);
  equal(code, 0);
  await place.write("script", lines);
  await mkdir(join(folder, "bin"));
  await place.write("bin/sockgraph", `#!/bin/sh\nexec ${place.commandLine()} "$@"\n`);
  await chmod(join(folder, "bin/sockgraph"), 0o755);
  const env = {
    ...process.env,
    PATH: `${join(folder, "bin")}:${process.env["PATH"] ?? ""}`,
    HOME: process.env["HOME"] ?? folder,
    SOCKGRAPH_CONTROL: place.control,
  };
  const ask = async (words: readonly string[]): Promise<readonly string[]> => {
    const { stdout } = await promisify(execFile)(path, RUN[shell](words, join(folder, "script")), { cwd: folder, env });
    return stdout.split("\n").map((line) => line.split("\t")[0]?.replaceAll("\\:", ":") ?? "").filter((line) =>
      line !== ""
    );
  };
  return { ask, folder };
}

test("completions reports nothing of names where no engine answers", async () => {
  await using place = await TestFolder.open();
  const { code, stdout, stderr } = await place.run("__complete", "status", "");
  deepEqual({ code, stdout, stderr }, { code: 0, stdout: "", stderr: "" });
});

test("completions of a shell that is not known is a usage error", async () => {
  await using place = await TestFolder.open();
  const { code, stdout } = await place.run("completions", "tcsh");
  deepEqual({ code, stdout }, { code: 64, stdout: "" });
});
