/**
 * What the engine in the foreground does of its own accord, as lines on standard error: what broke, and what is well
 * again. Each outage is told of once, however often it is tried to end it.
 *
 * @module
 */

import type { ReconcileEvent } from "../reconcile/reconcile_options.ts";
import type { Output } from "./output.ts";

/** A listener that prints. */
export function loopReporter(output: Output): (event: ReconcileEvent) => void {
  const broken = new Set<string>();
  return (event) => {
    switch (event.kind) {
      case "retry-planned": {
        const path = `${event.topology}/${event.node}`;
        if (broken.has(path)) return;
        broken.add(path);
        return output.note(output.paintNote("warning", `${path} is degraded; it is tried again`));
      }
      case "recovered": {
        const path = `${event.topology}/${event.node}`;
        broken.delete(path);
        return output.note(output.paintNote("good", `${path} is well again`));
      }
      case "gave-up": {
        const why = event.error === null ? "" : `: ${event.error.message}`;
        return output.note(output.paintNote("bad", `${event.topology}/${event.node} is not tried again${why}`));
      }
      case "error": {
        const why = event.error instanceof Error ? event.error.message : String(event.error);
        return output.error(`${event.topology}: ${why} (this is a bug in sockgraph)`);
      }
      case "retry-started":
      case "applied":
        return;
    }
  };
}
