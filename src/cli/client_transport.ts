/**
 * The connection to an engine: only one whose socket belongs to the user, and only while the engine runs and answers.
 * An error of the connection ends the program with 75 and a reason.
 *
 * @module
 */

import { NetgraphError } from "../errors.ts";
import type { ControlTransport, Runtime } from "../runtimes/runtime.ts";
import { CommandFailure } from "./command.ts";
import { EXIT } from "./exit_code.ts";
import { Liveness, type Silence } from "./liveness.ts";
import { baseDirectory, displayPath } from "./paths.ts";
import { requireOwnSocket } from "./socket_owner.ts";

type Machine = Pick<Runtime, "control" | "files" | "process" | "clock">;

/** The options of a connection. */
export interface ReachOptions {
  /** Ends every exchange. */
  readonly signal: AbortSignal;
  /** Called with true when a request is sent to an engine, with false if there is none. */
  readonly asked: (there: boolean) => void;
}

/** Thrown if the engine ends during a request. */
export class EngineExited extends CommandFailure {}

/** The time limit of read-only requests, in milliseconds. */
const READ_LIMIT_MS = 30_000;
const READS = /^\/(v1\/(status|nodes|history|export|events|connections|version|openapi\.json)|livez|metrics)\b/;
/** The errors of connecting to a socket that is not served. */
const NOBODY: readonly NetgraphError["code"][] = ["ENOENT", "ECONNREFUSED"];
/** A lock's file contains a process ID and a time. */
const MAX_LOCK_BYTES = 256;

/** The control transport of a client. */
export function clientTransport(machine: Machine, options: ReachOptions): ControlTransport {
  const { control } = machine;
  return {
    serve: (path, handle) => control.serve(path, handle),
    serveTcp: (place, handle, report) => control.serveTcp(place, handle, report),
    lock: (path) => control.lock(path),
    fetch: async (path, request) => {
      await requireOwnSocket(machine, path);
      return await exchange(machine, { ...options, path, request });
    },
  };
}

/** The error for an engine that ended, or broke off for another reason. */
export function engineExited(cause: unknown): EngineExited {
  return new EngineExited(EXIT.unavailable, "The engine exited during the request", { cause });
}

interface Exchange extends ReachOptions {
  readonly path: string;
  readonly request: Parameters<ControlTransport["fetch"]>[1];
}

async function exchange(machine: Machine, { path, request, signal, asked }: Exchange): Promise<Response> {
  const { control, clock } = machine;
  const given = request.signal === undefined ? signal : AbortSignal.any([signal, request.signal]);
  given.throwIfAborted();
  const liveness = new Liveness({
    clock,
    limitMs: READS.test(request.target) ? READ_LIMIT_MS : null,
    probe: async (options) => {
      const answer = await control.fetch(path, { method: "GET", target: "/livez", ...options });
      await answer.body?.cancel();
    },
  });
  const over = new AbortController();
  const lost = liveness.lost.then(async (silence): Promise<never> => {
    const failure = await silent(machine, path, silence);
    over.abort();
    throw failure;
  });
  const aborted = abortion(given);
  for (const promise of [lost, aborted]) promise.catch(() => {}); // It is the race below that throws it.
  try {
    asked(true);
    const answer = control.fetch(path, { ...request, signal: AbortSignal.any([given, over.signal]) })
      .catch((error: unknown) => {
        if (over.signal.aborted) return lost; // The signal has the reason of the abort.
        if (error instanceof NetgraphError && NOBODY.includes(error.code)) asked(false);
        throw error;
      });
    answer.catch(() => {}); // It is the race that throws it.
    const response = await Promise.race([answer, lost, aborted]);
    liveness.noteAnswer();
    if (response.body === null) liveness.stop();
    const body = response.body === null
      ? null
      : watched(response.body, { liveness, lost, aborted, over: over.signal, given });
    const { status, statusText, headers } = response;
    return new Response(body, { status, statusText, headers });
  } catch (error) {
    liveness.stop();
    throw error;
  }
}

interface Watching {
  readonly liveness: Liveness;
  /** Rejects on cancellation: because of the engine, or by the caller. */
  readonly lost: Promise<never>;
  readonly aborted: Promise<never>;
  /** Aborted for one of these reasons. */
  readonly over: AbortSignal;
  readonly given: AbortSignal;
}

/** The body as it arrives; if it breaks off, the engine has ended. */
function watched(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  { liveness, lost, aborted, over, given }: Watching,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const reader = body.getReader();
  return new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      try {
        const next = reader.read().catch((error: unknown) => {
          // A cancellation also ends it.
          if (over.aborted) return lost;
          if (given.aborted) return aborted;
          throw engineExited(error);
        });
        next.catch(() => {}); // It is the race that throws it.
        const { done, value } = await Promise.race([next, lost, aborted]);
        if (done === true) {
          liveness.stop();
          return controller.close();
        }
        liveness.noteAnswer();
        controller.enqueue(value);
      } catch (error) {
        liveness.stop();
        throw error;
      }
    },
    async cancel(reason) {
      liveness.stop();
      await reader.cancel(reason);
    },
  });
}

function abortion(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

async function silent(machine: Machine, path: string, silence: Silence): Promise<CommandFailure> {
  const pid = await pidOf(machine, path);
  const shown = displayPath(baseDirectory(machine.process), path);
  const who = pid === null ? `The process that listens on "${shown}"` : `Engine with pid ${pid}`;
  if (silence === "answer") {
    const message = `${who} did not answer within ${READ_LIMIT_MS / 1_000} s`;
    return new CommandFailure(EXIT.unavailable, message);
  }
  const advice = pid === null
    ? ": if it is not an engine, use another --control PATH"
    : `: it is stopped or hangs ("kill -CONT ${pid}" continues a stopped process)`;
  return new CommandFailure(EXIT.unavailable, `${who} does not answer${advice}`);
}

/** The number that the engine wrote into its lock; null if it cannot be read. */
async function pidOf({ files, process }: Machine, path: string): Promise<number | null> {
  const lock = `${path}.lock`;
  try {
    const fact = await files.stat(lock);
    if (fact?.kind !== "file" || (fact.uid !== process.uid && fact.uid !== 0 && process.uid !== 0)) return null;
    const [pid = ""] = new TextDecoder().decode(await files.read(lock, { maxBytes: MAX_LOCK_BYTES })).split(" ");
    return /^[1-9]\d*$/.test(pid) ? Number(pid) : null;
  } catch (error) {
    if (error instanceof NetgraphError) return null;
    throw error;
  }
}
