/**
 * Access to the live page: tokens that are valid once, and the sessions of browsers that have presented one. Tokens
 * come from the control socket, so that a user who may use it may also see the page.
 *
 * @module
 */

import type { Clock } from "../../clock.ts";

/** The time for which a token is valid. */
const TOKEN_MS = 10 * 60_000;
/** The time for which a session is valid after its last request. */
const SESSION_MS = 12 * 60 * 60_000;
/** The limits of tokens and of sessions: beyond them the oldest one ends. */
const MAX_TOKENS = 16;
const MAX_SESSIONS = 64;
const SECRET_BYTES = 32;

/** Tokens and sessions. */
export class PageAccess {
  readonly #clock: Clock;
  /** The time at which each ends, by its secret; the first ends first. */
  readonly #tokens = new Map<string, number>();
  readonly #sessions = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A token that is valid once. */
  issue(): string {
    const token = secret();
    this.#keep(this.#tokens, token, { forMs: TOKEN_MS, limit: MAX_TOKENS });
    return token;
  }

  /** Exchanges a token for a session; null if it is not valid. */
  exchange(token: string): string | null {
    if (!this.#isValid(this.#tokens, token)) return null;
    this.#tokens.delete(token);
    const session = secret();
    this.#keep(this.#sessions, session, { forMs: SESSION_MS, limit: MAX_SESSIONS });
    return session;
  }

  /** True if a session is valid; it then stays so for longer. */
  admits(session: string): boolean {
    if (!this.#isValid(this.#sessions, session)) return false;
    this.#keep(this.#sessions, session, { forMs: SESSION_MS, limit: MAX_SESSIONS });
    return true;
  }

  #isValid(kept: ReadonlyMap<string, number>, one: string): boolean {
    return (kept.get(one) ?? -Infinity) > this.#clock.now();
  }

  #keep(kept: Map<string, number>, one: string, { forMs, limit }: { forMs: number; limit: number }): void {
    kept.delete(one);
    kept.set(one, this.#clock.now() + forMs);
    for (const first of kept.keys()) {
      if (kept.size <= limit) break;
      kept.delete(first);
    }
  }
}

/** A random text that cannot be guessed. */
function secret(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(SECRET_BYTES));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
