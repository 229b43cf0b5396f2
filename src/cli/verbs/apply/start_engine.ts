/**
 * Starts the engine in this process, unless another engine answers.
 *
 * @module
 */

import { Engine } from "../../../engine/engine.ts";
import type { StartOptions } from "../../../engine/engine_options.ts";
import { MonitoringError } from "../../../engine/monitoring.ts";
import { socketRuntimeName } from "../../../engine/node_catalog.ts";
import { StateFolderError } from "../../../engine/following/state_store.ts";
import { NetgraphError } from "../../../errors.ts";
import type { SocketPath } from "../../../api/socket_path.ts";
import type { Runtime } from "../../../runtimes/runtime.ts";
import { directoryOf, resolvePath } from "../../../sources/path.ts";
import type { BackgroundEngine } from "../../background/background_engine.ts";
import { type CommandContext, CommandFailure } from "../../command.ts";
import { baseDirectory } from "../../paths.ts";
import { controlFailure, socketPlace } from "../../connection.ts";
import { accessLogOf } from "./access_log.ts";
import { oneThread } from "./engine_choice.ts";
import { eventReporter } from "../../event_view.ts";
import type { Output } from "../../output.ts";
import { EXIT } from "../../exit_code.ts";
import { httpPlace } from "../../http_place.ts";
import type { ApplyInvocation } from "../apply.ts";

/**
 * Starts an engine, which is shut down gracefully; null if another one answers, and this process becomes its client.
 */
export async function startEngine(
  invocation: ApplyInvocation,
  { runtime, output, stop, background, early = null }: CommandContext & { background?: BackgroundEngine },
): Promise<Engine | null> {
  await requireSocketPlace(runtime, socketPlace(runtime, invocation.control));
  if (background !== undefined) {
    await background.ensure();
    return null;
  }
  const held = stop.hold();
  try {
    const engine = await Engine.start({
      ...startOptions(invocation, { runtime, output, stop, early }),
      onEvent: eventReporter(output, { clock: runtime.clock, format: invocation.format, clients: true }),
      expects: invocation.git === null ? invocation.sources : [invocation.git],
    });
    // A client has nothing to shut down gracefully.
    if (engine === null) held[Symbol.dispose]();
    return engine;
  } catch (error) {
    if (stop.signal.aborted) throw new CommandFailure(await stop.asked, "Interrupted before the engine started");
    throw error instanceof NetgraphError ? await startFailure(error, invocation, runtime) : error;
  }
}

/** The part of an engine's options that is the same in the foreground and in the background. */
export function startOptions(
  invocation: ApplyInvocation,
  { runtime, output, stop, early = null }: CommandContext,
): StartOptions {
  const openAccessLog = accessLogOf(invocation, { runtime, output });
  return {
    runtime,
    socketRuntime: socketRuntimeName(runtime, invocation.runtime),
    threads: invocation.threads ?? 1,
    early,
    place: socketPlace(runtime, invocation.control),
    onBug: (error) => output.error(`Control request failed: ${error instanceof Error ? error.stack : error}`),
    signal: stop.signal,
    ...(openAccessLog === null ? {} : { openAccessLog }),
    allowExec: allowedPrograms(invocation),
    ...httpOf(invocation),
    ...stateFolderOf(invocation, { runtime }),
  };
}

/** Why no engine can start, in words and with the exit code, in the foreground as in the background. */
export async function startFailure(
  error: NetgraphError,
  invocation: ApplyInvocation,
  runtime: Runtime,
): Promise<Error> {
  if (error instanceof StateFolderError || error instanceof MonitoringError) {
    return new CommandFailure(EXIT.failed, error.message, { cause: error });
  }
  const socketRuntime = socketRuntimeName(runtime, invocation.runtime);
  if (error.code === "EOPNOTSUPP" && (invocation.threads ?? 1) > 1) return oneThread(socketRuntime, runtime);
  const { path } = socketPlace(runtime, invocation.control);
  if (error.code === "ENOENT") return noFolder(path, error);
  return await controlFailure(runtime, path, error);
}

/** Rejects a path where no socket can be, before a lock and a log are created beside it. */
async function requireSocketPlace({ files }: Runtime, { path, ownDirectory }: SocketPath): Promise<void> {
  const found = await files.stat(path);
  if (found?.kind === "socket") return;
  if (found === null) {
    if (ownDirectory === null && await isMissing(files, directoryOf(path))) throw noFolder(path);
    return;
  }
  throw new CommandFailure(EXIT.unavailable, `Cannot serve on "${path}": the path is a ${found.kind}, not a socket`);
}

/** False if it cannot be known: an engine needs no permission to look at the folder. */
async function isMissing(files: Runtime["files"], folder: string): Promise<boolean> {
  try {
    return await files.stat(folder) === null;
  } catch (error) {
    if (error instanceof NetgraphError) return false;
    throw error;
  }
}

function noFolder(path: string, cause?: NetgraphError): CommandFailure {
  const message = `Cannot create control socket "${path}": its folder does not exist`;
  return new CommandFailure(EXIT.failed, message, { cause });
}

/** The address at which metrics are served over TCP; empty without the option. */
function httpOf({ http, httpAllowRemote: anyHost }: ApplyInvocation): Pick<StartOptions, "http"> {
  return http === null ? {} : { http: { ...httpPlace(http, { allowRemote: anyHost }), anyHost } };
}

/** Prints the engine's identity. */
export function announceEngine(
  path: string,
  { runtime, output, invocation, engine }: CommandContext & {
    readonly invocation: ApplyInvocation;
    readonly engine: Engine;
  },
): void {
  const threads = (invocation.threads ?? 1) === 1 ? "" : `, ${invocation.threads} threads`;
  output.note(`Engine in the foreground: pid ${runtime.process.pid}${threads}, control socket ${path}`);
  announceMonitoring(engine, output);
}

/** Prints where metrics are served over TCP, if they are. */
export function announceMonitoring({ monitoringAddress }: Engine, output: Output): void {
  if (monitoringAddress !== null) output.note(`Metrics at ${monitoringAddress}/metrics`);
}

/**
 * The programs that followed sources may start.
 *
 * @throws CommandFailure for a relative path, which no node can name
 */
function allowedPrograms({ allowExec }: ApplyInvocation): readonly string[] {
  const relative = allowExec.find((path) => !path.startsWith("/"));
  if (relative === undefined) return allowExec;
  throw new CommandFailure(EXIT.usage, `Path "${relative}" of --allow-exec is not absolute`);
}

/** The folder of last good generations; empty without the option. */
function stateFolderOf(
  { state }: ApplyInvocation,
  { runtime }: Pick<CommandContext, "runtime">,
): { readonly stateFolder?: string } {
  return state === null ? {} : { stateFolder: resolvePath(baseDirectory(runtime.process), state) };
}
