/**
 * `export`: what runs, as a topology that `apply` accepts, or as a script that builds it on FreeBSD.
 *
 * @module
 */

import { NODES } from "../../../api/operations/nodes.ts";
import { describeTypes } from "../../../engine/node_catalog.ts";
import type { Runtime } from "../../../runtimes/runtime.ts";
import { dumpNgctl } from "../../../topology/print/dump_ngctl.ts";
import { loadTopology } from "../../../topology/load/load.ts";
import { renderDiagnostics } from "../../../topology/parse/render.ts";
import { type CommandContext, CommandFailure } from "../../command.ts";
import { askEngine, socketPlace } from "../../connection.ts";
import { EXIT, type ExitCode } from "../../exit_code.ts";
import type { ExportInvocation } from "../export.ts";

/** Prints what runs. */
export async function exportTopology(
  { control, name, format }: ExportInvocation,
  { runtime, output }: CommandContext,
): Promise<ExitCode> {
  const { path } = socketPlace(runtime, control);
  const yaml = await askEngine(runtime, path, (engine) => engine.text(NODES.export, { name }));
  if (yaml === "") output.note("Nothing runs");
  else output.result((format === "yaml" ? yaml : await scriptOf(yaml, runtime)).trimEnd());
  return EXIT.done;
}

/** The memory runtime knows every option: running topologies are not checked again for this host. */
async function scriptOf(yaml: string, runtime: Runtime): Promise<string> {
  const types = await describeTypes(runtime, "memory");
  const { topologies, diagnostics } = loadTopology({
    source: { name: "export", text: yaml },
    types,
    env: () => null,
    defaultName: null,
    baseDirectory: null,
  });
  if (topologies.length > 0) return dumpNgctl(topologies.map(({ state }) => state), types);
  throw new CommandFailure(EXIT.failed, `Cannot read what the engine exported:\n${renderDiagnostics(diagnostics)}`);
}
