/**
 * `graph`: a picture of topologies, of files or of what runs.
 *
 * @module
 */

import { NODES } from "../../../api/operations/nodes.ts";
import { sleep } from "../../../clock.ts";
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
import { type TopologyTraffic, trafficBetween } from "../../../drawing/traffic.ts";
import { foldDrawing, groupsOf } from "../../../drawing/fold.ts";
import { type Drawing, drawingOf } from "../../../drawing/drawing.ts";
import { toDot, toMermaid, toText } from "./texts.ts";
import type { GraphInvocation } from "../graph.ts";
import type { Output } from "../../output.ts";
import { printProblems } from "../../problems.ts";
import { withGivenValues } from "../../../sources/applied_variables.ts";
import { readGivenValues, withProblems } from "../../given_values.ts";
import { readSources } from "../../sources.ts";

/** Rates are those of this time. */
const RATE_MS = 1_000;

/** Prints the picture; a tree on a terminal, Graphviz's language in a pipe, unless a form is named. */
export async function graph(invocation: GraphInvocation, context: CommandContext): Promise<ExitCode> {
  const { runtime, output } = context;
  const types = await describeTypes(runtime, "memory");
  const format = invocation.format ?? (runtime.process.columns("stdout") === null ? "dot" : "text");
  // Programs read every node.
  const folds = !invocation.all && format !== "json";
  const drawn = invocation.sources.length === 0
    ? await drawRunning(invocation.control, { runtime, types, rates: format === "svg", folds })
    : await drawSources(invocation, { ...context, types, folds });
  if (drawn === null) return EXIT.invalid;
  if (drawn.drawings.length === 0) output.note("Nothing runs");
  else await print(drawn, format, output);
  return EXIT.done;
}

/** Drawings, with their traffic where that is drawn. */
interface Drawn {
  readonly drawings: readonly Drawing[];
  readonly traffic: ReadonlyMap<string, TopologyTraffic>;
}

async function print(
  { drawings, traffic }: Drawn,
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
      return output.result((await import("./svg.ts")).toSvg(drawings, traffic));
    case "text":
      return output.prose(drawings.map((one) => toText(one, (text) => output.paint("strong", text))).join("\n\n"));
  }
}

async function drawSources(
  { sources, ...parameters }: GraphInvocation,
  { runtime, output, types, folds }: CommandContext & { readonly types: readonly NodeType[]; readonly folds: boolean },
): Promise<Drawn | null> {
  const texts = await readSources(sources, runtime);
  refuseSavedPlans(texts);
  const { given, diagnostics: problems } = await readGivenValues(parameters, runtime);
  const env = withGivenValues((name) => runtime.process.env(name), given);
  const { topologies, diagnostics, valid } = withProblems(loadTexts(texts, { types, env, given }), problems);
  printProblems(output, diagnostics);
  if (!valid) return null;
  const drawings = topologies.map(({ state }) => {
    const drawing = drawingOf(state, types, null);
    return folds ? foldDrawing(drawing, groupsOfState(state)) : drawing;
  });
  return { drawings, traffic: new Map() };
}

function groupsOfState({ nodes, templates }: GraphState): ReadonlyMap<string, string> {
  const inner = templates.map(({ name, nodes }) => groupsOf(nodes, `${name}/`));
  return new Map([groupsOf(nodes), ...inner].flatMap((groups) => [...groups]));
}

async function drawRunning(
  control: string | null,
  { runtime, types, rates, folds }: {
    readonly folds: boolean;
    readonly runtime: Runtime;
    readonly types: readonly NodeType[];
    readonly rates: boolean;
  },
): Promise<Drawn> {
  const { path } = socketPlace(runtime, control);
  const { clock } = runtime;
  const { yaml, before, status, ms } = await askEngine(runtime, path, async (engine) => {
    const yaml = await engine.text(NODES.export, { name: null });
    const [before, begun] = [await engine.status(), clock.now()];
    if (!rates) return { yaml, before, status: before, ms: 0 };
    await sleep(clock, RATE_MS);
    return { yaml, before, status: await engine.status(), ms: clock.now() - begun };
  });
  const drawings: Drawing[] = [];
  const traffic = new Map<string, TopologyTraffic>();
  for (const state of yaml === "" ? [] : statesOf(yaml, types)) {
    const [then, now] = [before, status].map(({ topologies }) => topologies.find(({ name }) => name === state.name));
    const whole = drawingOf(state, types, now ?? null);
    const drawing = folds ? foldDrawing(whole, groupsOf(now?.nodes ?? [])) : whole;
    drawings.push(drawing);
    if (rates && then !== undefined && now !== undefined) {
      traffic.set(state.name, trafficBetween(then, now, { ms, drawing }));
    }
  }
  return { drawings, traffic };
}

function statesOf(yaml: string, types: readonly NodeType[]): readonly GraphState[] {
  const source = { name: "export", text: yaml };
  const loaded = loadTopology({ source, types, env: () => null, defaultName: null, baseDirectory: null });
  if (loaded.topologies.length > 0) return loaded.topologies.map(({ state }) => state);
  const said = renderDiagnostics(loaded.diagnostics);
  throw new CommandFailure(EXIT.failed, `Cannot read what the engine exported:\n${said}`);
}
