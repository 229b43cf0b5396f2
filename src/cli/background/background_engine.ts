/**
 * `apply --detach`, in the starting process: the engine runs before anything is applied, so that the rest is the same
 * as with a running engine; and it ends again if nothing was applied.
 *
 * @module
 */

import { TOPOLOGY } from "../../api/operations/topology.ts";
import { sleep } from "../../clock.ts";
import { NetgraphError } from "../../errors.ts";
import type { BackgroundProcess } from "../../runtimes/background.ts";
import type { Runtime } from "../../runtimes/runtime.ts";
import { type CommandContext, CommandFailure } from "../command.ts";
import { askEngineIfAny, socketPlace } from "../connection.ts";
import { requireOtherLog } from "../verbs/apply/access_log.ts";
import { requireThreads } from "../verbs/apply/engine_choice.ts";
import { EXIT, type ExitCode, exitCodeOf } from "../exit_code.ts";
import type { ApplyInvocation } from "../verbs/apply.ts";
import { DETACHED, placeLog } from "./log_place.ts";

/** The interval of the checks whether it runs, or has ended. */
const ASK_EVERY_MS = 50;
/** The time limit of starting and ending. */
const START_TIMEOUT_MS = 30_000;
/** So much of a log is shown when starting fails. */
const LAST_LINES = 5;
const MAX_LOG_BYTES = 16 * 1024 * 1024;

type Ended = Awaited<BackgroundProcess["ended"]>;

/** An engine that is started in the background where none runs. */
export class BackgroundEngine {
  readonly #invocation: ApplyInvocation;
  readonly #context: CommandContext;
  readonly #path: string;
  #started = false;

  constructor(invocation: ApplyInvocation, context: CommandContext) {
    this.#invocation = invocation;
    this.#context = context;
    this.#path = socketPlace(context.runtime, invocation.control).path;
  }

  /** True where the engine that answers is the one that this started. */
  get started(): boolean {
    return this.#started;
  }

  /**
   * Returns when an engine answers.
   *
   * @throws CommandFailure when the one that was started does not
   */
  async ensure(): Promise<void> {
    const { runtime, output } = this.#context;
    if (await this.#answers()) return;
    requireThreads(this.#invocation, runtime);
    const log = await placeLog(runtime, { given: this.#invocation.control, path: this.#path });
    requireOtherLog(this.#invocation, log, runtime.process);
    const process = await runtime.background.start(runtime.process.args, {
      env: { [DETACHED.log]: log, [DETACHED.format]: this.#invocation.format },
      ffi: this.#invocation.runtime === "posix",
    });
    this.#started = true;
    await this.#waitUntilStarted(process, log);
    this.#started = await this.#pid() === process.pid;
    if (!this.#started) return; // Another one was quicker.
    output.note(`Engine in the background: pid ${process.pid}, control socket ${this.#path}, log ${log}`);
  }

  /** Ends the engine that was started for a failed apply. */
  async settle(code: ExitCode): Promise<void> {
    if (!this.#started || code === EXIT.done || code === EXIT.notReady) return;
    const { runtime, output } = this.#context;
    const ended = await askEngineIfAny(runtime, this.#path, async (client) => {
      const { topologies, unread = [] } = await client.status();
      // A source that it follows may be usable later.
      return topologies.length === 0 && unread.length === 0 &&
        (await client.ask(TOPOLOGY.down, { names: [] })).ending === true;
    });
    if (ended !== true) return;
    await waitUntilRemoved(runtime, this.#path);
    output.note("The background engine has exited: nothing is running");
  }

  async #waitUntilStarted(process: BackgroundProcess, log: string): Promise<void> {
    const { clock } = this.#context.runtime;
    const since = clock.now();
    while (!(await this.#answers())) {
      const ended = await Promise.race([process.ended, sleep(clock, ASK_EVERY_MS).then(() => null)]);
      if (ended === null && clock.now() - since < START_TIMEOUT_MS) continue;
      // Another one may have been quicker, so that ours ended without work.
      if (await this.#answers()) return;
      throw await this.#failure(ended, log);
    }
  }

  /** The error of the ended engine; if it printed nothing, the one in its log. */
  async #failure(ended: Ended | null, log: string): Promise<CommandFailure> {
    const [, said] = /^error: ([^]*)$/m.exec(ended?.stderr ?? "") ?? [];
    if (ended !== null && said !== undefined) return new CommandFailure(exitCodeOf(ended.code), said.trimEnd());
    const how = ended === null ? "does not answer" : "exited while it started";
    const lines = await this.#lastLines(log);
    const logged = lines === null ? "" : `; its log "${log}":\n${lines}`;
    return new CommandFailure(EXIT.failed, `The background engine ${how}${logged}`);
  }

  /** Null if it ended before it had a log. */
  async #lastLines(log: string): Promise<string | null> {
    try {
      const octets = await this.#context.runtime.files.read(log, { maxBytes: MAX_LOG_BYTES });
      return new TextDecoder().decode(octets).trimEnd().split("\n").slice(-LAST_LINES).join("\n");
    } catch (error) {
      if (error instanceof NetgraphError) return null;
      throw error;
    }
  }

  async #pid(): Promise<number | null> {
    const status = await askEngineIfAny(this.#context.runtime, this.#path, (client) => client.status());
    return status?.engine.pid ?? null;
  }

  #answers(): Promise<boolean> {
    return answers(this.#context.runtime, this.#path);
  }
}

/** Waits until no engine answers any more, up to the time limit of ending. */
export async function waitUntilRemoved(runtime: Runtime, path: string): Promise<void> {
  const since = runtime.clock.now();
  while (!await isGone(runtime, path) && runtime.clock.now() - since < START_TIMEOUT_MS) {
    await sleep(runtime.clock, ASK_EVERY_MS);
  }
}

/** An ending engine may break off in the middle of an answer: the request is repeated. */
async function isGone(runtime: Runtime, path: string): Promise<boolean> {
  try {
    return !await answers(runtime, path);
  } catch (error) {
    if (error instanceof CommandFailure) return false;
    throw error;
  }
}

async function answers(runtime: Runtime, path: string): Promise<boolean> {
  return await askEngineIfAny(runtime, path, (client) => client.status()) !== null;
}
