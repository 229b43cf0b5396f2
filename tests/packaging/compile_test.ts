/**
 * What leads up to single binaries: the command lines, and that nothing the program loads late stays behind.
 *
 * @module
 */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { type BuildFacts, buildFacts } from "../../scripts/build_facts.ts";
import {
  binaryName,
  bunCompileArgs,
  denoCompileArgs,
  denoEntry,
  PERMISSIONS,
  TARGETS,
  WORKERS,
} from "../../scripts/compile_commands.ts";
import { V8_FLAGS } from "../../src/runtimes/deno/v8_flags.ts";
import { VERSION } from "../../src/version.ts";
import { peer, test } from "../harness.ts";
import { withFolder } from "../support/folder.ts";
import { run, textFrom } from "../support/process.ts";

const ROOT_URL = new URL("../../", import.meta.url);
const ROOT = fileURLToPath(ROOT_URL);
const DENO_ONLY = "Deno" in globalThis ? null : "only Deno can compile for Deno";
const FACTS: BuildFacts = { version: "1.2.3", build: { commit: "c0ffee", date: "2026-11-22T12:00:00Z" } };
const ARM = TARGETS.find(({ name }) => name === "linux-arm64") ?? null;

/** Modules of the runtimes themselves, which no compiler has to put in. */
const OWN_MODULES = ["bun:ffi"];
/** Loads modules that users of the library name. */
const LOADER = "src/engine/worker/node_modules.ts";

const sources = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".ts"))
  .map((path) => ({ path: `src/${path}`, text: withoutComments(readFileSync(join(ROOT, "src", path), "utf8")) }));

function withoutComments(text: string): string {
  return text.replace(/\/\*[^]*?\*\/|^\s*\/\/.*$/gm, "");
}

test("bunCompileArgs() puts in the build, the program and its threads, and heeds nothing outside", () => {
  const args = bunCompileArgs({ facts: FACTS, target: ARM, output: "out" });
  assert.deepEqual(args.slice(-1 - WORKERS.length), ["src/cli/main.ts", ...WORKERS]);
  for (const flag of ["--no-compile-autoload-dotenv", "--no-compile-autoload-bunfig", "--target=bun-linux-arm64"]) {
    assert.ok(args.includes(flag), flag);
  }
  const [, json = ""] = /^--define=SOCKGRAPH_BUILD=(.*)$/.exec(args.find((one) => one.startsWith("--define")) ?? "") ??
    [];
  assert.deepEqual(JSON.parse(json), FACTS.build);
  assert.ok(!bunCompileArgs({ facts: FACTS, target: null, output: "out" }).some((arg) => arg.startsWith("--target")));
});

test("denoCompileArgs() has V8 collect as the tasks that become the engine do", () => {
  const { tasks } = JSON.parse(readFileSync(join(ROOT, "deno.json"), "utf8"));
  assert.ok(denoCompileArgs("entry.ts", { facts: FACTS, target: null, output: "out" }).includes(V8_FLAGS));
  for (const task of ["sockgraph", "apply", "apply-posix"]) {
    assert.ok(String(tasks[task].command).split(" ").includes(V8_FLAGS), task);
  }
  for (const launcher of ["sockgraph", "bin/sockgraph.js"]) {
    const found = readFileSync(join(ROOT, launcher), "utf8").match(/--v8-flags=[\w=,-]+/g);
    assert.deepEqual(found, [V8_FLAGS], launcher);
  }
});

test("denoCompileArgs() gives the permissions of the tasks apply and doctor, and the one to start itself", () => {
  const config = readFileSync(join(ROOT, "deno.json"), "utf8");
  const { tasks } = JSON.parse(config);
  const flagsOf = (task: string) => String(tasks[task].command).split(" ").filter((word) => word.startsWith("--allow"));
  const programs = (flags: readonly string[]) => flags.flatMap((flag) => /^--allow-run=(.*)/.exec(flag)?.[1] ?? []);
  const others = (flags: readonly string[]) => flags.filter((flag) => !flag.startsWith("--allow-run")).toSorted();
  const desired = [...flagsOf("apply"), ...flagsOf("doctor")];
  assert.deepEqual(others(PERMISSIONS), [...new Set(others(desired))]);
  assert.deepEqual(programs(PERMISSIONS), [[...programs(desired), "sockgraph"].join(",")]);
  const args = denoCompileArgs("entry.ts", { facts: FACTS, target: ARM, output: "out" });
  assert.deepEqual(args.filter((arg) => arg.startsWith("--allow")), [...PERMISSIONS]);
  assert.ok(args.includes("--no-prompt") && args.includes("--target=aarch64-unknown-linux-gnu"));
  assert.equal(args.at(-1), "entry.ts");
});

test("every import() in src names its module, so that compilers see it", () => {
  const late = sources.flatMap(({ path, text }) =>
    [...text.matchAll(/\bimport\(\s*([^)]*)\)/g)].map(([, what = ""]) => ({ path, what }))
  );
  assert.ok(late.length > 10, "the search finds them");
  for (const { path, what } of late) {
    if (/^"(\.{1,2}\/[^"]+\.ts|node:\w+)"$/.test(what) || path === LOADER) continue;
    const text = sources.find((source) => source.path === path)?.text ?? "";
    const named = new RegExp(`const ${what} = "([^"]*)"`).exec(text)?.[1] ?? "";
    assert.ok(OWN_MODULES.includes(named), `${path} imports ${what}`);
  }
});

test("every thread of src is an entry of its own", () => {
  const started = sources.flatMap(({ path, text }) => {
    const found = [...text.matchAll(/new Worker\((new URL\("[^"]+", import\.meta\.url\)|[^{]*?)(?:,|\))/g)];
    return found.map(([, what = ""]) => {
      const [, file = what] = /^new URL\("([^"]+)", import\.meta\.url\)$/.exec(what) ?? [];
      return new URL(file, new URL(path, "file:///")).pathname.slice(1);
    });
  });
  assert.deepEqual(started.toSorted(), WORKERS.toSorted());
});

test("binaryName() contains version, host and system", () => {
  assert.equal(binaryName("bun", "1.2.3", "linux-x64"), "sockgraph-1.2.3-bun-linux-x64");
});

const git = peer("git");

test("buildFacts() names the commit, and reports when files differ from it", { skip: git.skip }, async () => {
  await withFolder(async (folder) => {
    const call = (...args: readonly string[]) =>
      textFrom("git", ["-C", folder, "-c", "user.name=a", "-c", "user.email=a@b", ...args]);
    await call("init", "--quiet");
    await call("commit", "--quiet", "--allow-empty", "-m", "First");
    const { version, build } = await buildFacts(folder);
    assert.equal(version, VERSION);
    assert.equal(build.commit, (await call("rev-parse", "HEAD")).trim());
    assert.ok(!Number.isNaN(Date.parse(build.date)));
    await writeFile(join(folder, "new"), "");
    assert.equal((await buildFacts(folder)).build.commit, `${build.commit}-dirty`);
  });
});

test("buildFacts() rejects outside a checkout", { skip: git.skip }, async () => {
  await withFolder((folder) => assert.rejects(buildFacts(folder)));
});

test("denoEntry() makes a program that prints its build", { skip: DENO_ONLY }, async () => {
  await withFolder(async (folder) => {
    const entry = join(folder, "main.ts");
    await writeFile(entry, denoEntry(ROOT_URL.href, FACTS));
    const args = ["run", "--no-prompt", "--config", join(ROOT, "deno.json"), entry, "version", "-o", "json"];
    assert.deepEqual(JSON.parse(await textFrom(process.execPath, args)).build, FACTS.build);
  });
});

// Deno puts the program behind a smaller runtime that it downloads. With Deno itself in that place nothing is
// downloaded and all else happens; only the result cannot run.
test("deno compile takes the command line and bakes it in", { skip: DENO_ONLY, timeoutMs: 120_000 }, async () => {
  await mkdir(join(ROOT, "dist"), { recursive: true }); // Inside the checkout, so that deno.json counts.
  const folder = await mkdtemp(join(ROOT, "dist", "test-"));
  try {
    const entry = join(folder, "main.ts");
    const output = join(folder, "binary");
    await writeFile(entry, denoEntry("../../", FACTS));
    const env = { ...process.env, DENORT_BIN: process.execPath, NO_COLOR: "1" };
    const built = await run(process.execPath, denoCompileArgs(entry, { facts: FACTS, target: null, output }), {
      cwd: ROOT,
      env: Object.fromEntries(Object.entries(env).map(([name, value]) => [name, value ?? ""])),
    });
    assert.equal(built.code, 0, built.stderr);
    // What was put behind Deno; to search all of it takes half a minute.
    const added = (await readFile(output)).toString("latin1", (await stat(process.execPath)).size);
    const start = added.lastIndexOf('"permissions":{');
    const { permissions } = JSON.parse(`{${added.slice(start, added.indexOf("}", start) + 1)}}`);
    assert.deepEqual(permissions.allow_run, ["git", "cat", "ls", "sockgraph"]);
    assert.deepEqual(permissions.allow_net, []);
    assert.deepEqual(permissions.allow_sys, ["uid"]);
    assert.equal(permissions.allow_ffi, null);
    assert.equal(permissions.prompt, false);
    const late = readdirSync(join(ROOT, "src/cli/verbs")).filter((name) => name.endsWith(".ts"));
    for (const name of [...late, "deno_worker.ts", "posix_worker.ts", "permissions.ts"]) {
      assert.ok(added.includes(`"${name}"`), name);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
