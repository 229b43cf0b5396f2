/**
 * The directives that apply to a server of nginx.
 *
 * @module
 */

import type { ForwardDraft } from "../forward.ts";
import type { ImportContext } from "../reading.ts";
import type { Directive } from "./parse.ts";
import type { StreamBlock } from "./stream_block.ts";

/** Where a server is read. */
export interface ServerContext {
  readonly stream: StreamBlock;
  readonly forwards: ForwardDraft;
  readonly context: ImportContext;
}

/** The directives that apply to a server: its own, and those of stream that it does not have. */
export class Settings {
  readonly #own: readonly Directive[];
  readonly #inherited: readonly Directive[];

  constructor(own: readonly Directive[], inherited: readonly Directive[]) {
    this.#own = own;
    this.#inherited = inherited;
  }

  /** All directives of some names, in order. */
  all(...names: readonly string[]): readonly Directive[] {
    const own = this.#own.filter(({ name }) => names.includes(name.text));
    return own.length > 0 ? own : this.#inherited.filter(({ name }) => names.includes(name.text));
  }

  /** The last directive of a name. */
  one(name: string): Directive | null {
    return this.all(name).at(-1) ?? null;
  }

  /** The first argument. */
  value(name: string): string | null {
    return this.one(name)?.args[0]?.text ?? null;
  }

  /** True for `on`. */
  isOn(name: string): boolean {
    return this.value(name) === "on";
  }
}
