/**
 * The shipped topology that appends datagrams to a file, at work with a file that is rotated.
 *
 * @module
 */

import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { withFolder } from "../support/folder.ts";
import { scenario } from "./world.ts";

scenario("topologies/udp-to-file.yaml appends lines, and continues in a new file", {}, async (withTopology) => {
  await withFolder(async (folder) => {
    const path = join(folder, "messages.log");
    await withTopology("udp-to-file", { FILE: path }, async ({ port }) => {
      const to = await port("input");
      const client = createSocket("udp4");
      try {
        const send = (text: string) => new Promise((resolve) => client.send(text, to, "127.0.0.1", resolve));
        await until(async () => {
          await send("first");
          return contentOf(path).startsWith("first\n");
        });
        renameSync(path, `${path}.1`);
        await until(async () => {
          await send("second");
          return contentOf(path).startsWith("second\n");
        });
        assert.match(contentOf(`${path}.1`), /^(first\n)+(second\n)*$/);
      } finally {
        await new Promise<void>((resolve) => client.close(resolve));
      }
    });
    assert.match(contentOf(path), /^(first\n)*(second\n)+$/);
  });
});

function contentOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // It is not there yet.
  }
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!await isSo()) await new Promise((resolve) => setTimeout(resolve, 20));
}
