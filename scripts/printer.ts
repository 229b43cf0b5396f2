/**
 * What several say at the same time, printed one after the other.
 *
 * @module
 */

/** Prints, from its turn on: until then it keeps the text. */
export class Printer {
  #kept: string | null = "";

  constructor(turn: Promise<unknown>) {
    void turn.finally(() => {
      const text = this.#kept ?? "";
      this.#kept = null;
      this.print(text);
    });
  }

  print(text: string): void {
    if (this.#kept !== null) {
      this.#kept += text;
      return;
    }
    let rest = new TextEncoder().encode(text);
    while (rest.length > 0) rest = rest.subarray(Deno.stdout.writeSync(rest));
  }
}
