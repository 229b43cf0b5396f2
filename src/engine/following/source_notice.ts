/**
 * What the engine says of a source that has changed: which of its files caused what follows, or that nothing follows.
 * What the change left as it was is not told of.
 *
 * @module
 */

import type { ApplyEvent } from "../../api/apply_event.ts";
import type { SourceText } from "../../sources/source.ts";

/** What is remembered of a text. */
export type KnownText = Pick<SourceText, "name" | "location" | "revision">;

/** How many files are named. */
const MOST_NAMED = 3;

/** What is remembered of texts: not what is in them. */
export function knownTexts(texts: readonly SourceText[]): readonly KnownText[] {
  return texts.map(({ name, location, revision }) => ({ name, location, revision }));
}

/**
 * What differs between two looks, in a line; null where nothing does.
 *
 * @param at the state of the source, where that has a name
 */
export function describeChange(before: readonly KnownText[], now: readonly KnownText[], at?: string): string | null {
  const known = new Map(before.map(({ location, revision }) => [location, revision]));
  const left = new Set(now.map(({ location }) => location));
  const changed = now.filter(({ location, revision }) => known.has(location) && known.get(location) !== revision);
  const parts = [
    // In a repository all that there is has the revision of the commit.
    at === undefined ? said(changed, "changed") : changed.length > 0 ? `The source is at ${at}` : null,
    said(now.filter(({ location }) => !known.has(location)), "new"),
    said(before.filter(({ location }) => !left.has(location)), "gone"),
  ].filter((part) => part !== null);
  return parts.length === 0 ? null : parts.join("; ");
}

function said(texts: readonly KnownText[], what: "changed" | "new" | "gone"): string | null {
  if (texts.length === 0) return null;
  const named = texts.slice(0, texts.length > MOST_NAMED ? MOST_NAMED - 1 : MOST_NAMED).map(({ name }) => name);
  const names = named.length < texts.length ? [...named, `${texts.length - named.length} more`] : named;
  const list = names.length === 1 ? names[0] : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
  const verbs = what === "changed" ? ["has", "have"] : ["is", "are"];
  return `${list} ${verbs[texts.length === 1 ? 0 : 1]} ${what}`;
}

/** Tells of a change once there is something to tell. */
export class SourceNotice {
  readonly #cause: string;
  readonly #emit: (event: ApplyEvent) => void;
  #told = false;

  /**
   * @param cause what has changed
   */
  constructor(cause: string, emit: (event: ApplyEvent) => void) {
    this.#cause = cause;
    this.#emit = emit;
  }

  /** Takes what happens. */
  readonly take = (event: ApplyEvent): void => {
    if (isNothing(event)) return;
    // A problem says itself where it is.
    const needsCause = !this.#told && event.kind !== "source";
    if (needsCause) this.#emit({ kind: "noticed", result: "applying", text: this.#cause });
    this.#told = true;
    this.#emit(event);
  };

  /** Says that nothing followed, unless something did. */
  end(): void {
    if (!this.#told) this.#emit({ kind: "noticed", result: "nothing", text: `${this.#cause}; nothing to do` });
  }
}

function isNothing(event: ApplyEvent): boolean {
  if (event.kind === "plan") return event.plan.steps.length === 0;
  return event.kind === "outcome" && event.outcome.result === "unchanged";
}
