/**
 * A shell over an engine's graph, and what it has said.
 *
 * @module
 */

import assert from "node:assert/strict";
import { Shell } from "../../../../src/cli/verbs/ngctl/shell.ts";
import { NetgraphError } from "../../../../src/errors.ts";
import { openWorld, type WorldOptions } from "./session_world.ts";

/** A shell and what it has said. */
export interface Table extends AsyncDisposable {
  readonly shell: Shell;
  readonly printed: string[];
  readonly warned: string[];
  readonly written: Map<string, string>;
  /** Waits until a line like this was printed. */
  prints(desired: RegExp): Promise<string>;
  /** Carries lines out, each of which must succeed; what they have printed. */
  types(...lines: readonly string[]): Promise<readonly string[]>;
}

/** How a table is opened. */
export interface TableOptions extends WorldOptions {
  readonly strict?: boolean;
  readonly interactive?: boolean;
  readonly files?: Readonly<Record<string, string>>;
}

/** Opens one. */
export async function openTable(
  { strict = false, interactive = false, files = {}, ...options }: TableOptions = {},
): Promise<Table> {
  const world = await openWorld(options);
  const session = await world.client.session("ngctl1");
  const [printed, warned, written]: [string[], string[], Map<string, string>] = [[], [], new Map()];
  const waiting = new Set<() => void>();
  const shell = new Shell({
    folder: "/",
    session,
    strict,
    debugLevel: 0,
    interactive,
    print: (lines) => {
      printed.push(...lines);
      for (const wake of waiting) wake();
    },
    warn: (text) => warned.push(text),
    readFile: (path) => {
      const text = files[path];
      if (text !== undefined) return Promise.resolve(new TextEncoder().encode(text));
      return Promise.reject(new NetgraphError("ENOENT", `Cannot read "${path}"`));
    },
    writeFile: (path, text) => Promise.resolve(void written.set(path, text)),
  });
  const following = shell.follow();
  return {
    shell,
    printed,
    warned,
    written,
    async prints(desired) {
      for (;;) {
        const found = printed.find((line) => desired.test(line));
        if (found !== undefined) return found;
        await new Promise<void>((resolve) => waiting.add(resolve));
      }
    },
    async types(...lines) {
      const before = printed.length;
      for (const line of lines) assert.equal(await shell.line(line), "done", `${line}: ${warned.join()}`);
      return printed.slice(before);
    },
    async [Symbol.asyncDispose]() {
      await session.close();
      await following;
      await world[Symbol.asyncDispose]();
    },
  };
}
