/**
 * Paths of local sockets, with files in their place and virtual time.
 *
 * @module
 */

import { strict as assert } from "node:assert";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { BoundPath } from "../../../src/runtimes/host/bound_path.ts";
import { PATH_CHECK_MS, PathWatch } from "../../../src/runtimes/host/path_watch.ts";
import { MemoryNetwork } from "../../../src/runtimes/memory/network.ts";
import { temporaryFolder } from "../../conformance/folder.ts";
import { test } from "../../harness.ts";

/** A path with a file of ours, and what its watch reports. */
async function withPath(
  body: (subject: { network: MemoryNetwork; path: string; bound: BoundPath; reported: string[] }) => Promise<void>,
): Promise<void> {
  const folder = temporaryFolder();
  try {
    const network = new MemoryNetwork();
    const path = `${folder.path}/own/socket`;
    mkdirSync(`${folder.path}/own`);
    writeFileSync(path, "own");
    const bound = BoundPath.of({ family: "local", path }, new PathWatch(network.clock));
    assert.ok(bound);
    const reported: string[] = [];
    bound.watch((error) => reported.push(`${error.code} ${error.message.replace(path, "PATH")}`));
    await body({ network, path, bound, reported });
  } finally {
    folder.remove();
  }
}

test("BoundPath.watch() reports once, and within two checks, that the path was removed", () =>
  withPath(async ({ network, path, reported }) => {
    await network.advance(10 * PATH_CHECK_MS);
    assert.deepEqual(reported, []);
    rmSync(path);
    await network.advance(2 * PATH_CHECK_MS);
    assert.deepEqual(reported, ['EADDRNOTAVAIL Path "PATH" was removed']);
    await network.advance(10 * PATH_CHECK_MS);
    assert.equal(reported.length, 1);
    assert.equal(network.clock.step(Infinity), false);
  }));

test("BoundPath.watch() reports that its folder was removed, and that another file took its place", async () => {
  await withPath(async ({ network, path, reported }) => {
    rmSync(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    await network.advance(2 * PATH_CHECK_MS);
    assert.deepEqual(reported, ['EADDRNOTAVAIL Path "PATH" was removed']);
  });
  await withPath(async ({ network, path, reported }) => {
    writeFileSync(`${path}.new`, "other");
    renameSync(`${path}.new`, path);
    await network.advance(2 * PATH_CHECK_MS);
    assert.deepEqual(reported, ['EADDRNOTAVAIL Path "PATH" was replaced']);
  });
});

test("BoundPath.watch() reports nothing of a path that comes back by the second look", () =>
  withPath(async ({ network, path, reported }) => {
    renameSync(path, `${path}.away`);
    await network.advance(PATH_CHECK_MS);
    renameSync(`${path}.away`, path);
    await network.advance(3 * PATH_CHECK_MS);
    assert.deepEqual(reported, []);
  }));

test("BoundPath.remove() removes its own file, ends the watch, and leaves another's", async () => {
  await withPath(async ({ network, path, bound, reported }) => {
    bound.remove();
    assert.equal(existsSync(path), false);
    writeFileSync(path, "other");
    bound.remove();
    assert.equal(readFileSync(path, "utf8"), "other");
    assert.equal(network.clock.step(Infinity), false);
    await network.advance(2 * PATH_CHECK_MS);
    assert.deepEqual(reported, []);
  });
  await withPath(({ path, bound }) => {
    writeFileSync(`${path}.new`, "other");
    renameSync(`${path}.new`, path);
    bound.remove();
    assert.equal(readFileSync(path, "utf8"), "other");
    return Promise.resolve();
  });
});

test("BoundPath.closeBy() keeps another's file from a host that removes what it finds", () =>
  withPath(async ({ path, bound }) => {
    writeFileSync(`${path}.new`, "other");
    renameSync(`${path}.new`, path);
    await bound.closeBy(() => {
      rmSync(path, { force: true });
      return Promise.resolve();
    });
    assert.equal(readFileSync(path, "utf8"), "other");
    assert.deepEqual(readdirSync(path.slice(0, path.lastIndexOf("/"))), ["socket"]);
  }));

test("BoundPath.of() is null for what has no file", () => {
  const watch = new PathWatch(new MemoryNetwork().clock);
  for (const path of ["", "\0abstract", "/nowhere/at/all"]) {
    assert.equal(BoundPath.of({ family: "local", path }, watch), null);
  }
});
