/**
 * A folder with more files than are taken: it is refused by the number of its names, and its files are not looked at.
 *
 * @module
 */

import assert from "node:assert/strict";
import { SourceFingerprint } from "../../src/sources/fingerprint.ts";
import { MAX_SOURCE_FILES, readSource } from "../../src/sources/read.ts";
import { SourceError } from "../../src/sources/source_error.ts";
import { test } from "../harness.ts";

/** A folder of so many topologies; looking at one of its files counts. */
class Crowd {
  asked = 0;
  stampOfFolder = "1";
  readonly #names: readonly string[];

  constructor(count: number) {
    this.#names = Array.from({ length: count }, (_, index) => `t${index}.yaml`);
  }

  readonly list = () => Promise.resolve(this.#names);
  readonly stamp = (path: string) => Promise.resolve(path === "/crowd" ? this.stampOfFolder : "file");
  readonly stamps = (paths: readonly string[]) => {
    this.asked += paths.length;
    return paths.map(() => "file");
  };
  readonly stat = (path: string) => {
    if (path !== "/crowd") this.asked++;
    const kind = path === "/crowd" ? "directory" : "file";
    return Promise.resolve({ kind, bytes: 1, uid: 0, mode: 0o644 } as const);
  };
  readonly read = () => Promise.reject(new Error("No file of a crowd is read"));
  readonly readStdin = this.read;
}

const CROWD = { kind: "path", name: "crowd", path: "/crowd" } as const;

test("readSource() refuses a folder of too many files before it reads any", async () => {
  const files = new Crowd(MAX_SOURCE_FILES + 1);
  const refused = await readSource(CROWD, { files }).catch((error: unknown) => error);
  assert.ok(refused instanceof SourceError);
  assert.match(refused.message, /more than 10,000 files/);
  assert.equal(files.asked, 0);
});

test("Glance asks for the folder's stamp alone where there are too many files, and notices its change", async () => {
  const files = new Crowd(MAX_SOURCE_FILES + 1);
  const fingerprint = new SourceFingerprint([CROWD], files);
  const before = await fingerprint.read();
  assert.equal(await fingerprint.read(), before);
  files.stampOfFolder = "2";
  assert.notEqual(await fingerprint.read(), before);
  assert.equal(files.asked, 0);
});

test("Glance asks for all files where there are as many as are taken", async () => {
  const files = new Crowd(MAX_SOURCE_FILES);
  await new SourceFingerprint([CROWD], files).read();
  assert.equal(files.asked, MAX_SOURCE_FILES);
});
