/**
 * The npm package: packed here and run by npx in a folder of its own; and how its command and `./sockgraph` call the
 * program, seen by a `deno` that prints its arguments.
 *
 * @module
 */

import assert from "node:assert/strict";
import { chmod, cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import versions from "../../scripts/versions.json" with { type: "json" };
import { VERBS } from "../../src/cli/verbs/table.ts";
import { test } from "../harness.ts";
import { freePort, launch, run, textFrom } from "../support/process.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const BIN = join(ROOT, "bin", "sockgraph.js");
const LAUNCHER = join(ROOT, "sockgraph");
/** What the package is made of, and what makes it. */
const PARTS = [
  ".npmrc",
  "package.json",
  "deno.json",
  "deno.lock",
  "ARCHITECTURE.md",
  "CHANGELOG.md",
  "CONTRIBUTING.md",
  "LICENSE",
  "README.md",
  "mod.ts",
  "bin",
  "docs",
  "packaging",
  "scripts",
  "src",
  "topologies",
];
const PACK_MS = 120_000;

const noNode = await lacks("node", ["--version"]);
const noNpm = noNode ?? await lacks("npm", ["ping", "--silent"]);
const noBuild = "Deno" in globalThis ? noNpm : "for Deno alone";

const ECHO = `
nodes:
  front:
    type: ksocket
    hook: inet/stream/tcp
    messages: [bind: "inet/127.0.0.1:\${PORT}", listen: 16, accept: { peer: back }]
  back: { type: echo }
`;

const UDP = `
nodes:
  front: { type: ksocket, hook: inet/dgram/udp, messages: [bind: "inet/127.0.0.1:0", accept: { peer: back }] }
  back: { type: echo }
`;

test("the npm package serves the echo under npx and ends by SIGTERM", { skip: noNpm, timeoutMs: PACK_MS }, async () => {
  await using folder = await Folder.open();
  const tarball = await folder.pack();
  assert.deepEqual(await brokenLinks(tarball), []);
  const port = await freePort();
  await writeFile(folder.path("empty", "echo.yaml"), ECHO);
  const env = {
    ...process.env,
    PATH: `${dirname(process.execPath)}:${process.env["PATH"] ?? ""}`,
    PORT: String(port),
    SOCKGRAPH_CONTROL: folder.path("s"),
    npm_config_cache: folder.path("cache"),
  };
  const cwd = folder.path("empty");
  await using engine = launch("npx", ["-y", `--package=${tarball}`, "sockgraph", "apply", "echo.yaml"], { env, cwd });
  await engine.until(/Ready/);
  assert.equal(await answerOf(port, "hello\n"), "hello\n");
  // npm's shell either becomes the program, which ends in order, or ends by the signal without waiting for it.
  const code = await engine.stop();
  assert.ok([0, 143, null].includes(code), `exit code ${code}`);
  await refusal(port);
});

test(
  "Deno without --unstable-net reports which sockets are missing",
  { skip: noBuild, timeoutMs: PACK_MS },
  async () => {
    await using folder = await Folder.open();
    await folder.pack();
    await writeFile(folder.path("empty", "udp.yaml"), UDP);
    const call = async (flags: readonly string[], ...args: readonly string[]) => {
      const words = ["run", "--no-config", "-A", ...flags, folder.path("copy", "dist", "npm", "main.js"), ...args];
      return await run(process.execPath, words, { cwd: folder.path("empty") });
    };
    const args = ["--control", folder.path("s"), "udp.yaml"];
    for (const [verb, ...rest] of [["validate", "udp.yaml"], ["apply", ...args], ["doctor", ...args]] as const) {
      const { code, stderr } = await call([], verb, ...rest);
      assert.equal(code, 65, stderr);
      assert.match(stderr, /run Deno with --unstable-net/);
    }
    assert.equal((await call(["--unstable-net"], "validate", "udp.yaml")).code, 0);
  },
);

test("./sockgraph and the npm command give a verb its task's permissions", { skip: noNode }, async () => {
  await using folder = await Folder.open();
  const path = await folder.fakeDeno('printf "%s\\n" "$@"');
  const tasks: unknown = JSON.parse(await readFile(join(ROOT, "deno.json"), "utf8"));
  const cases: readonly (readonly [task: string, args: readonly string[]])[] = [
    ...[...Object.keys(VERBS), "help"].map((verb) => [verb, [verb]] as const),
    ["apply-posix", ["apply", "--runtime", "posix"]],
    ["apply-posix", ["apply", "--runtime=posix"]],
    ["apply-detach", ["apply", "--detach", "a.yaml"]],
  ];
  for (const [task, args] of cases) {
    const desired = allowed(commandOf(tasks, task).split(" "));
    const env = { PATH: path };
    const given = (await textFrom(LAUNCHER, args, { env, cwd: folder.path() })).split("\n");
    assert.deepEqual(allowed(given), desired, task);
    assert.equal(given.some((word) => word === args[0]), true);
    const atNpm = allowed((await textFrom("node", [BIN, ...args], { env: nodeEnv(path) })).split("\n"));
    assert.deepEqual(desired.filter((flag) => !atNpm.includes(flag)), [], task);
  }
  const given = await textFrom(LAUNCHER, ["validate", "https://example.org/a.yaml"], { env: { PATH: path } });
  assert.match(given, /^--allow-net$/m);
});

test("the npm command ends as the program does", { skip: noNode }, async () => {
  await using folder = await Folder.open();
  for (const [body, code] of [["exit 7", 7], ["kill -TERM $$", 143]] as const) {
    const path = await folder.fakeDeno(body);
    assert.equal((await run("node", [BIN, "status"], { env: nodeEnv(path) })).code, code);
    assert.equal((await run(LAUNCHER, ["status"], { env: { PATH: path } })).code, code === 143 ? null : code);
  }
});

test("the npm command passes SIGTERM on", { skip: noNode }, async () => {
  await using folder = await Folder.open();
  const path = await folder.fakeDeno("trap 'exit 9' TERM; echo ready; while :; do sleep 0.05; done");
  await using program = launch("node", [BIN, "apply"], { env: nodeEnv(path) });
  await program.until(/ready/);
  assert.equal(await program.stop(), 9);
});

test("the npm command reports that it gets Deno from npm only when it does", { skip: noNode }, async () => {
  await using folder = await Folder.open();
  const node = (await textFrom("node", ["-p", "process.execPath"])).trim();
  await folder.fakeDeno("exit 7");
  await mkdir(folder.path("only-npx"));
  const npx = folder.path("only-npx", "npx");
  const kept = folder.path("kept");
  const body = `case " $* " in *" --offline "*) [ -e ${kept} ] || exit 1 ;; esac; : >${kept}; echo ${
    folder.path("bin", "deno")
  }`;
  await writeFile(npx, `#!/bin/sh\n${body}\n`);
  await chmod(npx, 0o755);
  const call = () => run(node, [BIN, "status"], { env: { PATH: folder.path("only-npx") } });
  const first = await call();
  assert.equal(first.code, 7);
  assert.match(first.stderr, /^Getting Deno \S+ from npm: .*\n$/);
  assert.deepEqual(await call(), { ...first, stderr: "" });
});

test("the npm command knows the versions that the tests run on", async () => {
  const text = await readFile(BIN, "utf8");
  assert.ok(text.includes(`{ deno: "${versions.deno}", bun: "${versions.bun}" }`));
});

/** A folder for a package, the empty one that it is called in, and programs that stand in for Deno. */
class Folder implements AsyncDisposable {
  readonly #base: string;

  private constructor(base: string) {
    this.#base = base;
  }

  static async open(): Promise<Folder> {
    const base = await mkdtemp(join(tmpdir(), "sg-npm-"));
    await mkdir(join(base, "empty"));
    return new Folder(base);
  }

  path(...names: readonly string[]): string {
    return join(this.#base, ...names);
  }

  /** Packs a copy of the checkout, as both runtimes' tests do so at the same time; it is without node_modules. */
  async pack(): Promise<string> {
    const copy = this.path("copy");
    await mkdir(copy);
    for (const name of PARTS) await cp(join(ROOT, name), join(copy, name), { recursive: true });
    const name = await textFrom("npm", ["pack", "--silent", "--pack-destination", this.#base], { cwd: copy });
    return this.path(name.trim().split("\n").at(-1) ?? "");
  }

  /** Writes a `deno` that claims to be the newest and does what `body` says; returns a PATH. */
  async fakeDeno(body: string): Promise<string> {
    await mkdir(this.path("bin"), { recursive: true });
    const file = this.path("bin", "deno");
    await writeFile(file, `#!/bin/sh\n[ "$1" = --version ] && { echo "deno 99.0.0"; exit; }\n${body}\n`);
    await chmod(file, 0o755);
    return `${this.path("bin")}:/usr/bin:/bin`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#base, { recursive: true, force: true });
  }
}

/** Links of the package's documents that lead to nothing in it. */
async function brokenLinks(tarball: string): Promise<readonly string[]> {
  const files = (await textFrom("tar", ["-tzf", tarball])).trim().split("\n").map((name) => `/${name}`);
  const documents = files.filter((name) => name.endsWith(".md"));
  const links = await Promise.all(documents.map(async (document) => {
    const text = await textFrom("tar", ["-xzOf", tarball, document.slice(1)]);
    return [...text.matchAll(/\]\(([^)#:]+)(#[^)]*)?\)/g)].map(([, path = ""]) => ({ document, path }));
  }));
  return links.flat().filter(({ document, path }) => {
    const target = new URL(path, `file://${document}`).pathname.replace(/\/$/, "");
    return !files.some((name) => name === target || name.startsWith(`${target}/`));
  }).map(({ document, path }) => `${document}: ${path}`);
}

async function lacks(program: string, args: readonly string[]): Promise<string | null> {
  try {
    const { code } = await run(program, args);
    return code === 0 ? null : `"${program} ${args.join(" ")}" fails`;
  } catch {
    return `${program} is not installed`;
  }
}

/** Where Node.js is stays on the path, behind the Deno that is to be found. */
function nodeEnv(path: string): Readonly<Record<string, string>> {
  return { PATH: `${path}:${process.env["PATH"] ?? ""}` };
}

function allowed(words: readonly string[]): readonly string[] {
  return words.flatMap((word) => {
    const [, name = "", values = ""] = /^--allow-([a-z]+)=?(.*)$/.exec(word) ?? [];
    if (name === "") return [];
    return values === "" ? [name] : values.split(",").map((value) => `${name}=${value}`);
  }).sort();
}

function commandOf(config: unknown, task: string): string {
  return String(Reflect.get(Object(Reflect.get(Object(Reflect.get(Object(config), "tasks")), task)), "command"));
}

async function answerOf(port: number, text: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  socket.end(text);
  let answer = "";
  for await (const chunk of socket) answer += String(chunk);
  return answer;
}

/** Waits until nothing listens any more; the test's time-out ends a wait that is in vain. */
async function refusal(port: number): Promise<void> {
  for (;;) {
    const refused = await new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1");
      socket.on("connect", () => socket.destroy());
      socket.on("error", () => {});
      socket.on("close", (failed) => resolve(failed));
    });
    if (refused) return;
  }
}
