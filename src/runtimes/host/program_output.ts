/**
 * What a small program of the system prints: a way to files that Deno hides from all but `--allow-all`.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { spawn } from "node:child_process";
import { once } from "node:events";

/** All that the program prints on standard output; empty where it may not run, or is not there. */
export async function outputOf(program: string, args: readonly string[]): Promise<string> {
  try {
    const child = spawn(program, [...args], { stdio: ["ignore", "pipe", "ignore"] });
    const [text] = await Promise.all([gather(child.stdout), once(child, "close")]);
    return text;
  } catch {
    return ""; // What nobody may ask is unknown.
  }
}

async function gather(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}
