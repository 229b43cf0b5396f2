/**
 * The engine's report of a changed source: the files that caused the next events, or that there are none. Unaffected
 * topologies are not reported.
 *
 * @module
 */

import type { ApplyEvent } from "../../api/apply_event.ts";
import type { SourceText } from "../../sources/source.ts";

/** The stored facts about a text. */
export type KnownText = Pick<SourceText, "name" | "location" | "revision">;

/** The limit of named files. */
const MAX_NAMED = 3;

/** The stored facts about texts, without their content. */
export function knownTexts(texts: readonly SourceText[]): readonly KnownText[] {
  return texts.map(({ name, location, revision }) => ({ name, location, revision }));
}

/**
 * The differences between two reads, in one line; null if there are none.
 *
 * @param at the revision of the source, if it has one
 */
export function describeChange(before: readonly KnownText[], now: readonly KnownText[], at?: string): string | null {
  const known = new Map(before.map(({ location, revision }) => [location, revision]));
  const left = new Set(now.map(({ location }) => location));
  const changed = now.filter(({ location, revision }) => known.has(location) && known.get(location) !== revision);
  const parts = [
    // In a repository all files have the revision of the commit.
    at === undefined ? said(changed, "changed") : changed.length > 0 ? `The source is at ${at}` : null,
    said(now.filter(({ location }) => !known.has(location)), "new"),
    said(before.filter(({ location }) => !left.has(location)), "gone"),
  ].filter((part) => part !== null);
  return parts.length === 0 ? null : parts.join("; ");
}

function said(texts: readonly KnownText[], what: "changed" | "new" | "gone"): string | null {
  if (texts.length === 0) return null;
  const named = texts.slice(0, texts.length > MAX_NAMED ? MAX_NAMED - 1 : MAX_NAMED).map(({ name }) => name);
  const names = named.length < texts.length ? [...named, `${texts.length - named.length} more`] : named;
  const list = names.length === 1 ? names[0] : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
  const verbs = what === "changed" ? ["has", "have"] : ["is", "are"];
  return `${list} ${verbs[texts.length === 1 ? 0 : 1]} ${what}`;
}

/** Reports a change together with its first effect. */
export class SourceNotice {
  readonly #cause: string;
  readonly #emit: (event: ApplyEvent) => void;
  #reported = false;

  /** @param cause the changed files */
  constructor(cause: string, emit: (event: ApplyEvent) => void) {
    this.#cause = cause;
    this.#emit = emit;
  }

  /** Receives events. */
  readonly take = (event: ApplyEvent): void => {
    if (isNothing(event)) return;
    // A problem contains its place.
    const needsCause = !this.#reported && event.kind !== "source";
    if (needsCause) this.#emit({ kind: "noticed", result: "applying", text: this.#cause });
    this.#reported = true;
    this.#emit(event);
  };

  /** Reports that there was no effect, unless there was one. */
  end(): void {
    if (!this.#reported) this.#emit({ kind: "noticed", result: "nothing", text: `${this.#cause}; nothing to do` });
  }
}

function isNothing(event: ApplyEvent): boolean {
  if (event.kind === "plan") return event.plan.steps.length === 0;
  return event.kind === "outcome" && event.outcome.result === "unchanged";
}
