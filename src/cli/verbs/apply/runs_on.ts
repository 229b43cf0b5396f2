/**
 * The topologies that continue although a source is invalid: an invalid file never removes anything, and the output
 * shows that.
 *
 * @module
 */

import type { Status } from "../../../reconcile/status/status_types.ts";
import type { LoadedTopologies } from "../../../sources/load.ts";

/** A sentence about the topologies that the sources are about; empty where no engine runs. */
export function whatRunsOn(
  report: Status | null,
  { locations, loaded }: Pick<LoadedTopologies, "locations" | "loaded">,
): string {
  if (report === null) return "";
  const running = report.topologies.filter(({ name, source }) => {
    return (source.kind === "file" && locations.includes(source.location)) || loaded.has(name);
  });
  const names = running.map(({ name, generation }) => `generation ${generation} of "${name}"`);
  if (names.length === 0) return "Nothing was changed.";
  return `Nothing was changed; ${names.join(", ")} ${names.length === 1 ? "runs" : "run"} on.`;
}
