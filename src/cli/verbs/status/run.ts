/**
 * `status`: what runs.
 *
 * @module
 */

import { STATUS } from "../../../api/operations/status.ts";
import type { ControlClient } from "../../../api/client.ts";
import { keepSelected, type Selection, selectStatus } from "../../../reconcile/status/status_select.ts";
import type { Status } from "../../../reconcile/status/status_types.ts";
import { type CommandContext, CommandFailure } from "../../command.ts";
import { askEngine, socketPlace } from "../../connection.ts";
import { EXIT, type ExitCode } from "../../exit_code.ts";
import type { StatusInvocation } from "../status.ts";
import { LinePicture, openPicture, type Picture } from "./status_picture.ts";
import { printStatus, sectionsOf } from "./status_print.ts";
import { isWell } from "./status_view.ts";
import { watchStatus } from "./status_watch.ts";

/** Prints the status; exits with 3 when something of it is not Ready or is Degraded. */
export async function status(invocation: StatusInvocation, context: CommandContext): Promise<ExitCode> {
  if (invocation.watch && invocation.all) {
    throw new CommandFailure(EXIT.usage, "--all cannot be combined with --watch");
  }
  const { path } = socketPlace(context.runtime, invocation.control);
  return await askEngine(context.runtime, path, async (engine) => {
    if (invocation.watch) return await watch(engine, invocation, context);
    if (invocation.all) return await printAll(engine, invocation, context);
    const report = selectStatus(await engine.status(), invocation);
    await print(report, invocation, context);
    return exitOf(report, invocation);
  });
}

async function print(report: Status, invocation: StatusInvocation, context: CommandContext): Promise<void> {
  const { output } = context;
  switch (invocation.format) {
    case "json":
      return output.resultJson(report);
    case "yaml":
      return output.result((await import("../../yaml.ts")).formatYaml(report));
    case "table":
    case "tree":
      return printStatus(report, { ...context, invocation });
  }
}

/** Connections and copies, a line each. */
async function printAll(
  engine: ControlClient,
  invocation: StatusInvocation,
  { output }: CommandContext,
): Promise<ExitCode> {
  const report = selectStatus(await engine.status(), { ...invocation, node: null });
  for await (const node of engine.lines(STATUS.liveNodes, invocation)) output.result(JSON.stringify(node));
  return exitOf(keepSelected(report, invocation), invocation);
}

/** Shows what runs until a signal ends it. */
async function watch(
  engine: ControlClient,
  invocation: StatusInvocation,
  context: CommandContext,
): Promise<ExitCode> {
  const { stop, runtime: { clock } } = context;
  selectStatus(await engine.status(), invocation); // An unknown name is reported now; later it may appear and disappear.
  using picture = await pictureFor(invocation, context);
  const show = (report: Status) => picture.show(keepSelected(report, invocation));
  await watchStatus(engine, { clock, show, beat: () => picture.beat(), signal: stop.signal });
  return EXIT.done;
}

async function pictureFor(invocation: StatusInvocation, context: CommandContext): Promise<Picture> {
  const { output } = context;
  switch (invocation.format) {
    case "json":
      return new LinePicture((report) => output.result(JSON.stringify(report)));
    case "yaml": {
      const { formatYaml } = await import("../../yaml.ts");
      return new LinePicture((report) => output.result(`---\n${formatYaml(report)}`));
    }
    case "table":
    case "tree":
      return openPicture({
        ...context,
        sections: (report, live) => sectionsOf(report, { ...context, invocation }, live),
        interrupt: invocation.format === "table" && invocation.node === null ? () => context.stop.interrupt() : null,
      });
  }
}

/** If one node is requested, only that one counts. */
function exitOf({ topologies, unread = [] }: Status, { node, names }: Selection): ExitCode {
  const ready = node === null
    ? topologies.every(isWell) && (names.length > 0 || unread.length === 0)
    : topologies.every(({ nodes }) => nodes.every(({ state }) => state === "ready"));
  return ready ? EXIT.done : EXIT.notReady;
}
