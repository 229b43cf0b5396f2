/** What is kept of topologies in a folder: damage is found, and nothing is left over. */
import assert from "node:assert/strict";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { StateStore } from "../../../src/engine/following/state_store.ts";
import { nodeFiles } from "../../../src/runtimes/host/node_files.ts";
import { temporaryFolder } from "../../conformance/folder.ts";
import { test } from "../../harness.ts";

const SOURCE = { kind: "file", location: "/srv/web.yaml", revision: "sha256:1" };
const STATE = { name: "web", description: null, nodes: [], links: [], templates: [] };

async function withStore(body: (store: StateStore, folder: string) => Promise<void>): Promise<void> {
  const { path: folder, remove } = temporaryFolder();
  try {
    const store = new StateStore(folder, nodeFiles);
    await store.open();
    await store.save({ state: STATE, source: SOURCE, keptAt: "2026-01-01T00:00:00.000Z" });
    await body(store, folder);
  } finally {
    remove();
  }
}

test("StateStore.load() refuses a file in which any bit is wrong", () =>
  withStore(async (store, folder) => {
    const path = join(folder, "web.json");
    const whole = await readFile(path);
    const kept = await store.load(() => assert.fail());
    assert.deepEqual(kept.map(({ state, source }) => [state.name, source.location]), [["web", "/srv/web.yaml"]]);
    for (let at = 0; at < whole.length - 1; at++) {
      const damaged = Uint8Array.from(whole);
      damaged[at] = (damaged[at] ?? 0) ^ 1;
      await writeFile(path, damaged);
      const messages: string[] = [];
      const loaded = await store.load((error) => messages.push(error.message));
      assert.deepEqual([loaded, messages.length], [[], 1], `byte ${at}`);
    }
  }));

test("StateStore.open() removes what a process that was killed has left", () =>
  withStore(async (store, folder) => {
    await nodeFiles.write(join(folder, "notes.tmp"), "of another program", { mode: 0o600 });
    await nodeFiles.write(join(folder, "web.json.0a1b2c3d-0000.tmp"), "{", { mode: 0o600 });
    await store.open();
    assert.deepEqual(await readdir(folder), ["notes.tmp", "web.json"]);
  }));
