/**
 * Becoming the engine, unless another one answers.
 *
 * @module
 */

import { Engine } from "../../engine/engine.ts";
import { socketRuntimeName } from "../../engine/types.ts";
import { StateFolderError } from "../../engine/following/state_store.ts";
import { NetgraphError } from "../../errors.ts";
import type { BackgroundEngine } from "../background/background_engine.ts";
import { type CommandContext, CommandFailure } from "../command.ts";
import { controlFailure, socketPlace } from "../connection.ts";
import { oneThread } from "./engine_choice.ts";
import { eventReporter } from "../event_view.ts";
import { EXIT } from "../exit_code.ts";
import type { ApplyInvocation } from "../invocation.ts";
import { baseDirectory, displayPath } from "../place.ts";
import { keptIn } from "./state_place.ts";

/** Starts an engine, which is ended in order; null where another one answers, whose client we are to be. */
export async function startEngine(
  invocation: ApplyInvocation,
  { runtime, output, stop, background }: CommandContext & { background?: BackgroundEngine },
): Promise<Engine | null> {
  if (background !== undefined) {
    await background.ensure();
    return null;
  }
  const place = socketPlace(runtime, invocation.control);
  const socketRuntime = socketRuntimeName(runtime, invocation.runtime);
  const threads = invocation.threads ?? 1;
  const held = stop.hold();
  try {
    const engine = await Engine.start({
      runtime,
      socketRuntime,
      threads,
      place,
      onEvent: eventReporter(output, { clock: runtime.clock, format: invocation.format, clients: true }),
      onBug: (error) => output.error(`Control request failed: ${error instanceof Error ? error.stack : error}`),
      signal: stop.signal,
      expects: invocation.git === null ? invocation.sources : [invocation.git],
      ...keptIn(invocation, { runtime }),
    });
    // A client has nothing to end in order.
    if (engine === null) held[Symbol.dispose]();
    return engine;
  } catch (error) {
    if (stop.signal.aborted) throw new CommandFailure(await stop.asked, "Ended before the engine started");
    if (!(error instanceof NetgraphError)) throw error;
    if (error instanceof StateFolderError) throw new CommandFailure(EXIT.failed, error.message, { cause: error });
    if (error.code === "EOPNOTSUPP" && threads > 1) throw oneThread(socketRuntime, runtime);
    if (error.code !== "ENOENT") throw await controlFailure(runtime, place.path, error);
    const message = `Control socket "${place.path}" cannot be made: its folder is not there`;
    throw new CommandFailure(EXIT.failed, message, { cause: error });
  }
}

/** Says which engine this is. */
export function announceEngine(
  path: string,
  { runtime, output, invocation }: CommandContext & { readonly invocation: ApplyInvocation },
): void {
  const shown = displayPath(baseDirectory(runtime.process), path);
  const threads = (invocation.threads ?? 1) === 1 ? "" : `, ${invocation.threads} threads`;
  output.note(`Engine in the foreground: pid ${runtime.process.pid}${threads}, control socket ${shown}`);
}
