/**
 * `status`: what runs.
 *
 * @module
 */

import { nearHint } from "../../ascii/near.ts";
import type { Runtime } from "../../runtimes/runtime.ts";
import type { Status } from "../../reconcile/status_types.ts";
import { type CommandContext, CommandFailure } from "../command.ts";
import { askEngine, socketPlace } from "../connection.ts";
import { EXIT, type ExitCode } from "../exit_code.ts";
import type { StatusInvocation } from "../invocation.ts";
import type { Output } from "../output.ts";
import { baseDirectory } from "../place.ts";
import { isReady, statusLines } from "../status_view.ts";

/** Prints what runs; ends 3 when something of it is not Ready. */
export async function status(invocation: StatusInvocation, { runtime, output }: CommandContext): Promise<ExitCode> {
  const { path } = socketPlace(runtime, invocation.control);
  const report = select(await askEngine(runtime, path, (engine) => engine.status()), invocation.names);
  switch (invocation.format) {
    case "json":
      output.resultJson(report);
      break;
    case "yaml":
      output.result((await import("../yaml.ts")).formatYaml(report));
      break;
    case "table":
      printStatus(report, { runtime, output });
  }
  return report.topologies.every(isReady) ? EXIT.done : EXIT.notReady;
}

/** Prints a report for people. */
export function printStatus(report: Status, { runtime, output }: { runtime: Runtime; output: Output }): void {
  if (report.topologies.length === 0) return output.note("Nothing runs");
  const style = {
    width: output.tableColumns,
    base: baseDirectory(runtime.process),
    now: runtime.clock.wall(),
    paint: output.paint.bind(output),
  };
  output.result(report.topologies.map((topology) => statusLines(topology, style).join("\n")).join("\n\n"));
}

/** The named topologies, or all. */
function select(report: Status, names: readonly string[]): Status {
  const running = report.topologies.map(({ name }) => name);
  for (const name of names) {
    if (running.includes(name)) continue;
    const hint = nearHint(name, running) ?? (running.length === 0 ? "nothing runs" : `there are ${running.join(", ")}`);
    throw new CommandFailure(EXIT.failed, `No topology "${name}" runs: ${hint}`);
  }
  if (names.length === 0) return report;
  return { ...report, topologies: report.topologies.filter(({ name }) => names.includes(name)) };
}
