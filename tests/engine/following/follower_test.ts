/**
 * Sources that are followed: whatever way a file is changed, it is one change; whatever is wrong, what runs runs on.
 *
 * @module
 */

import assert from "node:assert/strict";
import { mkdir, rename, rm, symlink, unlink } from "node:fs/promises";
import { NetgraphError } from "../../../src/errors.ts";
import { test as harnessTest } from "../../harness.ts";
import { run } from "../../support/process.ts";
import { FollowedPlace, topology } from "../followed_place.ts";

/** How many checks a change takes at most. */
const SETTLED = 8;

function test(name: string, body: (place: FollowedPlace) => Promise<void>): void {
  harnessTest(name, async () => {
    await using place = await FollowedPlace.open();
    await body(place);
    assert.deepEqual(place.bugs, []);
  });
}

test("Follower applies what is there, and nothing more while it stays", async (place) => {
  await place.write("web.yaml", topology("a"));
  assert.equal(await place.follow("web.yaml"), true);
  await place.checks(SETTLED);
  assert.deepEqual(place.applied, [["a"]]);
});

test("Follower applies a file that is written in place, renamed over, and deleted before it is made", async (place) => {
  await place.write("web.yaml", topology("a"));
  await place.follow("web.yaml");
  await place.write("web.yaml", topology("b"));
  await place.checks(SETTLED);
  await place.write(".web.tmp", topology("c"));
  await rename(place.path(".web.tmp"), place.path("web.yaml"));
  await place.checks(SETTLED);
  await rename(place.path("web.yaml"), place.path("web.yaml~"));
  await place.checks(1);
  await place.write("web.yaml", topology("d"));
  await place.checks(SETTLED);
  assert.deepEqual(place.applied, [["a"], ["b"], ["c"], ["d"]]);
  assert.deepEqual(place.reported, []);
});

test("Follower applies a burst once, as it is in the end", async (place) => {
  await place.write("web.yaml", topology("a"));
  await place.follow("web.yaml");
  for (const text of ["", "name: we", topology("b"), topology("c"), topology("d")]) {
    await place.write("web.yaml", text);
    await place.checks(1);
  }
  await place.checks(SETTLED);
  assert.deepEqual(place.applied, [["a"], ["d"]]);
  assert.deepEqual(place.reported, []);
});

test("Follower applies the swap of a ConfigMap's link once", async (place) => {
  const version = async (name: string, texts: Readonly<Record<string, string>>) => {
    await mkdir(place.path(`map/${name}`), { recursive: true });
    for (const [file, text] of Object.entries(texts)) await place.write(`map/${name}/${file}`, text);
    await symlink(name, place.path("map/..data_tmp"));
    await rename(place.path("map/..data_tmp"), place.path("map/..data"));
  };
  await version("..1", { "a.yaml": topology("a1", "a"), "b.yaml": topology("b1", "b") });
  for (const file of ["a.yaml", "b.yaml"]) await symlink(`..data/${file}`, place.path(`map/${file}`));
  await place.follow("map");
  await version("..2", { "a.yaml": topology("a2", "a"), "b.yaml": topology("b2", "b") });
  await rm(place.path("map/..1"), { recursive: true });
  await place.checks(SETTLED);
  await version("..3", { "a.yaml": topology("a3", "a"), "b.yaml": topology("b2", "b") });
  await place.checks(SETTLED);
  assert.deepEqual(place.applied, [["a1", "b1"], ["a2", "b2"], ["a3", "b2"]]);
  assert.deepEqual(place.reported, []);
});

test("Follower applies files that come into a folder", async (place) => {
  await mkdir(place.path("all"));
  await place.write("all/a.yaml", topology("a", "a"));
  await place.follow("all");
  await place.write("all/b.yml", topology("b", "b"));
  await place.write("all/notes.txt", "no topology");
  await place.checks(SETTLED);
  assert.deepEqual(place.applied, [["a"], ["a", "b"]]);
});

test("Follower stalls what is invalid, reports it once with its place, and goes on when it is good", async (place) => {
  await place.write("web.yaml", topology("a"));
  await place.follow("web.yaml");
  await place.write("web.yaml", topology("b").replace("hole", "hoel"));
  await place.checks(SETTLED);
  assert.deepEqual(place.reported.map(({ reason }) => reason), ["SourceInvalid"]);
  assert.deepEqual(place.reported[0]?.diagnostics.map(({ code, line, column }) => [code, line, column]), [
    ["unknown-type", 3, 24],
  ]);
  assert.equal(place.stalls.get("web")?.reason, "SourceInvalid");
  assert.match(place.stalls.get("web")?.message ?? "", /^web\.yaml:3:24 error\[unknown-type\]/);
  assert.match(place.reported[0]?.text ?? "", /generation 1 of "web" keeps running/);
  await place.write("web.yaml", topology("a"));
  await place.checks(SETTLED);
  assert.deepEqual(place.applied, [["a"], ["a"]]);
  assert.equal(place.stalls.size, 0);
});

test("Follower does not apply half of a file that is written in two steps", async (place) => {
  const [first, second] = [topology("1", "a"), topology("1", "b")];
  await place.write("web.yaml", `${first}---\n${second}`);
  await place.follow("web.yaml");
  for (const half of ["", topology("2", "a")]) await place.write("web.yaml", half);
  await place.checks(1);
  await place.write("web.yaml", `${topology("2", "a")}---\n${second}`);
  await place.checks(SETTLED);
  assert.deepEqual(place.applied, [["1", "1"], ["2", "1"]]);
  assert.deepEqual([place.reported, [...place.orphans]], [[], []]);
});

test("Follower forgets a topology that never ran and that its source has no more", async (place) => {
  await place.write("web.yaml", `${topology("1", "a")}---\n${topology("1", "b")}`);
  await place.follow("web.yaml");
  place.generation = 0;
  await place.write("web.yaml", topology("1", "a"));
  await place.checks(SETTLED);
  assert.deepEqual([[...place.forgotten], [...place.orphans]], [["b"], []]);
});

test("Follower leaves running what a half of a file lacks, and goes on with the whole", async (place) => {
  const whole = `${topology("1", "a")}---\n${topology("1", "b")}`;
  await place.write("web.yaml", whole);
  await place.follow("web.yaml");
  await place.write("web.yaml", topology("1", "a"));
  await place.checks(SETTLED);
  assert.deepEqual([...place.orphans], ["b"]);
  await place.write("web.yaml", whole);
  await place.checks(SETTLED);
  assert.deepEqual(place.applied, [["1", "1"], ["1"], ["1", "1"]]);
});

test("Follower that prunes waits two seconds for what is missing in a file", async (place) => {
  const whole = `${topology("1", "a")}---\n${topology("1", "b")}`;
  await place.write("web.yaml", whole);
  await place.follow("web.yaml", { prune: true });
  await place.write("web.yaml", topology("1", "a"));
  await place.checks(4);
  await place.write("web.yaml", `${topology("2", "a")}---\n${topology("1", "b")}`);
  await place.checks(SETTLED);
  assert.deepEqual(place.applied, [["1", "1"], ["2", "1"]]);
  await place.write("web.yaml", topology("2", "a"));
  await place.checks(2 * SETTLED);
  assert.deepEqual(place.applied, [["1", "1"], ["2", "1"], ["2"]]);
});

test("Follower stalls what is empty, gone or no file", async (place) => {
  await place.write("web.yaml", topology("a"));
  await place.follow("web.yaml");
  await place.write("web.yaml", "");
  await place.checks(SETTLED);
  await unlink(place.path("web.yaml"));
  await place.checks(SETTLED);
  await mkdir(place.path("web.yaml"));
  await place.checks(SETTLED);
  assert.deepEqual(place.reported.map(({ reason }) => reason), ["SourceInvalid", "SourceUnreadable", "SourceInvalid"]);
  assert.deepEqual(place.applied, [["a"]]);
  assert.equal(place.stalls.size, 1);
});

test("Follower holds a whole folder back for one bad file", async (place) => {
  await mkdir(place.path("all"));
  await place.write("all/a.yaml", topology("a", "a"));
  await place.write("all/b.yaml", topology("b", "b"));
  await place.follow("all");
  await place.write("all/a.yaml", topology("a2", "a"));
  await place.write("all/b.yaml", "nodes: [");
  await place.checks(SETTLED);
  assert.deepEqual(place.applied, [["a", "b"]]);
  assert.deepEqual([...place.stalls.keys()], ["a", "b"]);
});

test("Follower does not retry a failed change until the source changes, or a client requests it", async (place) => {
  await place.write("web.yaml", topology("a"));
  place.result = "rolled-back";
  await place.follow("web.yaml");
  await place.checks(SETTLED);
  assert.deepEqual(place.applied, [["a"]]);
  await place.passUntil(place.follower.again());
  assert.deepEqual(place.applied, [["a"], ["a"]]);
  await place.write("web.yaml", topology("b"));
  await place.checks(SETTLED);
  assert.deepEqual(place.applied, [["a"], ["a"], ["b"]]);
});

test("Follower tries a whole source again when any of it changes, and not before", async (place) => {
  await mkdir(place.path("all"));
  await place.write("all/a.yaml", topology("a", "a"));
  await place.write("all/b.yaml", topology("b", "b"));
  place.failing.add("a");
  await place.follow("all");
  await place.checks(SETTLED);
  assert.deepEqual(place.applied, [["a", "b"]]);
  await place.write("all/b.yaml", topology("b2", "b"));
  await place.checks(SETTLED);
  assert.deepEqual(place.applied.slice(1), [["a", "b2"]]);
  place.failing.clear();
  await place.write("all/a.yaml", topology("a2", "a"));
  await place.checks(SETTLED);
  assert.deepEqual(place.applied.slice(2), [["a2", "b2"]]);
});

for (const [how, reason] of [["rollback", "RolledBack"], ["adoption", "Adopted"]] as const) {
  test(`Follower keeps a ${how} until the topology's own text changes, or a client asks for it`, async (place) => {
    await mkdir(place.path("all"));
    await place.write("all/a.yaml", topology("a", "a"));
    await place.write("all/b.yaml", topology("b", "b"));
    await place.follow("all");
    place.depart("a", "before", how);
    assert.deepEqual([place.stalls.get("a")?.reason, place.stalls.get("a")?.behind], [reason, true]);
    await place.write("all/b.yaml", topology("b2", "b"));
    await place.checks(SETTLED);
    await place.write("all/b.yaml", "x");
    await place.checks(SETTLED);
    assert.equal(place.stalls.get("a")?.reason, "SourceInvalid");
    await place.write("all/b.yaml", topology("b3", "b"));
    await place.checks(SETTLED);
    assert.deepEqual([place.stalls.get("a")?.reason, place.stalls.has("b")], [reason, false]);
    const asking = { emit: () => {}, waitMs: 0 };
    await place.passUntil(place.follower.again({ ...asking, reapply: ["b"] }));
    assert.deepEqual(place.applied, [["a", "b"], ["b2"], ["b3"], ["b3"]]);
    await place.passUntil(place.follower.again({ ...asking, reapply: ["a"] }));
    assert.deepEqual([place.applied.at(-1), place.stalls.size], [["a"], 0]);
    place.depart("a", "before", how);
    await place.write("all/a.yaml", topology("a2", "a"));
    await place.checks(SETTLED);
    assert.deepEqual([place.applied.at(-1), place.stalls.size], [["a2", "b3"], 0]);
    place.depart("a", "a2", how); // To what the source says.
    assert.equal(place.stalls.size, 0);
  });
}

test("Follower does not apply what was not confirmed in time until its text changes, or a client asks", async (place) => {
  await mkdir(place.path("all"));
  await place.write("all/web.yaml", topology("a"));
  await place.write("all/other.yaml", topology("a", "other"));
  await place.follow("all");
  // The text comes to the source before or after the time is over.
  place.notConfirmed("web", "b");
  assert.equal(place.stalls.has("web"), false);
  await place.write("all/other.yaml", topology("b", "other"));
  await place.checks(SETTLED);
  await place.write("all/web.yaml", topology("b"));
  await place.write("all/other.yaml", topology("c", "other"));
  await place.checks(SETTLED);
  assert.deepEqual(place.applied, [["a", "a"], ["b", "a"], ["c"]]);
  assert.deepEqual([place.stalls.get("web")?.reason, place.stalls.get("web")?.behind], ["NotConfirmed", true]);
  await place.passUntil(place.follower.again({ emit: () => {}, waitMs: 0, reapply: ["web"] }));
  assert.deepEqual(place.applied.at(-1), ["b"]);
  place.notConfirmed("web", "c");
  await place.write("all/web.yaml", topology("d"));
  await place.checks(SETTLED);
  assert.deepEqual(place.applied.at(-1)?.includes("d"), true);
});

test("Follower applies from an unchanged source only what a client names", async (place) => {
  await mkdir(place.path("all"));
  await place.write("all/a.yaml", topology("a", "a"));
  await place.write("all/b.yaml", topology("b", "b"));
  await place.follow("all");
  const asking = { emit: () => {}, waitMs: 0 };
  await place.passUntil(place.follower.again({ ...asking, reapply: ["b"] }));
  assert.deepEqual(place.applied.at(-1), ["b"]);
  await place.passUntil(place.follower.again({ ...asking, reapply: null }));
  assert.deepEqual(place.applied.at(-1), ["a", "b"]);
  await place.write("all/a.yaml", topology("a2", "a"));
  await place.passUntil(place.follower.again({ ...asking, reapply: ["b"] }));
  assert.deepEqual(place.applied.at(-1), ["a2", "b"]);
});

test("Follower leaves a suspended topology as it is until it is resumed", async (place) => {
  await mkdir(place.path("all"));
  await place.write("all/a.yaml", topology("a", "a"));
  await place.write("all/b.yaml", topology("b", "b"));
  await place.follow("all");
  place.suspended.add("a");
  await place.write("all/a.yaml", topology("a2", "a"));
  await place.write("all/b.yaml", topology("b2", "b"));
  await place.checks(SETTLED);
  assert.deepEqual(place.applied.slice(1), [["b2"]]);
  const held = place.noticed.filter(({ result }) => result === "held-back");
  assert.deepEqual(held.map(({ text }) => text), [
    '"a" is suspended, and its change is held back: "sockgraph resume a" applies it',
  ]);
  assert.ok(place.noticed.every(({ result }) => result !== "nothing"));
  place.suspended.clear();
  place.follower.resumed("a");
  await place.checks(SETTLED);
  assert.deepEqual(place.applied.slice(2), [["a2", "b2"]]);
});

test("Follower reports that nothing is to do where a suspended topology is as it was applied", async (place) => {
  await place.write("web.yaml", topology("a"));
  await place.follow("web.yaml");
  place.suspended.add("web");
  place.held = (_name, description) => description !== "a";
  await place.write("web.yaml", `# A comment.\n${topology("a")}`);
  await place.checks(SETTLED);
  assert.deepEqual(place.noticed.map(({ result }) => result), ["nothing"]);
});

test("Follower reports that what failed is not what its source holds", async (place) => {
  await place.write("web.yaml", topology("a"));
  await place.follow("web.yaml");
  place.failing.add("web");
  await place.write("web.yaml", topology("b"));
  await place.checks(SETTLED);
  assert.equal(place.stalls.get("web")?.behind, true);
  await place.write("web.yaml", "nodes: [");
  await place.checks(SETTLED);
  assert.equal(place.stalls.get("web")?.reason, "SourceInvalid");
  assert.equal(place.stalls.get("web")?.behind, false);
});

test("Follower tries again what was refused an address when another topology has changed", async (place) => {
  await place.write("web.yaml", topology("a"));
  Object.assign(place, { result: "rolled-back", code: "EADDRINUSE" });
  await place.follow("web.yaml");
  place.follower.addressesFreed("web");
  await place.checks(SETTLED);
  assert.equal(place.applied.length, 1);
  Object.assign(place, { result: "applied", code: null });
  place.follower.addressesFreed("other");
  await place.checks(SETTLED);
  assert.equal(place.applied.length, 2);
  place.follower.addressesFreed("other");
  await place.checks(SETTLED);
  assert.equal(place.applied.length, 2);
});

test("Follower checks every file of a large folder", async (place) => {
  await mkdir(place.path("all"));
  const names = Array.from({ length: 130 }, (_, number) => `t-${number}`);
  for (const name of names) await place.write(`all/${name}.yaml`, topology("old", name));
  await place.follow("all");
  await place.checks(SETTLED);
  for (const name of ["t-0", "t-99"]) {
    await place.write(`all/${name}.yaml`, topology("new", name));
    await place.checks(SETTLED);
  }
  assert.deepEqual(place.applied.map((all) => all.filter((one) => one === "new").length), [0, 1, 2]);
});

test("Follower shows what it could not bring up at first", async (place) => {
  await place.write("web.yaml", topology("a"));
  Object.assign(place, { result: "rolled-back", generation: 0 });
  assert.equal(await place.follow("web.yaml"), true);
  assert.equal(place.stalls.get("web")?.reason, "RolledBack");
});

test("Follower is not begun with what cannot be used", async (place) => {
  assert.equal(await place.follow("web.yaml"), false);
  assert.deepEqual(place.reported.map(({ reason }) => reason), ["SourceUnreadable"]);
});

test("Follower stalls what is refused, and tries again when there was no graph", async (place) => {
  await place.write("web.yaml", topology("a"));
  await place.follow("web.yaml");
  place.fault = new NetgraphError("EEXIST", "It runs from elsewhere");
  await place.write("web.yaml", topology("b"));
  await place.checks(SETTLED);
  assert.equal(place.stalls.get("web")?.reason, "SourceRefused");
  place.fault = null;
  await place.checks(SETTLED);
  assert.deepEqual(place.applied, [["a"]]);
  place.fault = new NetgraphError("EBUSY", "The graph is restarting");
  await place.write("web.yaml", topology("c"));
  await place.checks(SETTLED);
  place.fault = null;
  await place.checks(SETTLED);
  assert.deepEqual(place.applied, [["a"], ["c"]]);
  assert.equal(place.reported.length, 2);
});

test("Follower waits with what cannot be applied yet, and stalls nothing", async (place) => {
  const held: string[] = [];
  place.held = (name, description) => held.push(`${name} ${description}`) > 0;
  await place.write("web.yaml", topology("a"));
  await place.follow("web.yaml");
  place.fault = new NetgraphError("EBUSY", "Another change awaits its confirmation");
  await place.write("web.yaml", topology("b"));
  await place.checks(SETTLED);
  assert.equal(place.stalls.size, 0);
  assert.equal(held[0], "web b");
  assert.deepEqual(place.reported.map(({ reason }) => reason), ["SourceRefused"]);
  place.fault = null;
  await place.checks(SETTLED);
  assert.deepEqual(place.applied, [["a"], ["b"]]);
});

test("Follower reads a text again with the variables that a client applied it with", async (place) => {
  place.env.set("WHAT", "engine").set("MORE", "new");
  await place.write("web.yaml", topology("${WHAT}"));
  await place.follow("web.yaml");
  const location = place.path("web.yaml");
  place.sources = [{ kind: "file", location, revision: null, variables: { WHAT: "client" } }];
  await place.write("web.yaml", topology('"${WHAT} ${MORE}"'));
  await place.checks(SETTLED);
  place.sources = [{ kind: "file", location, revision: null, variables: { WHAT: null } }];
  await place.write("web.yaml", topology('"${WHAT:-unset} ${MORE}"'));
  await place.checks(SETTLED);
  assert.deepEqual(place.applied, [["engine"], ["client new"], ["unset new"]]);
});

test("Follower reads with the engine's environment", async (place) => {
  await place.write("web.yaml", topology("${WHAT}"));
  place.env.set("WHAT", "mine");
  await place.follow("web.yaml");
  assert.deepEqual(place.applied, [["mine"]]);
});

test("Follower ignores a released topology", async (place) => {
  await mkdir(place.path("all"));
  await place.write("all/a.yaml", topology("a", "a"));
  await place.write("all/b.yaml", topology("b", "b"));
  await place.follow("all");
  place.follower.release("a");
  await place.write("all/a.yaml", topology("a2", "a"));
  await place.checks(SETTLED);
  assert.deepEqual(place.applied, [["a", "b"], ["b"]]);
});

test("Follower reports which files have changed, and when there is nothing to do", async (place) => {
  await mkdir(place.path("all"));
  for (const name of ["a", "b", "c", "d"]) await place.write(`all/${name}.yaml`, topology("1", name));
  await place.follow("all");
  const said = async (change: () => Promise<unknown>) => {
    place.noticed.length = 0;
    await change();
    await place.checks(SETTLED);
    return place.noticed.map(({ result, text }) => `${result}: ${text}`);
  };
  const nothing = "nothing to do";
  place.result = "unchanged";
  assert.deepEqual(await said(() => place.write("all/a.yaml", topology("2", "a"))), [
    `nothing: all/a.yaml has changed; ${nothing}`,
  ]);
  assert.deepEqual(await said(() => rename(place.path("all/b.yaml"), place.path("all/e.yaml"))), [
    `nothing: all/e.yaml is new; all/b.yaml is gone; ${nothing}`,
  ]);
  assert.deepEqual(await said(() => place.write("all/a.yaml", "nodes: [")), []);
  assert.deepEqual(await said(() => rename(place.path("all"), place.path("away"))), []);
  assert.deepEqual(await said(() => rename(place.path("away"), place.path("all"))), []);
  assert.deepEqual(await said(() => place.write("all/a.yaml", topology("2", "a"))), [
    `nothing: all/a.yaml has changed; ${nothing}`,
  ]);
  place.result = "applied";
  assert.deepEqual(await said(() => unlink(place.path("all/c.yaml"))), [
    "applying: all/c.yaml is gone",
    `left: "c" is no longer in the source and keeps running: stop it with down, or follow with --prune`,
  ]);
  const burst = async () => {
    for (const name of ["a", "d", "f", "g"]) await place.write(`all/${name}.yaml`, topology("3", name));
  };
  assert.deepEqual(await said(burst), [
    "applying: all/a.yaml and all/d.yaml have changed; all/f.yaml and all/g.yaml are new",
  ]);
  assert.deepEqual(await said(() => place.passUntil(place.follower.again())), ["applying: The source is unchanged"]);
});

test("Follower reports the result to a client that requests a check, although it was reported before", async (place) => {
  await place.write("web.yaml", topology("a"));
  await place.follow("web.yaml");
  await place.write("web.yaml", "nodes: [");
  await place.checks(SETTLED);
  const heard: string[] = [];
  const asking = { waitMs: 0, reapply: [], emit: (event: { readonly kind: string }) => void heard.push(event.kind) };
  assert.equal(await place.passUntil(place.follower.again(asking)), null);
  assert.deepEqual(heard, ["source"]);
  await place.checks(SETTLED);
  assert.equal(place.reported.length, 2);
  await place.write("web.yaml", topology("b"));
  const outcomes = await place.passUntil(place.follower.again(asking));
  assert.deepEqual(outcomes?.map(({ topology: name }) => name), ["web"]);
  assert.deepEqual(place.applied, [["a"], ["b"]]);
});

test("Follower answers requests during a check by a later check", async (place) => {
  await place.write("web.yaml", topology("a"));
  await place.follow("web.yaml", { intervalMs: null });
  const first = place.follower.again();
  place.applying = async () => {
    place.applying = () => Promise.resolve();
    await place.write("web.yaml", topology("b"));
    second = place.follower.again();
  };
  let second: Promise<unknown> = Promise.resolve();
  await place.passUntil(first);
  await place.passUntil(second);
  assert.deepEqual(place.applied, [["a"], ["a"], ["b"]]);
});

test("Follower answers those who ask when it is closed", async (place) => {
  await place.write("web.yaml", topology("a"));
  await place.follow("web.yaml", { intervalMs: null });
  const asked = place.follower.again();
  await place.follower.close();
  assert.equal(await asked, null);
});

test("Follower without interval checks only on request", async (place) => {
  await place.write("web.yaml", topology("a"));
  await place.follow("web.yaml", { intervalMs: null });
  await place.write("web.yaml", topology("b"));
  assert.equal(place.clock.pending, 0);
  await place.passUntil(place.follower.again());
  assert.deepEqual(place.applied, [["a"], ["b"]]);
});

/** A pipe without a writer: opening it for reading would wait forever. */
async function makePipe(path: string): Promise<void> {
  await run("mkfifo", [path]);
}

test("Follower stalls for a pipe among its files, and ends although it is there", async (place) => {
  await mkdir(place.path("all"));
  await place.write("all/a.yaml", topology("a", "a"));
  await place.follow("all");
  await makePipe(place.path("all/p.yaml"));
  await place.checks(SETTLED);
  assert.match(place.reported[0]?.text ?? "", /Cannot read "all\/p\.yaml": it is a pipe/);
  assert.equal(place.stalls.get("a")?.reason, "SourceInvalid");
  await rm(place.path("all/p.yaml"));
  await place.checks(SETTLED);
  assert.deepEqual(place.applied, [["a"], ["a"]]);
});

test("Follower does not follow a pipe", async (place) => {
  await makePipe(place.path("p.yaml"));
  assert.equal(await place.follow("p.yaml"), false);
});

test("Follower prints names of files without what steers a terminal", async (place) => {
  await mkdir(place.path("all"));
  await place.write("all/a.yaml", topology("a", "a"));
  await place.follow("all");
  await place.write("all/\u001b[31m\n.yaml", "nodes: 1");
  await place.checks(SETTLED);
  assert.match(place.reported[0]?.text ?? "", /^all\/\\u001b\[31m\\u000a\.yaml:1:/);
});

test("Follower reports of what is gone that --prune removes it once all else is applied", async (place) => {
  await mkdir(place.path("all"));
  for (const name of ["a", "b"]) await place.write(`all/${name}.yaml`, topology("1", name));
  await place.follow("all", { prune: true });
  await rm(place.path("all/b.yaml"));
  await place.checks(SETTLED);
  assert.match(
    place.noticed.at(-1)?.text ?? "",
    /"b" is no longer in the source and keeps running: it is removed after/,
  );
});

test("Follower reads a source again soon when it could not be read, whatever its interval", async (place) => {
  await place.write("web.yaml", topology("a"));
  await place.follow("web.yaml", { intervalMs: 60_000 });
  await unlink(place.path("web.yaml"));
  await place.checks(121);
  assert.equal(place.stalls.get("web")?.reason, "SourceUnreadable");
  await place.write("web.yaml", topology("b"));
  await place.checks(10);
  assert.deepEqual(place.applied, [["a"], ["b"]]);
  assert.equal(place.stalls.size, 0);
});
