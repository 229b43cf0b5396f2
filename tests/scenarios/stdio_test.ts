/**
 * Standard input and output of a real process, joined to a real server.
 *
 * @module
 */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { peer, test } from "../harness.ts";
import { withFolder } from "../support/folder.ts";
import { freePort, launch } from "../support/process.ts";
import { realRuntimes } from "../support/real_runtimes.ts";

const ROOT = new URL("../../", import.meta.url);
const MAIN = fileURLToPath(new URL("src/cli/main.ts", ROOT));
const TOPOLOGY = fileURLToPath(new URL("topologies/stdin-to-tcp.yaml", ROOT));
const socat = peer("socat");

/** The command line of this program on the runtime that runs the tests. */
function commandOf(permissions: readonly string[], args: readonly string[]): readonly string[] {
  return "Deno" in globalThis ? ["run", "--no-prompt", ...permissions, MAIN, ...args] : [MAIN, ...args];
}

for (const { name, skip, permissions } of realRuntimes) {
  const options = { skip: skip ?? socat.skip, timeoutMs: 60_000 };

  test(
    `topologies/stdin-to-tcp.yaml joins standard input and output to a server, on ${name}`,
    options,
    () =>
      withFolder(async (folder) => {
        const port = await freePort();
        // It answers with what it got, in large letters, when that has ended.
        const server = `TCP-LISTEN:${port},bind=127.0.0.1,reuseaddr`;
        await using listening = launch(socat.path ?? "", ["-dd", server, "SYSTEM:tr a-z A-Z"]);
        await listening.until(/listening on/);
        const args = ["apply", "--runtime", name, "--control", join(folder, "s"), TOPOLOGY];
        const env = { ...process.env, TARGET: `127.0.0.1:${port}` };
        await using program = launch(process.execPath, commandOf(permissions, args), { env });
        program.write("hello from standard input\n");
        program.endInput();
        await program.until(/^HELLO FROM STANDARD INPUT$/m);
        assert.equal(await program.ended, 0, program.output());
        assert.doesNotMatch(program.output(), /well again/);
      }),
  );

  test(
    `topologies/stdin-to-tcp.yaml waits with standard input until its server is there, on ${name}`,
    options,
    () =>
      withFolder(async (folder) => {
        const port = await freePort();
        const args = ["apply", "--wait", "1ms", "--runtime", name, "--control", join(folder, "s"), TOPOLOGY];
        const env = { ...process.env, TARGET: `127.0.0.1:${port}` };
        await using program = launch(process.execPath, commandOf(permissions, args), { env });
        program.write("hello from standard input\n");
        program.endInput();
        await program.until(/ retrying|is not Ready/);
        const server = `TCP-LISTEN:${port},bind=127.0.0.1,reuseaddr`;
        await using listening = launch(socat.path ?? "", ["-dd", server, "SYSTEM:tr a-z A-Z"]);
        await program.until(/^HELLO FROM STANDARD INPUT$/m);
        assert.equal(await program.ended, 0, program.output());
        await listening.ended;
      }),
  );

  test(
    `stdio carries 8 MiB whole, and nothing else is on standard output, on ${name}`,
    options,
    () =>
      withFolder(async (folder) => {
        const topology = join(folder, "loop.yaml");
        await writeFile(topology, LOOP);
        const input = Buffer.alloc(8 * 1024 * 1024).map((_, index) => index % 251);
        const args = commandOf(permissions, ["apply", "--runtime", name, "--control", join(folder, "s"), topology]);
        const child = spawn(process.execPath, [...args], { stdio: ["pipe", "pipe", "ignore"] });
        const over = once(child, "close");
        child.stdin.end(input);
        const chunks: Buffer[] = [];
        let bytes = 0;
        for await (const chunk of child.stdout) {
          chunks.push(chunk);
          bytes += chunk.length;
          if (bytes >= input.length) break;
        }
        if (child.pid !== undefined) process.kill(child.pid, "SIGTERM");
        await over;
        assert.ok(Buffer.concat(chunks).equals(input));
      }),
  );
}

/** Everything goes through a socket of the system and back. */
const LOOP = `
nodes:
  me: { type: stdio }
  there: { type: ksocket, hook: inet/stream/tcp, messages: [connect: "\${front.getname}"] }
  front:
    type: ksocket
    hook: inet/stream/tcp
    messages: [bind: "inet/127.0.0.1:0", listen: 8, accept: { peer: back }, getname]
  back: { type: echo }
links: [[me, there]]
`;
