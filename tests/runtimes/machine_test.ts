/**
 * The machine of the host: files, process, control socket and lock.
 *
 * @module
 */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { linkSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { detectRuntime } from "../../src/runtimes/detect.ts";
import { temporaryFolder } from "../conformance/folder.ts";
import { test } from "../harness.ts";

const { files, process: face, control, clock } = await detectRuntime();

async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = temporaryFolder();
  try {
    await body(folder.path);
  } finally {
    folder.remove();
  }
}

test("Files.write() and makeDirectory() name the folder where it does not exist", () =>
  inFolder(async (folder) => {
    const error = { code: "ENOENT", message: /its folder does not exist/ };
    await assert.rejects(files.write(`${folder}/none/file`, "one", { mode: 0o600 }), error);
  }));

test("Files.write() makes a file that read(), list() and stat() find", () =>
  inFolder(async (folder) => {
    await files.makeDirectory(`${folder}/a/b`, { mode: 0o700 });
    await files.makeDirectory(`${folder}/a/b`, { mode: 0o700 });
    await files.write(`${folder}/a/b/file`, "one", { mode: 0o600 });
    await files.write(`${folder}/a/b/file`, "three", { mode: 0o640 });
    assert.equal(new TextDecoder().decode(await files.read(`${folder}/a/b/file`, { maxBytes: 5 })), "three");
    await assert.rejects(files.read(`${folder}/a/b/file`, { maxBytes: 4 }), { code: "E2BIG" });
    await assert.rejects(files.read(`${folder}/missing`, { maxBytes: 4 }), { code: "ENOENT" });
    assert.deepEqual(await files.list(`${folder}/a/b`), ["file"]);
    const found = await files.stat(`${folder}/a/b/file`);
    assert.deepEqual([found?.kind, found?.bytes, found?.mode], ["file", 5, 0o640]);
    assert.equal((await files.stat(`${folder}/a/b`))?.mode, 0o700);
    await files.remove(`${folder}/a/b/file`);
    await files.remove(`${folder}/a/b/file`);
    assert.equal(await files.stat(`${folder}/a/b/file`), null);
  }));

test("ControlTransport.serve() answers fetch() on a private socket", () =>
  inFolder(async (folder) => {
    const path = `${folder}/control`;
    const server = await control.serve(path, async (request) => {
      return new Response(`${request.method} ${new URL(request.url).pathname} ${await request.text()}`, {
        status: 201,
      });
    });
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.deepEqual(await files.list(folder), ["control"]);
    const answer = await control.fetch(path, { method: "POST", target: "/v1/msg", body: "text" });
    assert.deepEqual([answer.status, await answer.text()], [201, "POST /v1/msg text"]);
    await assert.rejects(control.serve(path, () => Promise.resolve(new Response())), { code: "EADDRINUSE" });
    await server.close();
    assert.deepEqual(await files.list(folder), []);
    await assert.rejects(control.fetch(path, { method: "GET", target: "/" }), { code: /ENOENT|ECONNREFUSED/ });
  }));

test("ControlTransport.serve() streams, and close() drops what is open", () =>
  inFolder(async (folder) => {
    const path = `${folder}/control`;
    const server = await control.serve(path, () => {
      const body = new ReadableStream({
        start: (controller) => controller.enqueue(new TextEncoder().encode("first\n")),
      });
      return Promise.resolve(new Response(body));
    });
    const abort = new AbortController();
    const answer = await control.fetch(path, { method: "GET", target: "/v1/events", signal: abort.signal });
    const reader = answer.body?.getReader();
    assert.equal(new TextDecoder().decode((await reader?.read())?.value), "first\n");
    await server.close();
    await assert.rejects(async () => {
      // Either end of an aborted exchange is an end: some hosts fail the read, some end it.
      if ((await reader?.read())?.done === true) throw new Error("ended");
    });
    abort.abort();
  }));

test("ControlTransport.lock() excludes other processes, and a dead one's lock is free", () =>
  inFolder(async (folder) => {
    const path = `${folder}/lock`;
    const other = () => {
      const script = fileURLToPath(new URL("./lock_child.ts", import.meta.url));
      const args = "Deno" in globalThis ? ["run", "-A", "--no-check", script, path] : [script, path];
      return spawnSync(process.execPath, args, { encoding: "utf8" }).stdout.trim();
    };
    assert.equal(other(), "taken"); // And it died without releasing it.
    const lock = await control.lock(path);
    assert.ok(lock);
    assert.equal(other(), "held");
    await lock.release();
    assert.equal(other(), "taken");
    writeFileSync(path, "999999999 1\n");
    const again = await control.lock(path);
    assert.ok(again);
    await again.release();
  }));

test("ProcessFace describes this process", () => {
  assert.equal(face.pid, process.pid);
  assert.equal(face.cwd, process.cwd());
  assert.equal(face.env("SOCKGRAPH_SURELY_UNSET"), undefined);
  assert.ok(clock.now() <= clock.now());
});

test("ControlTransport.lock() writes to no file that a link leads to", () =>
  inFolder(async (folder) => {
    const victim = `${folder}/victim`;
    await files.write(victim, "precious", { mode: 0o600 });
    for (const [name, makeLink] of [["soft", symlinkSync], ["hard", linkSync]] as const) {
      const path = `${folder}/${name}`;
      makeLink(victim, path);
      try {
        // One host refuses the path, the other puts its own file there.
        await (await control.lock(path))?.release();
      } catch (error) {
        assert.match(String(error), /Cannot lock/);
      }
      assert.equal(new TextDecoder().decode(await files.read(victim, { maxBytes: 100 })), "precious", name);
    }
  }));

test("ProcessFace.env() knows variables only, not what every object has", () => {
  for (const name of ["constructor", "toString", "hasOwnProperty", "__proto__"]) {
    assert.equal(face.env(name), undefined);
  }
  assert.equal(typeof face.env("PATH"), "string");
});
