/**
 * `apply --watch`: the engine follows the sources, be it this process or one that runs already.
 *
 * It reads them itself, with its own files and the variables of this process; its events are shown as those of any other
 * apply.
 *
 * @module
 */

import type { ControlClient } from "../../../api/client.ts";
import { SOURCES } from "../../../api/operations/source.ts";
import type { FollowRequest } from "../../../api/operations/source.ts";
import type { ApplyEvent, ApplyOutcome } from "../../../api/apply_event.ts";
import { parseGitSource } from "../../../sources/git_address.ts";
import { isTopologyName, readSource } from "../../../sources/read.ts";
import type { Source } from "../../../sources/source.ts";
import { exitOf, exitOfProblem, showApplyEvent } from "./apply_view.ts";
import type { BackgroundEngine } from "../../background/background_engine.ts";
import { type CommandContext, CommandFailure } from "../../command.ts";
import { askEngine, socketPlace } from "../../connection.ts";
import { DEFAULT_REF, REMOTE_INTERVAL_MS, WATCH_INTERVAL_MS } from "../../defaults.ts";
import { requireChoice } from "./engine_choice.ts";
import { EXIT, type ExitCode, worstExit } from "../../exit_code.ts";
import { type Foreground, type ForegroundWork, runInForeground } from "./foreground.ts";
import type { ApplyInvocation } from "../apply.ts";
import { refuseSavedPlans } from "./saved_plan.ts";
import { ServiceNotice } from "./service_notice.ts";
import { readGivenValues } from "../../given_values.ts";
import { countErrors } from "../../../topology/parse/diagnostic.ts";
import { printProblems } from "../../problems.ts";
import { failureOf, namedSources } from "../../sources.ts";
import { announceEngine, startEngine } from "./start_engine.ts";

type FollowContext = CommandContext & { readonly background?: BackgroundEngine };

/** True when the invocation requests to follow sources. */
export function follows({ watch, state, git, ref, path, intervalMs }: ApplyInvocation): boolean {
  if (git !== null) return true;
  if (ref !== null || path !== null) {
    throw new CommandFailure(EXIT.usage, "--ref and --path need --git URL");
  }
  if (intervalMs !== null && !watch) {
    throw new CommandFailure(EXIT.usage, "--interval needs --git URL, or --watch with a web address");
  }
  // The engine finds the kept state if it cannot use the source.
  return watch || state !== null;
}

/** Makes topologies so, and has the engine follow their sources. */
export async function applyAndFollow(
  invocation: ApplyInvocation,
  context: FollowContext,
): Promise<ExitCode> {
  const { runtime, output } = context;
  const request = await requestOf(invocation, context);
  const { path } = socketPlace(runtime, invocation.control);
  const engine = await startEngine(invocation, context);
  if (engine === null) return await followAsClient(request, { path, invocation }, context);
  announceEngine(path, { ...context, invocation, engine });
  const notice = new ServiceNotice(runtime.service, output);
  const foreground = { ...context, engine, invocation, notice };
  return await runInForeground(followWork(request, foreground), foreground);
}

async function requestOf(invocation: ApplyInvocation, context: CommandContext): Promise<FollowRequest> {
  const { git, replace, rollback, selfHeal, waitMs, prune, takeOver, allowEmpty } = invocation;
  if (invocation.confirmMs !== null) {
    const message = "--confirm cannot be combined with --watch, --git or --state";
    throw new CommandFailure(EXIT.usage, message);
  }
  const sources = git === null ? await plainSources(invocation, context) : [gitSource(git, invocation)];
  const { given: values, diagnostics } = await readGivenValues(invocation, context.runtime);
  printProblems(context.output, diagnostics);
  if (countErrors(diagnostics) > 0) throw new CommandFailure(EXIT.invalid, "The files of --values are not valid");
  const given = [...values].map(([name, value]) => ({ name, ...value }));
  const intervals = intervalsOf(sources, invocation);
  // With --state an engine must start with any state of its source, which it can read later.
  const keepTrying = invocation.state !== null && intervals.intervalMs !== null;
  return { sources, ...intervals, replace, rollback, selfHeal, waitMs, prune, takeOver, allowEmpty, keepTrying, given };
}

/** Files are checked often, which costs little; other sources are checked at the requested interval. */
function intervalsOf(
  sources: readonly Source[],
  { watch, git, intervalMs }: ApplyInvocation,
): Pick<FollowRequest, "intervalMs" | "webIntervalMs"> {
  const remoteMs = intervalMs ?? REMOTE_INTERVAL_MS;
  if (git !== null) return { intervalMs: remoteMs, webIntervalMs: null };
  if (!watch) return { intervalMs: null, webIntervalMs: null };
  const onWeb = sources.filter(({ kind }) => kind === "url").length;
  if (onWeb === 0 && intervalMs !== null) {
    throw new CommandFailure(
      EXIT.usage,
      "--interval applies to web sources and Git only: files are checked twice a second",
    );
  }
  return { intervalMs: onWeb === sources.length ? remoteMs : WATCH_INTERVAL_MS, webIntervalMs: remoteMs };
}

async function plainSources(invocation: ApplyInvocation, { runtime }: CommandContext): Promise<readonly Source[]> {
  const missing = invocation.state === null ? "refuse" : "pass"; // It may be known from its kept state.
  const sources = await namedSources(invocation.sources, runtime, { missing });
  for (const source of sources) await refuseSavedPlan(source, runtime);
  if (sources.every(({ kind }) => kind !== "stdin")) return sources;
  const message = "Standard input can be read only once: name a file, or leave out --watch and --state";
  throw new CommandFailure(EXIT.usage, message);
}

/** A saved plan is applied once. The engine reports unreadable sources. */
async function refuseSavedPlan(source: Source, { files }: CommandContext["runtime"]): Promise<void> {
  if (source.kind !== "path" || isTopologyName(source.path)) return;
  if ((await files.stat(source.path).catch(() => null))?.kind !== "file") return;
  const texts = await readSource(source, { files, allowEmpty: true }).catch(() => []);
  refuseSavedPlans(texts);
}

function gitSource(url: string, { sources, ref, path }: ApplyInvocation): Source {
  if (sources.length > 0) {
    throw new CommandFailure(
      EXIT.usage,
      `--git cannot be combined with other sources: remove "${sources[0]}", or give it as --path`,
    );
  }
  try {
    return parseGitSource(url, { ref: ref ?? DEFAULT_REF, path: path ?? "" });
  } catch (error) {
    throw failureOf(error);
  }
}

/** The work of an engine that follows: once there is a source to follow, it stays. */
function followWork(request: FollowRequest, { engine, output, invocation, stop }: Foreground): ForegroundWork {
  let following = false;
  return {
    begin: async () => {
      const code = await codeOf(request, (emit) => engine.follow(request, emit), { output, invocation });
      following = code.following;
      return code.code;
    },
    again: async () => {
      try {
        await engine.readAgain();
      } catch (error) {
        if (!stop.signal.aborted) output.error(error instanceof Error ? error.message : String(error));
      }
    },
    stays: () => following,
  };
}

async function followAsClient(
  request: FollowRequest,
  { path, invocation }: { path: string; invocation: ApplyInvocation },
  { runtime, output, background }: FollowContext,
): Promise<ExitCode> {
  return await askEngine(runtime, path, async (client) => {
    const { engine } = await client.status();
    requireChoice(invocation, engine, { output, background });
    const how = request.intervalMs === null ? "reads the source again on SIGHUP or reconcile" : "follows the source";
    output.note(`Using the running engine (pid ${engine.pid}), which ${how}`);
    const follow = (emit: (event: ApplyEvent) => void) => followWithVariables(request, { client, runtime, emit });
    const { code } = await codeOf(request, follow, { output, invocation });
    return code;
  });
}

/** Hands a source over with the variables that it names. Only the engine reads the source, and so finds their names. */
async function followWithVariables(
  request: FollowRequest,
  { client, runtime: { process }, emit }: Pick<CommandContext, "runtime"> & {
    readonly client: ControlClient;
    readonly emit: (event: ApplyEvent) => void;
  },
): Promise<readonly ApplyOutcome[]> {
  const variables: Record<string, string | null> = {};
  for (;;) {
    let missing: readonly string[] = [];
    const outcomes = await client.change(SOURCES.follow, { ...request, variables }, {
      emit: (event) => {
        if (event.kind === "variables") missing = event.names.filter((name) => !Object.hasOwn(variables, name));
        else emit(event);
      },
    });
    if (missing.length === 0) return outcomes;
    for (const name of missing) variables[name] = process.env(name) ?? null;
  }
}

/** The start of following: the exit code, and whether any source is followed. */
async function codeOf(
  { keepTrying = false }: FollowRequest,
  follow: (emit: (event: ApplyEvent) => void) => Promise<readonly ApplyOutcome[]>,
  { output, invocation: { format } }: { output: CommandContext["output"]; invocation: ApplyInvocation },
): Promise<{ readonly code: ExitCode; readonly following: boolean }> {
  let refused: ExitCode | null = null;
  const outcomes = await follow((event) => {
    if (event.kind === "source") refused ??= exitOfProblem(event);
    showApplyEvent(event, output, { format, loaded: new Map() });
  });
  if (refused !== null && outcomes.length === 0) return { code: refused, following: keepTrying };
  return { code: worstExit(outcomes.map(exitOf)), following: true };
}
