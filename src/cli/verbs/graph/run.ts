/**
 * `graph`: a picture of topologies, of files or of what runs.
 *
 * @module
 */

import { NODES } from "../../../api/operations/nodes.ts";
import type { Status } from "../../../reconcile/status/status_types.ts";
import type { GraphState } from "../../../graph/data/state.ts";
import type { NodeType } from "../../../graph/core/node_type.ts";
import { describeTypes } from "../../../engine/node_catalog.ts";
import type { Runtime } from "../../../runtimes/runtime.ts";
import { loadTexts } from "../../../sources/load.ts";
import { loadTopology } from "../../../topology/load/load.ts";
import { renderDiagnostics } from "../../../topology/parse/render.ts";
import { refuseSavedPlans } from "../apply/saved_plan.ts";
import { type CommandContext, CommandFailure } from "../../command.ts";
import { askEngine, socketPlace } from "../../connection.ts";
import { EXIT, type ExitCode } from "../../exit_code.ts";
import { type Drawing, drawingOf } from "../../../drawing/drawing.ts";
import { toDot, toMermaid, toText } from "./texts.ts";
import type { GraphInvocation } from "../graph.ts";
import type { Output } from "../../output.ts";
import { printProblems } from "../../problems.ts";
import { readSources } from "../../sources.ts";

/** Prints the picture; a tree on a terminal, Graphviz's language in a pipe, unless a form is named. */
export async function graph(invocation: GraphInvocation, context: CommandContext): Promise<ExitCode> {
  const { runtime, output } = context;
  const types = await describeTypes(runtime, "memory");
  const drawings = invocation.sources.length === 0
    ? await drawRunning(invocation.control, { runtime, types })
    : await drawSources(invocation.sources, { ...context, types });
  if (drawings === null) return EXIT.invalid;
  if (drawings.length === 0) output.note("Nothing runs");
  else {await print(
      drawings,
      invocation.format ?? (runtime.process.columns("stdout") === null ? "dot" : "text"),
      output,
    );}
  return EXIT.done;
}

async function print(
  drawings: readonly Drawing[],
  format: NonNullable<GraphInvocation["format"]>,
  output: Output,
): Promise<void> {
  switch (format) {
    case "json":
      return output.resultJson({ formatVersion: 1, topologies: drawings });
    case "dot":
      return output.result(toDot(drawings));
    case "mermaid":
      return output.result(toMermaid(drawings));
    case "svg":
      return output.result((await import("./svg.ts")).toSvg(drawings));
    case "text":
      return output.prose(drawings.map((one) => toText(one, (text) => output.paint("strong", text))).join("\n\n"));
  }
}

async function drawSources(
  sources: readonly string[],
  { runtime, output, types }: CommandContext & { readonly types: readonly NodeType[] },
): Promise<readonly Drawing[] | null> {
  const texts = await readSources(sources, runtime);
  refuseSavedPlans(texts);
  const { topologies, diagnostics, valid } = loadTexts(texts, { types, env: (name) => runtime.process.env(name) });
  printProblems(output, diagnostics);
  return valid ? topologies.map(({ state }) => drawingOf(state, types, null)) : null;
}

async function drawRunning(
  control: string | null,
  { runtime, types }: { readonly runtime: Runtime; readonly types: readonly NodeType[] },
): Promise<readonly Drawing[]> {
  const { path } = socketPlace(runtime, control);
  const [yaml, status] = await askEngine(runtime, path, async (engine): Promise<[string, Status]> => {
    return [await engine.text(NODES.export, { name: null }), await engine.status()];
  });
  const states = yaml === "" ? [] : statesOf(yaml, types);
  return states.map((state) =>
    drawingOf(state, types, status.topologies.find(({ name }) => name === state.name) ?? null)
  );
}

function statesOf(yaml: string, types: readonly NodeType[]): readonly GraphState[] {
  const source = { name: "export", text: yaml };
  const loaded = loadTopology({ source, types, env: () => null, defaultName: null, baseDirectory: null });
  if (loaded.topologies.length > 0) return loaded.topologies.map(({ state }) => state);
  const said = renderDiagnostics(loaded.diagnostics);
  throw new CommandFailure(EXIT.failed, `Cannot read what the engine exported:\n${said}`);
}
