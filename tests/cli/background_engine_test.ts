/**
 * Waiting for an engine in the background to end.
 *
 * @module
 */

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { waitUntilRemoved } from "../../src/cli/background/background_engine.ts";
import { detectRuntime } from "../../src/runtimes/detect.ts";
import { test } from "../harness.ts";
import { withFolder } from "../support/folder.ts";

test("waitUntilRemoved() goes on past an engine that breaks off because it ends", () =>
  withFolder(async (folder) => {
    const path = join(folder, "s");
    let asked = 0;
    const server = createServer((socket) => {
      socket.on("error", () => {});
      socket.once("data", () => socket.destroy());
      if (++asked === 2) server.close();
    });
    const closed = once(server, "close");
    server.listen(path);
    await once(server, "listening");
    await waitUntilRemoved(await detectRuntime(), path);
    assert.ok(asked >= 2);
    await closed;
  }));
