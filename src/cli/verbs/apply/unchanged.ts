/**
 * The topologies that keep running although a source is invalid: an invalid file never removes anything, and the output
 * shows that.
 *
 * @module
 */

import { formatUnchanged } from "../../../api/source_event.ts";
import type { Status } from "../../../reconcile/status/status_types.ts";
import type { LoadedTopologies } from "../../../sources/load.ts";

/** A sentence about the topologies that the sources are about; empty if no engine runs. */
export function describeUnchanged(
  report: Status | null,
  { locations, loaded }: Pick<LoadedTopologies, "locations" | "loaded">,
): string {
  if (report === null) return "";
  const running = report.topologies.filter(({ name, source }) => {
    return (source.kind === "file" && locations.includes(source.location)) || loaded.has(name);
  });
  return formatUnchanged(running);
}
