/**
 * Input at a terminal by `node:readline`, on both hosts: lines with editing and a history.
 *
 * @module
 */

import process from "node:process";
import { createInterface, type Interface } from "node:readline";
import type { Completion, Terminal } from "../runtime.ts";

/** To the beginning of the line, and clear the rest. */
const CLEAR_LINE = "\r\u001b[J";

/** The terminal; null unless standard input and standard output are both terminals. */
export function openNodeTerminal(): Terminal | null {
  return process.stdin.isTTY && process.stdout.isTTY ? new NodeTerminal() : null;
}

class NodeTerminal implements Terminal {
  readonly #face: Interface = createInterface({
    input: process.stdin,
    output: process.stdout,
    removeHistoryDuplicates: true,
    completer: (line, print) => this.#complete(line, print),
  });
  readonly #typed: string[] = [];
  readonly #interruption = Promise.withResolvers<void>();
  #ended = false;
  #asking = false;
  #wake: () => void = () => {};
  #find: (line: string) => Promise<Completion> = (word) => Promise.resolve({ candidates: [], word });

  constructor() {
    const face = this.#face;
    face.on("line", (line) => {
      this.#typed.push(line);
      this.#wake();
    });
    face.on("close", () => {
      this.#ended = true;
      this.#wake();
    });
    // While the terminal is ours, no other handler receives ^C.
    face.on("SIGINT", () => this.#interrupt());
  }

  interrupted(): Promise<void> {
    return this.#interruption.promise;
  }

  /** As in a shell: drops the typed text; on an empty line, ends the input. */
  #interrupt(): void {
    if (!this.#asking) this.#interruption.resolve();
    if (!this.#asking || this.#face.line === "") return this.#face.close();
    process.stdout.write("^C\n");
    for (const name of ["e", "u"]) this.#face.write(null, { ctrl: true, name });
    this.#face.prompt();
  }

  async ask(prompt: string): Promise<string | null> {
    if (this.#typed.length === 0 && !this.#ended) {
      this.#face.setPrompt(prompt);
      this.#asking = true;
      this.#face.prompt();
      await new Promise<void>((resolve) => this.#wake = resolve);
      this.#asking = false;
    }
    const line = this.#typed.shift();
    if (line !== undefined) return line;
    process.stdout.write("\n");
    return null;
  }

  print(text: string): void {
    process.stdout.write(`${this.#asking ? CLEAR_LINE : ""}${text}\n`);
    if (this.#asking) this.#face.prompt(true);
  }

  completes(find: (line: string) => Promise<Completion>): void {
    this.#find = find;
  }

  close(): void {
    this.#face.close();
  }

  #complete(line: string, print: (error: Error | null, result: [string[], string]) => void): void {
    this.#find(line).then(
      ({ candidates, word }) => print(null, [[...candidates], word]),
      // Failed completion is ignored: the user continues typing, and the command reports the problem.
      () => print(null, [[], line]),
    );
  }
}
