/**
 * The stream of the engine's messages. It is closed while the page is hidden: a browser opens six connections to a host,
 * and every stream occupies one of them.
 *
 * @module
 */

import type { PageMessage } from "../api/page_message.ts";

/** The delay before the first retry, and the longest. */
const RETRY_MS = 1_000;
const MAX_RETRY_MS = 30_000;
/** The limit for the request that finds out why a stream was refused. */
const PROBE_MS = 5_000;

const ENDED = 'Access has ended: run "sockgraph open" and visit the address that it prints';

/** What a stream reports. */
export interface StreamEvents {
  /** The number of the last event that the page has: those after it are sent first; null: none of before. */
  readonly lastEvent: () => number | null;
  /** A message has been received. */
  readonly message: (message: PageMessage) => void;
  /** The state of the connection has changed. */
  readonly state: (text: string, isLost: boolean) => void;
}

/** Follows the engine while the page is visible. */
export function follow(events: StreamEvents): void {
  let stream: EventSource | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let delayMs = RETRY_MS;

  const close = () => {
    clearTimeout(timer);
    stream?.close();
    stream = null;
  };
  const open = () => {
    close();
    const after = events.lastEvent();
    const own = new EventSource(after === null ? "/stream" : `/stream?after=${after}`);
    stream = own;
    own.addEventListener("open", () => {
      delayMs = RETRY_MS;
      events.state("live", false);
    });
    own.addEventListener("message", ({ data }) => events.message(JSON.parse(data)));
    own.addEventListener("error", () => void failed(own));
  };
  const failed = async (own: EventSource) => {
    // The browser retries a lost connection itself, but not one that was answered with another status than 200.
    if (own.readyState !== EventSource.CLOSED) return events.state("The engine does not answer; retrying", true);
    const status = await probe();
    if (stream !== own) return;
    if (status === 401) return events.state(ENDED, true);
    events.state(status === 200 ? "Too many open pages; retrying" : "The engine does not answer; retrying", true);
    timer = setTimeout(open, delayMs);
    delayMs = Math.min(2 * delayMs, MAX_RETRY_MS);
  };
  document.addEventListener("visibilitychange", () => document.hidden ? close() : open());
  if (!document.hidden) open();
}

/** The status with which the engine answers this browser; null without an answer. */
async function probe(): Promise<number | null> {
  try {
    return (await fetch("/page.css", { cache: "no-store", signal: AbortSignal.timeout(PROBE_MS) })).status;
  } catch {
    return null; // The caller retries.
  }
}
