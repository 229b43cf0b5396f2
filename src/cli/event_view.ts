/**
 * The messages of an engine in the foreground, as lines on standard error: failures with their reasons, recoveries, and
 * connections that could not be set up. Each outage is reported once, regardless of the number of retries, and many
 * failing connections are combined into one line.
 *
 * @module
 */

import type { Clock } from "../clock.ts";
import type { ReportedEvent } from "../engine/engine_options.ts";
import { type ApplyViewOptions, showApplyEvent } from "./verbs/apply/apply_view.ts";
import type { Output } from "./output.ts";

/** How long similar failures of connections are counted before the next report, in milliseconds. */
const QUIET_MS = 10_000;

/** A listener that prints. */
export function eventReporter(
  output: Output,
  { clock, format = "text", clients = false }: {
    readonly clock: Clock;
    readonly format?: ApplyViewOptions["format"];
    /** True to show what clients change. */
    readonly clients?: boolean;
  },
): (event: ReportedEvent) => void {
  const outages = new Outages(output);
  const connections = new FailedConnections(output, clock);
  return (event) => {
    switch (event.kind) {
      case "failed":
        return outages.began(`${event.topology}/${event.node}`, event.error.message);
      case "retry-planned":
        return outages.began(`${event.topology}/${event.node}`, null);
      case "recovered":
        return outages.ended(`${event.topology}/${event.node}`);
      case "gave-up": {
        const why = event.error === null ? "" : `: ${event.error.message}`;
        const text = `${event.topology}/${event.node} is not retried${why}`;
        return output.note(output.paintNote("bad", text), "error");
      }
      case "connection-failed":
        return connections.failed(`${event.topology}/${event.node}`, event);
      case "program-output":
        return output.note(`${event.topology}/${event.node}: [${event.pid}] ${event.line}`);
      case "error": {
        return output.error(`${event.topology}: ${event.message} (this is a bug in sockgraph)`);
      }
      case "graph-lost": {
        const when = `restarting in ${Math.round(event.delayMs)} ms`;
        return output.error(`${event.error.message}; ${when}, with all that was applied`);
      }
      case "graph-restarted":
        return output.note(output.paintNote("good", "The graph is running again; applying everything again"));
      case "thread-lost": {
        const when = `restarting in ${Math.round(event.delayMs)} ms`;
        return output.error(`Thread ${event.thread} has failed, with its connections: ${event.error.message}; ${when}`);
      }
      case "thread-restarted":
        return output.note(output.paintNote("good", `Thread ${event.thread} is running again`));
      case "control-path": {
        const { path, error } = event;
        const removed = `The control socket "${path}" was removed`;
        if (error === null) return output.note(output.paintNote("good", `${removed}; it was created again`));
        return output.error(`${removed}, and cannot be created again: ${error.message}`);
      }
      case "http":
        if (event.error !== null) return output.error(event.error.message);
        return output.note(output.paintNote("good", "HTTP is served again"));
      case "not-saved":
        return output.error(event.error.message);
      case "client-change":
        return clients ? output.note(event.text) : undefined;
      case "followed":
        return showApplyEvent(event.event, output, { format, loaded: new Map() });
      case "unconfirmed":
        return output.warn(unconfirmed(event));
      case "drift-reverted":
        return output.note(`${event.topology}: reverted the manual change at ${event.drift}`);
      case "confirmed":
        return output.note(`${event.topology}: generation ${event.generation} is confirmed`);
      case "awaiting-confirmation":
      case "retry-started":
      case "applied":
        return;
    }
  };
}

function unconfirmed(event: Extract<ReportedEvent, { readonly kind: "unconfirmed" }>): string {
  const said = `${event.topology}: generation ${event.generation} was not confirmed in time`;
  switch (event.result) {
    case "down":
      return `${said} and was stopped: it has no earlier generation`;
    case "unchanged":
    case "applied":
      return `${said} and is rolled back`;
    case "failed":
    case "rolled-back":
    case "rollback-failed":
      return `${said}, and the rollback failed; retrying`;
  }
}

/** Nodes with a current failure. */
class Outages {
  readonly #output: Output;
  readonly #broken = new Set<string>();

  constructor(output: Output) {
    this.#output = output;
  }

  began(path: string, why: string | null): void {
    if (this.#broken.has(path)) return;
    this.#broken.add(path);
    this.#output.warn(`${path} is degraded${why === null ? "" : `: ${why}`}`);
  }

  ended(path: string): void {
    this.#broken.delete(path);
    this.#output.note(this.#output.paintNote("good", `${path} has recovered`));
  }
}

interface Failures {
  toldAt: number;
  since: number;
}

/** Connections that were closed because nothing could be made of them. */
class FailedConnections {
  readonly #output: Output;
  readonly #clock: Clock;
  readonly #byKind = new Map<string, Failures>();

  constructor(output: Output, clock: Clock) {
    this.#output = output;
    this.#clock = clock;
  }

  failed(path: string, event: Extract<ReportedEvent, { readonly kind: "connection-failed" }>): void {
    const { peer, reason, error } = event;
    const kind = `${path} ${peer === "" ? "paused" : reason}`;
    const known = this.#byKind.get(kind);
    const now = this.#clock.now();
    if (known !== undefined && now - known.toldAt < QUIET_MS) {
      known.since++;
      return;
    }
    const more = known === undefined || known.since === 0 ? "" : ` (and ${known.since} more since the last one)`;
    this.#byKind.set(kind, { toldAt: now, since: 0 });
    const what = peer === "" ? "accepting is paused" : `connection from ${peer} closed (${reason})`;
    this.#output.warn(`${path}: ${what}: ${error.message}${more}`);
  }
}
