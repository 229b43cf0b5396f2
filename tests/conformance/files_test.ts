/**
 * Files of the host: their ends, rotation, and a disk that takes nothing.
 *
 * @module
 */

import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../../src/clock.ts";
import type { NetgraphError } from "../../src/errors.ts";
import { NodeFileStreams } from "../../src/runtimes/host/node_file_streams.ts";
import type { FileOwner, FileSpec, FileStream, FileWritten } from "../../src/socket/file_stream.ts";
import { test } from "../harness.ts";
import { withFolder } from "../support/folder.ts";

/** A file, and all that happened to it. */
class Use implements FileOwner {
  readonly file: FileStream;
  text = "";
  readonly written: FileWritten[] = [];
  error: NetgraphError | null = null;
  isOpen = false;
  isEnded = false;
  #changed: () => void = () => {};

  constructor(spec: Partial<FileSpec> & Pick<FileSpec, "path" | "use">, clock: Clock) {
    this.file = new NodeFileStreams(clock).open({ fsync: false, permissions: 0o640, ...spec }, this);
  }

  opened(): void {
    this.isOpen = true;
    this.#changed();
  }

  openFailed(error: NetgraphError): void {
    this.error = error;
    this.#changed();
  }

  received(octets: Uint8Array<ArrayBuffer>): void {
    this.text += new TextDecoder().decode(octets);
    this.file.more();
  }

  ended(error: NetgraphError | null): void {
    this.error = error;
    this.isEnded = true;
    this.#changed();
  }

  wrote(result: FileWritten): void {
    this.written.push(result);
    this.#changed();
  }

  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await new Promise<void>((resolve) => this.#changed = resolve);
  }

  /** Writes a text, and waits until it is written or lost. */
  async write(text: string): Promise<FileWritten | undefined> {
    const count = this.written.length;
    this.file.write(new TextEncoder().encode(text));
    await this.until(() => this.written.length > count);
    return this.written.at(-1);
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.file.close(resolve));
  }
}

/** A clock whose time the test sets. */
class Time implements Clock {
  ms = 0;
  now = (): number => this.ms;
  wall = (): Date => new Date(this.ms);
  after = (): { cancel(): void } => ({ cancel: () => {} });
}

test("NodeFileStreams reads a file to its end", () =>
  withFolder(async (folder) => {
    const path = join(folder, "in");
    writeFileSync(path, "x".repeat(200_000));
    const use = new Use({ path, use: "read" }, new Time());
    await use.until(() => use.isOpen);
    use.file.more();
    await use.until(() => use.isEnded);
    assert.deepEqual([use.text.length, use.error], [200_000, null]);
    await use.close();
  }));

test("NodeFileStreams appends, or empties the file first, and creates it with its permissions", () =>
  withFolder(async (folder) => {
    const path = join(folder, "out");
    for (const [use, content] of [["append", "one"], ["append", "onetwo"], ["truncate", "three"]] as const) {
      const one = new Use({ path, use, permissions: 0o600, fsync: true }, new Time());
      await one.write(content.replace("onetwo", "two"));
      await one.close();
      assert.equal(readFileSync(path, "utf8"), content);
    }
    assert.equal(statSync(path).mode & 0o777, 0o600);
  }));

test("NodeFileStreams writes to a new file once the old one is moved or removed, and loses nothing", () =>
  withFolder(async (folder) => {
    const path = join(folder, "log");
    const time = new Time();
    const use = new Use({ path, use: "append" }, time);
    await use.write("a");
    renameSync(path, `${path}.1`);
    // Within the interval of checks it still goes to the old one.
    await use.write("b");
    time.ms += 1_000;
    await use.write("c");
    assert.deepEqual([readFileSync(`${path}.1`, "utf8"), readFileSync(path, "utf8")], ["ab", "c"]);
    await use.close();
    assert.ok(existsSync(path));
  }));

test("NodeFileStreams reports what a full disk does not take", {
  skip: existsSync("/dev/full") ? null : "no /dev/full",
}, async () => {
  const use = new Use({ path: "/dev/full", use: "append" }, new Time());
  const result = await use.write("abc");
  assert.deepEqual([result?.bytes, result?.lostBytes, result?.error?.code], [0, 3, "ENOSPC"]);
  await use.close();
});

test("NodeFileStreams refuses a folder and a missing file", () =>
  withFolder(async (folder) => {
    mkdirSync(join(folder, "folder"));
    for (const [name, code] of [["folder", "EINVAL"], ["none", "ENOENT"]]) {
      const use = new Use({ path: join(folder, name ?? ""), use: "read" }, new Time());
      await use.until(() => use.error !== null);
      assert.equal(use.error?.code, code);
      await use.close();
    }
  }));
