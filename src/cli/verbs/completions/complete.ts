/**
 * The call that the shells make at each Tab: it receives the words of the line, and prints the completions of the last.
 *
 * Prints one line for each word, with its description after a tab; then the kind of files that the shell must find:
 * `:sources`, `:files` or `:folders`. It never prints anything else: errors must not interrupt the user's typing.
 *
 * @module
 */

import { suggest, type SuggestedWord } from "../../args/suggest.ts";
import type { CommandContext } from "../../command.ts";
import { EXIT, type ExitCode } from "../../exit_code.ts";
import { wordsFor } from "./live_words.ts";

/** Prints the completions of the last word. */
export async function complete(line: readonly string[], { runtime, output }: CommandContext): Promise<ExitCode> {
  const { verb, before, words, hints } = suggest(line.length === 0 ? [""] : line, { runtimes: runtime.socketRuntimes });
  const lines = words.map(lineOf);
  for (const { lead, hint } of hints) {
    if (hint === "sources" || hint === "files" || hint === "folders") {
      lines.push(`:${hint}`);
      continue;
    }
    const found = await wordsFor(hint, { verb, before, runtime });
    const all = found.map(({ text, about }) => ({ text: lead + text, about }));
    lines.push(...all.filter(({ text }) => text.startsWith(line.at(-1) ?? "")).map(lineOf));
  }
  if (lines.length > 0) output.result([...new Set(lines)].join("\n"));
  return EXIT.done;
}

function lineOf({ text, about }: SuggestedWord): string {
  return about === "" ? text : `${text}\t${about.replace(/\s+/g, " ")}`;
}
