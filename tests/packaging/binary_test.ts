/**
 * The single binary on Bun, built here and tried alone: in a folder of its own, without an environment.
 *
 * @module
 */

import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { BuildFacts } from "../../scripts/build_facts.ts";
import { bunCompileArgs } from "../../scripts/compile_commands.ts";
import { bunCommand } from "../../scripts/find_bun.ts";
import { detectRuntime } from "../../src/runtimes/detect.ts";
import type { RuntimeName } from "../../src/cli/command.ts";
import { VERSION } from "../../src/version.ts";
import { type Ended, Program } from "../cli/program.ts";
import { test } from "../harness.ts";
import { run } from "../support/process.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const FACTS: BuildFacts = { version: VERSION, build: { commit: "c0ffee".repeat(7), date: "2026-11-22T12:00:00Z" } };
const bun = await bunCommand();
const skip = (await run(bun[0], [...bun.slice(1), "--version"])).code === 0 ? null : `${bun.join(" ")} does not run`;
const OPTIONS = { skip, timeoutMs: 120_000 };
const { socketRuntimes } = await detectRuntime();
const RUNTIMES: readonly (readonly [name: RuntimeName, skip: string | null])[] = [
  ["bun", skip],
  ["posix", skip ?? (socketRuntimes.includes("posix") ? null : "runtime posix does not know this system")],
];

const ECHO = `
nodes:
  front:
    type: ksocket
    hook: inet/stream/tcp
    messages: [bind: "inet/127.0.0.1:\${PORT:-7007}", listen: 128, accept: { peer: back }]
  back: { type: echo }
`;

/** What the binary would do if it took settings from the folder that it is called in. */
const TRAPS: Readonly<Record<string, string>> = {
  ".env": "PORT=7\nSOCKGRAPH_CONTROL=/nowhere/at/all\n",
  "bunfig.toml": 'preload = ["./trap.ts"]\n',
  "trap.ts": "console.log('The trap has snapped'); process.exit(9);\n",
  "tsconfig.json": "{ this is none",
  "package.json": "{ neither is this",
};

/** A built binary, and a folder to call it in. */
class Installed implements AsyncDisposable {
  readonly binary: string;
  readonly #base: string;
  readonly #programs: Program[] = [];

  private constructor(base: string) {
    this.#base = base;
    this.binary = join(base, "bin", "sockgraph");
  }

  get folder(): string {
    return join(this.#base, "here");
  }

  static async build(): Promise<Installed> {
    const installed = new Installed(await mkdtemp(join(tmpdir(), "sg-bin-")));
    const { binary, folder } = installed;
    await mkdir(join(binary, ".."));
    await mkdir(folder);
    const [program, ...args] = bun;
    const built = await run(program, [...args, ...bunCompileArgs({ facts: FACTS, target: null, output: binary })], {
      cwd: ROOT,
    });
    assert.equal(built.code, 0, built.stderr);
    return installed;
  }

  start(env: Readonly<Record<string, string>>, ...args: readonly string[]): Program {
    const program = new Program(this.folder, { permissions: [], args, env, binary: this.binary });
    this.#programs.push(program);
    return program;
  }

  run(...args: readonly string[]): Promise<Ended> {
    return this.start({}, ...args).ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const program of this.#programs) program.signal("SIGKILL");
    await Promise.all(this.#programs.map((program) => program.ended));
    await rm(this.#base, { recursive: true, force: true });
  }
}

async function exchange(port: number, text: string): Promise<string> {
  let answer = "";
  const socket = connect(port, "127.0.0.1", () => socket.end(text));
  for await (const chunk of socket.setEncoding("utf8")) answer += chunk;
  return answer;
}

test("the single binary prints its version and the commit it was built from", OPTIONS, async () => {
  await using installed = await Installed.build();
  const { stdout: line } = await installed.run("version");
  assert.match(line, new RegExp(`^sockgraph ${VERSION} \\(bun .*, built from c0ffeec0ffee of 2026-11-22\\)\n$`));
  const { code, stdout } = await installed.run("version", "-o", "json");
  assert.equal(code, 0);
  const reported = JSON.parse(stdout);
  assert.equal(reported.formatVersion, 1);
  assert.equal(reported.version, VERSION);
  assert.deepEqual(reported.build, FACTS.build);
});

test("the single binary works alone: every verb loads, and nothing of the folder counts", OPTIONS, async () => {
  await using installed = await Installed.build();
  for (const [name, text] of Object.entries(TRAPS)) await writeFile(join(installed.folder, name), text);
  await writeFile(join(installed.folder, "echo.yaml"), ECHO);
  assert.equal((await installed.run("validate", "echo.yaml")).stdout, "echo: valid, 2 nodes\n");
  assert.match((await installed.run("plan", "echo.yaml", "--control", "s")).stdout, /127\.0\.0\.1:7007/);
  for (const verb of ["types", "schema"]) assert.equal((await installed.run(verb)).code, 0, verb);
  for (const call of [["status"], ["wait"], ["down"], ["export"], ["msg", "a:", "b"]]) {
    const [verb = "", ...rest] = call;
    assert.equal((await installed.run(verb, "--control", "s", ...rest)).code, 75, verb);
  }
  const doctor = await installed.run("doctor", "echo.yaml", "--control", "s", "-o", "json");
  assert.equal(doctor.code, 0, doctor.stderr);
  assert.equal(JSON.parse(doctor.stdout).build.commit, FACTS.build.commit);
});

for (const [name, reason] of RUNTIMES) {
  test(
    `the single binary serves on runtime ${name}, and SIGTERM ends it with 0`,
    { ...OPTIONS, skip: reason },
    async () => {
      await using installed = await Installed.build();
      await writeFile(join(installed.folder, "echo.yaml"), ECHO);
      const engine = installed.start({ PORT: "0" }, "apply", "echo.yaml", "--control", "s", "--runtime", name);
      await engine.says(/generation 1 is Ready/);
      const { stdout, code } = await installed.run("status", "--control", "s", "-o", "json");
      assert.equal(code, 0);
      const report = JSON.parse(stdout);
      assert.equal(report.engine.runtime, name);
      const port = Number(/:(\d+)$/.exec(report.topologies[0].nodes[0].local)?.[1]);
      assert.equal(await exchange(port, "hello"), "hello");
      engine.signal("SIGTERM");
      assert.equal((await engine.ended).code, 0);
    },
  );
}
