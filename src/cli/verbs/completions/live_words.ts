/**
 * Words that depend on what runs and on what there is: topologies, nodes, their addresses and messages, types.
 *
 * @module
 */

import { sleep } from "../../../clock.ts";
import { describeTypes } from "../../../engine/node_catalog.ts";
import type { Status } from "../../../reconcile/status/status_types.ts";
import type { Runtime } from "../../../runtimes/runtime.ts";
import type { Hint } from "../../args/hint.ts";
import type { SuggestedWord } from "../../args/suggest.ts";
import { CommandFailure } from "../../command.ts";
import { askEngine, socketPlace } from "../../connection.ts";
import { COMMAND_NAMES, COMMANDS } from "../ngctl/commands.ts";

/** The place of the completion. */
export interface CompletionContext {
  readonly verb: string | null;
  /** The words before it, without program and verb. */
  readonly before: readonly string[];
  readonly runtime: Runtime;
}

/** Words of one kind. */
type Live = Exclude<Hint, "sources" | "files" | "folders">;

/** The time limit after a press of Tab. */
const ANSWER_TIMEOUT_MS = 500;

/** The words of a kind; none where they cannot be had. */
export async function wordsFor(hint: Live, desired: CompletionContext): Promise<readonly SuggestedWord[]> {
  switch (hint) {
    case "types":
      return (await describeTypes(desired.runtime, "memory")).filter(({ creatable }) => creatable).map(named);
    case "ngctl":
      return desired.before.at(-1) === "--"
        ? COMMAND_NAMES.map((text) => ({ text, about: COMMANDS[text].summary }))
        : [];
    case "topologies": {
      const there = new Set(desired.before);
      const topologies = (await statusOf(desired))?.topologies ?? [];
      return topologies.filter(({ name }) => !there.has(name)).map(({ name, health }) => ({
        text: name,
        about: health,
      }));
    }
    case "nodes":
      return nodesOf(await statusOf(desired), desired);
    case "paths":
      return pathsOf(await statusOf(desired)).map(({ text, type }) => ({ text, about: type }));
    case "commands": {
      const node = pathsOf(await statusOf(desired)).find(({ text }) => text === desired.before.at(-1));
      const type = (await describeTypes(desired.runtime, "memory")).find(({ name }) => name === node?.type);
      return Object.keys(type?.commands ?? {}).map((name) => named({ name }));
    }
  }
}

/** For drain topologies too, but no nodes of templates. */
function nodesOf(status: Status | null, { verb }: CompletionContext): readonly SuggestedWord[] {
  return (status?.topologies ?? []).flatMap(({ name, health, nodes }) => {
    const own = verb === "status" ? nodes : nodes.filter((node) => !node.name.includes("/"));
    const words = own.map((node) => ({ text: `${name}/${node.name}`, about: `${node.type} ${node.state}` }));
    return verb === "drain" ? [{ text: name, about: health }, ...words] : words;
  });
}

function pathsOf(status: Status | null): readonly { readonly text: string; readonly type: string }[] {
  return (status?.topologies ?? []).flatMap(({ name, nodes }) =>
    nodes.filter(({ id }) => id !== null).map((node) => ({ text: `${name}/${node.name}:`, type: node.type }))
  );
}

/** The status; null if there is no answer in time. */
async function statusOf({ before, runtime }: CompletionContext): Promise<Status | null> {
  const { path } = socketPlace(runtime, controlIn(before));
  const timeout = new AbortController();
  const tooLate = sleep(runtime.clock, ANSWER_TIMEOUT_MS, { signal: timeout.signal }).then(() => null, () => null);
  try {
    return await Promise.race([askEngine(runtime, path, (engine) => engine.status()), tooLate]);
  } catch (error) {
    // There is no engine, or one of another version: then there is nothing to complete.
    if (error instanceof CommandFailure) return null;
    throw error;
  } finally {
    timeout.abort();
  }
}

/** The value of `--control` on the line; null if absent. */
function controlIn(words: readonly string[]): string | null {
  const at = words.lastIndexOf("--control");
  const joined = words.findLast((word) => word.startsWith("--control="));
  return at >= 0 ? words[at + 1] ?? null : joined?.slice("--control=".length) ?? null;
}

function named({ name }: { readonly name: string }): SuggestedWord {
  return { text: name, about: "" };
}
