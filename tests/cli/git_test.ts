/**
 * `apply --git` from end to end, with repositories on disk and the system's git.
 *
 * @module
 */

import assert from "node:assert/strict";
import { mkdir, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { detectRuntime } from "../../src/runtimes/detect.ts";
import { parseGitSource } from "../../src/sources/git_address.ts";
import { withoutSecrets } from "../../src/sources/secret_text.ts";
import { SourceError } from "../../src/sources/source_error.ts";
import { peer, test as harnessTest } from "../harness.ts";
import { textFrom } from "../support/process.ts";
import { type Program, TestFolder } from "./program.ts";

const git = peer("git");
const { socketRuntimes } = await detectRuntime();
const skip = socketRuntimes.some((name) => name !== "memory") ? git.skip : "this host has no real sockets";
const PERMISSIONS = [
  ...["--allow-env", "--allow-net", "--allow-read", "--allow-write", "--allow-sys=uid"],
  "--allow-run=git,/bin/cat",
];

function listener(backlog: string): string {
  return `
nodes:
  front: { type: ksocket, hook: inet/stream/tcp, messages: [bind: "inet/127.0.0.1:0", listen: ${backlog}, accept: { peer: back }] }
  back: { type: hole }
`;
}

/** A repository with a folder of topologies, and an engine that follows it. */
class Repository {
  readonly #place: TestFolder;

  constructor(place: TestFolder) {
    this.#place = place;
  }

  get url(): string {
    return pathToFileURL(join(this.#place.folder, "repo")).href;
  }

  async init(): Promise<void> {
    await mkdir(join(this.#place.folder, "repo/net"), { recursive: true });
    await this.git("init", "--quiet", "--initial-branch=main");
  }

  /** Commits a text, and returns the commit. */
  async commit(text: string, ...how: readonly string[]): Promise<string> {
    await this.#place.write("repo/net/web.yaml", text);
    await this.git("add", "--all");
    await this.git("commit", "--quiet", "--message=change", ...how);
    return (await this.git("rev-parse", "HEAD")).trim();
  }

  git(...args: readonly string[]): Promise<string> {
    const who = ["-c", "user.name=test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false"];
    return textFrom(git.path ?? "git", ["-C", join(this.#place.folder, "repo"), ...who, ...args]);
  }

  apply(...args: readonly string[]): Program {
    const interval = args.includes("--interval") ? [] : ["--interval", "100ms"];
    return this.#place.startWith(PERMISSIONS, "apply", "--git", this.url, ...interval, ...args);
  }
}

function test(name: string, body: (place: TestFolder, repository: Repository) => Promise<void>): void {
  harnessTest(name, { skip, timeoutMs: 60_000 }, async () => {
    await using place = await TestFolder.open();
    const repository = new Repository(place);
    await repository.init();
    await body(place, repository);
  });
}

interface Reported {
  readonly sync: string;
  readonly source: { readonly kind: string; readonly location: string; readonly revision: string };
  readonly conditions: readonly {
    readonly type: string;
    readonly status: string;
    readonly reason: string;
    readonly message: string;
  }[];
}

async function reportOf(place: TestFolder): Promise<Reported> {
  const { topologies } = JSON.parse((await place.call("status", "-o", "json")).stdout);
  return topologies[0];
}

test(
  "apply --git follows a good commit, refuses a bad one with place and commit, follows again",
  async (place, repo) => {
    const first = await repo.commit(listener("1"));
    const engine = repo.apply("--path", "net");
    await engine.says(/generation 1 is Ready/);
    assert.deepEqual((await reportOf(place)).source, {
      kind: "git",
      location: `${repo.url}#main:/net/web.yaml`,
      revision: first,
    });
    const bad = await repo.commit(listener("x"));
    await engine.says(new RegExp(`net/web\\.yaml:3:\\d+ error\\[bad-number\\][^]*at commit ${bad.slice(0, 7)}`));
    const stalled = (await reportOf(place)).conditions.find(({ type }) => type === "Stalled");
    assert.equal(stalled?.status, "True");
    assert.match(stalled?.message ?? "", new RegExp(`^net/web\\.yaml:3:\\d+ .* at commit ${bad.slice(0, 7)}$`));
    assert.equal((await reportOf(place)).source.revision, first);
    const good = await repo.commit(listener("2"));
    await engine.says(new RegExp(`The source is at commit ${good.slice(0, 7)}`));
    await engine.says(/generation 2 is Ready/);
    assert.equal((await reportOf(place)).source.revision, good);
    engine.signal("SIGTERM");
    assert.equal((await engine.ended).code, 0);
  },
);

test("apply --git follows a branch that is pushed by force, and stalls when it is gone", async (_place, repo) => {
  await repo.commit(listener("1"));
  const engine = repo.apply("--path", "net/web.yaml");
  await engine.says(/generation 1 is Ready/);
  await repo.commit(listener("2"), "--amend");
  await engine.says(/generation 2 is Ready/);
  await repo.git("checkout", "--quiet", "-b", "other");
  await repo.git("branch", "--quiet", "-D", "main");
  await engine.says(/Cannot fetch "main" of [^]*generation 2 of "web" keeps running/);
  await repo.git("branch", "--quiet", "main");
  await engine.says(/The source can be read again; nothing to do/);
  engine.signal("SIGTERM");
  assert.equal((await engine.ended).code, 0);
});

test("apply --git refuses a program without --allow-exec, and what runs continues", async (place, repo) => {
  const program = `
nodes:
  front: { type: ksocket, hook: inet/stream/tcp, messages: [bind: "inet/127.0.0.1:0", listen: 8, accept: { template: run }] }
templates:
  run: { entry: it, nodes: { it: { type: exec, messages: [setprogram: { path: /bin/cat }] } } }
`;
  const first = await repo.commit(listener("1"));
  const engine = repo.apply("--path", "net");
  await engine.says(/generation 1 is Ready/);
  await repo.commit(program);
  await engine.says(/node "run\/it" starts "\/bin\/cat"[^]*--allow-exec PATH/);
  const report = await reportOf(place);
  const stalled = report.conditions.find(({ type }) => type === "Stalled");
  assert.deepEqual([report.source.revision, stalled?.status], [first, "True"]);
  assert.match(stalled?.message ?? "", /starts "\/bin\/cat"/);
  engine.signal("SIGTERM");
  assert.equal((await engine.ended).code, 0);
  const allowed = repo.apply("--path", "net", "--allow-exec", "/bin/cat");
  await allowed.says(/generation 1 is Ready/);
  allowed.signal("SIGTERM");
  assert.equal((await allowed.ended).code, 0);
});

test("reconcile fetches at once", async (place, repo) => {
  await repo.commit(listener("1"));
  const engine = repo.apply("--path", "net", "--interval", "1h");
  await engine.says(/generation 1 is Ready/);
  await repo.commit(listener("2"));
  const { code, stdout } = await place.call("reconcile", "web");
  assert.deepEqual([code, stdout], [0, "web: generation 2 is Ready\n"]);
  engine.signal("SIGTERM");
  assert.equal((await engine.ended).code, 0);
});

test(
  "apply --git --state with a bad commit starts Stalled with its reason, and is Synced by a good one",
  async (place, repo) => {
    await repo.commit(listener("1"));
    const first = repo.apply("--path", "net", "--state", "kept");
    await first.says(/generation 1 is Ready/);
    first.signal("SIGTERM");
    await first.ended;
    const bad = await repo.commit(listener("x"));
    const again = repo.apply("--path", "net", "--state", "kept");
    await again.says(/generation 1 is Ready/);
    const stalled = (await reportOf(place)).conditions.find(({ type }) => type === "Stalled");
    assert.deepEqual([stalled?.status, stalled?.reason], ["True", "SourceInvalid"]);
    assert.match(stalled?.message ?? "", new RegExp(`^net/web\\.yaml:3:\\d+ .* at commit ${bad.slice(0, 7)}$`));
    const good = await repo.commit(listener("2"));
    await again.says(/generation 2 is Ready/);
    const report = await reportOf(place);
    assert.equal(report.source.revision, good);
    const now = report.conditions.find(({ type }) => type === "Stalled");
    assert.deepEqual([report.sync, now?.status], ["Synced", "False"]);
    again.signal("SIGTERM");
    assert.equal((await again.ended).code, 0);
  },
);

test("apply --git --state comes up with the last good generation when the repository is gone", async (place, repo) => {
  await repo.commit(listener("1"));
  const first = repo.apply("--path", "net", "--state", "kept");
  await first.says(/generation 1 is Ready/);
  first.signal("SIGTERM");
  await first.ended;
  await rm(join(place.folder, "repo"), { recursive: true });
  const again = repo.apply("--path", "net", "--state", "kept");
  await again.says(/last good generation/);
  await again.says(/generation 1 is Ready/);
  // Until then it ends as one that was stopped before all was Ready.
  await again.says(/Press Ctrl-C to stop the engine/);
  again.signal("SIGTERM");
  assert.equal((await again.ended).code, 0);
});

test(
  "apply --git ends 69 for what it cannot reach, 64 for what is none, and without the permission 77",
  async (place, repo) => {
    assert.equal((await repo.apply().ended).code, 69);
    const gone = await place.startWith(PERMISSIONS, "apply", "--git", "file:///there/is/none").ended;
    assert.match(gone.stderr, /Cannot fetch "main" of file:\/\/\/there\/is\/none: .*not appear to be a git repository/);
    await repo.commit(listener("1"));
    assert.equal((await repo.apply("--path", "nowhere").ended).code, 65);
    assert.equal((await place.run("apply", "--git", "ext::sh")).code, 64);
    assert.equal((await place.run("apply", "--ref", "main", "x.yaml")).code, 64);
    if (!("Deno" in globalThis)) return;
    const forbidden = await place.run("apply", "--git", repo.url);
    assert.equal(forbidden.code, 77, forbidden.stderr);
  },
);

harnessTest("parseGitSource() takes addresses, and never shows a password", () => {
  for (const url of ["https://a.example/x.git", "ssh://git@a.example/x", "file:///srv/x.git", "git@a.example:x.git"]) {
    assert.deepEqual(parseGitSource(url, { ref: "main", path: "/a//b/" }), {
      kind: "git",
      url,
      ref: "main",
      path: "a/b",
    });
  }
  const refused = [["--upload-pack=x", "main", ""], ["ext::sh -c x", "main", ""], ["file:///x", "-x", ""]] as const;
  for (const [url, ref, path] of [...refused, ["file:///x", "main", "../y"] as const]) {
    assert.throws(() => parseGitSource(url, { ref, path }), SourceError);
  }
  assert.equal(withoutSecrets("https://me:secret@a.example/x.git"), "https://a.example/x.git");
});

test(
  "apply --git follows symbolic links within the repository and refuses those that lead out of it",
  async (place, repository) => {
    for (const folder of ["shared/deep", "net/old.yaml"]) {
      await mkdir(join(place.folder, "repo", folder), { recursive: true });
    }
    const link = (target: string, name: string) => symlink(target, join(place.folder, "repo", name));
    await place.write("repo/shared/deep/one.yaml", "nodes: { a: { type: hole } }\n");
    await place.write("repo/net/old.yaml/web.yaml", "not read");
    await link("shared", "alias");
    await link("../alias/deep/one.yaml", "net/linked.yaml");
    await link("net", "current");
    await link("me@host.123:1700000000", "net/.#web.yaml");
    await repository.commit(listener("1"));
    const engine = repository.apply("--path", "current");
    await engine.says(/linked: generation 1 is Ready/);
    await link("/etc/passwd", "net/outside.yaml");
    await repository.commit(listener("2"));
    await engine.says(
      /"current\/outside\.yaml" of file:[^ ]*: it is a symbolic link that points outside the repository/,
    );
    await repository.git("rm", "--quiet", "net/outside.yaml");
    await link("nowhere.yaml", "net/broken.yaml");
    await repository.commit(listener("3"));
    await engine.says(/"current\/broken\.yaml" of file:[^ ]*: it is a symbolic link that points to a missing file/);
    await repository.git("rm", "--quiet", "net/broken.yaml");
    const others: readonly (readonly [why: string, links: Readonly<Record<string, string>>])[] = [
      ["points to itself", { "one.yaml": "two.yaml", "two.yaml": "one.yaml" }],
      ["points through a file", { "one.yaml": "web.yaml/x" }],
      ["leads to a folder", { "one.yaml": "../shared" }],
    ];
    for (const [why, links] of others) {
      const names = Object.keys(links).map((name) => `net/${name}`);
      for (const [name, target] of Object.entries(links)) await link(target, `net/${name}`);
      await repository.commit(listener(`3 ${why}`));
      await engine.says(new RegExp(`"current/one\\.yaml" of file:[^ ]*: it is a symbolic link that ${why}`));
      await repository.git("rm", "--quiet", ...names);
    }
    await repository.commit(listener("4"));
    await engine.says(/web: generation 2 is Ready/);
    engine.signal("SIGTERM");
    assert.equal((await engine.ended).code, 0);
  },
);

test("apply --git names the file that is too large, and prints odd names safely", async (place) => {
  const repository = new Repository(place);
  await repository.init();
  await repository.commit(listener("1"));
  const engine = place.startWith(PERMISSIONS, "apply", "--git", repository.url, "--path", "net", "--interval", "100ms");
  await engine.says(/generation 1 is Ready/);
  await place.write("repo/net/a\u001bb.yaml", "name: odd\nnodes: { a: { type: hole } }\n");
  await repository.commit(listener("2"));
  await engine.says(/net\/a\\u001bb\.yaml is new/);
  await place.write("repo/net/large.yaml", "#".repeat(5 * 1024 * 1024));
  await repository.commit(listener("3"));
  await engine.says(/Cannot read "net\/large\.yaml" of file:[^ ]*: it is larger than 4 MiB: split it/);
  engine.signal("SIGTERM");
  assert.equal((await engine.ended).code, 0);
});
