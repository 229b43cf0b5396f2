/**
 * `history`: the generations of a topology.
 *
 * @module
 */

import { TOPOLOGY } from "../../../api/operations/topology.ts";
import type { CommandContext } from "../../command.ts";
import { askEngine, socketPlace } from "../../connection.ts";
import { EXIT, type ExitCode } from "../../exit_code.ts";
import { historyLines } from "./history_view.ts";
import type { HistoryInvocation } from "../history.ts";
import { oneTopology } from "../../one_topology.ts";
import { baseDirectory } from "../../paths.ts";

/** Prints what `rollback` can go back to, the oldest first. */
export async function history(
  invocation: HistoryInvocation,
  { runtime, output }: CommandContext,
): Promise<ExitCode> {
  const { path } = socketPlace(runtime, invocation.control);
  const { topology, generations } = await askEngine(runtime, path, async (engine) => {
    const topology = await oneTopology(engine, invocation.name);
    return { topology, ...await engine.ask(TOPOLOGY.history, { name: topology }) };
  });
  const report = { formatVersion: 1, topology, generations };
  switch (invocation.format) {
    case "json":
      output.resultJson(report);
      break;
    case "yaml":
      output.result((await import("../../yaml.ts")).formatYaml(report));
      break;
    case "table": {
      const style = {
        width: output.tableColumns,
        base: baseDirectory(runtime.process),
        paint: output.paint.bind(output),
      };
      output.result(historyLines(generations, style).join("\n"));
    }
  }
  return EXIT.done;
}
