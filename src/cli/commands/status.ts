/**
 * `status`: what runs.
 *
 * @module
 */

import { nearHint } from "../../ascii/near.ts";
import type { Runtime } from "../../runtimes/runtime.ts";
import type { Status, TopologyStatus } from "../../reconcile/status_types.ts";
import { type CommandContext, CommandFailure } from "../command.ts";
import { askEngine, socketPlace } from "../connection.ts";
import { EXIT, type ExitCode } from "../exit_code.ts";
import { fitSections, type Section } from "../fit.ts";
import type { StatusInvocation } from "../invocation.ts";
import type { Output } from "../output.ts";
import { baseDirectory } from "../place.ts";
import { LinePicture, openPicture, type Picture } from "../status_picture.ts";
import { isReady, statusSection } from "../status_view.ts";
import { watchStatus } from "../status_watch.ts";
import { StopWish } from "../stop.ts";

/** Prints what runs; ends 3 when something of it is not Ready. */
export async function status(invocation: StatusInvocation, context: CommandContext): Promise<ExitCode> {
  if (invocation.watch) return await watch(invocation, context);
  const { runtime, output } = context;
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
export function printStatus(report: Status, context: { runtime: Runtime; output: Output }): void {
  const { output } = context;
  if (report.topologies.length === 0) return output.note("Nothing runs");
  output.result(fitSections(sectionsOf(report, context), Infinity).join("\n"));
}

/** Shows what runs until a signal ends it. */
async function watch(invocation: StatusInvocation, context: CommandContext): Promise<ExitCode> {
  const { runtime } = context;
  const { names, control } = invocation;
  using stop = new StopWish(runtime.process, runtime.clock);
  const { path } = socketPlace(runtime, control);
  await askEngine(runtime, path, async (engine) => {
    select(await engine.status(), names); // A name that does not run is told now; later ones may come and go.
    using picture = await openPictureOf(invocation, context);
    const show = (report: Status) => picture.show({ ...report, topologies: report.topologies.filter(isNamed(names)) });
    await watchStatus(engine, { clock: runtime.clock, show, signal: stop.signal });
  });
  return EXIT.done;
}

async function openPictureOf({ format }: StatusInvocation, context: CommandContext): Promise<Picture> {
  const { output } = context;
  switch (format) {
    case "json":
      return new LinePicture((report) => output.result(JSON.stringify(report)));
    case "yaml": {
      const { formatYaml } = await import("../yaml.ts");
      return new LinePicture((report) => output.result(`---\n${formatYaml(report)}`));
    }
    case "table":
      return openPicture({ ...context, sections: (report) => sectionsOf(report, context) });
  }
}

function sectionsOf(report: Status, { runtime, output }: { runtime: Runtime; output: Output }): readonly Section[] {
  const style = {
    width: output.tableColumns,
    base: baseDirectory(runtime.process),
    now: runtime.clock.wall(),
    paint: output.paint.bind(output),
  };
  return report.topologies.map((topology) => statusSection(topology, style));
}

function isNamed(names: readonly string[]): (topology: TopologyStatus) => boolean {
  return ({ name }) => names.length === 0 || names.includes(name);
}

/** The named topologies, or all. */
function select(report: Status, names: readonly string[]): Status {
  const running = report.topologies.map(({ name }) => name);
  for (const name of names) {
    if (running.includes(name)) continue;
    const hint = nearHint(name, running) ?? (running.length === 0 ? "nothing runs" : `there are ${running.join(", ")}`);
    throw new CommandFailure(EXIT.failed, `No topology "${name}" runs: ${hint}`);
  }
  return { ...report, topologies: report.topologies.filter(isNamed(names)) };
}
