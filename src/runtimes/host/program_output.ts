/**
 * The output of a small program of the system: access to files that Deno allows only with `--allow-all`.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { spawn } from "node:child_process";
import { once } from "node:events";

/** The standard output of the program; empty if it may not run, or is missing. */
export async function outputOf(program: string, args: readonly string[]): Promise<string> {
  try {
    const child = spawn(program, [...args], { stdio: ["ignore", "pipe", "ignore"] });
    const [text] = await Promise.all([gather(child.stdout), once(child, "close")]);
    return text;
  } catch {
    return ""; // Without the permission, unknown.
  }
}

async function gather(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}
