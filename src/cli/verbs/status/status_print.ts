/**
 * Printing status as text: as a table or as a tree, or one node of it in full.
 *
 * @module
 */

import type { Status } from "../../../reconcile/status/status_types.ts";
import type { CommandContext } from "../../command.ts";
import { fitSections, type Section } from "./fit.ts";
import type { LiveView } from "./live_view.ts";
import { nodeSection } from "./node_view.ts";
import { baseDirectory } from "../../paths.ts";
import { statusSection, type StatusStyle } from "./status_view.ts";
import { treeSection } from "./tree_view.ts";

/** The content and the format of the output. */
export interface PrintOptions extends Pick<CommandContext, "runtime" | "output"> {
  /** Absent: all of it as a table. */
  readonly invocation?: { readonly format: string; readonly node: string | null };
}

/** Prints a report. */
export function printStatus(report: Status, options: PrintOptions): void {
  const { output } = options;
  const { topologies, unread = [] } = report;
  for (const { location, since, problem } of unread) {
    const why = problem === undefined ? "has not been read yet" : `cannot be used: ${problem}`;
    output.note(`${location}: The source ${why} (since ${since})`);
  }
  if (topologies.length === 0) return unread.length === 0 ? output.note("Nothing runs") : undefined;
  output.answer(fitSections(sectionsOf(report, options), Infinity).join("\n"));
}

/** A report in parts, laid out for the terminal as it is now. */
export function sectionsOf(
  { topologies }: Status,
  options: PrintOptions,
  live: LiveView | null = null,
): readonly Section[] {
  const { runtime, output, invocation } = options;
  const style: StatusStyle = {
    width: output.tableColumns,
    base: baseDirectory(runtime.process),
    now: runtime.clock.wall(),
    paint: output.paint.bind(output),
    ...(live === null ? {} : { live }),
  };
  const opened = live?.opened ?? null;
  if (opened !== null) {
    return topologies.flatMap((topology) =>
      topology.nodes.filter(({ name }) => `${topology.name}/${name}` === opened).map((node) =>
        nodeSection(topology, node, style)
      )
    );
  }
  if (invocation?.format === "tree") return topologies.map((topology) => treeSection(topology, style));
  if (typeof invocation?.node !== "string") return topologies.map((topology) => statusSection(topology, style));
  return topologies.flatMap((topology) => topology.nodes.map((node) => nodeSection(topology, node, style)));
}
