/**
 * Checks the control socket. Changes nothing.
 *
 * @module
 */

import { sleep } from "../../../clock.ts";
import { CONTROL_VARIABLE } from "../../../api/socket_path.ts";
import { isOwnDirectory } from "../../../engine/control_socket.ts";
import { NetgraphError } from "../../../errors.ts";
import type { Runtime } from "../../../runtimes/runtime.ts";
import { CommandFailure } from "../../command.ts";
import { askEngineIfAny, socketPlace } from "../../connection.ts";
import type { ControlReport } from "./doctor_report.ts";
import { directoryOf } from "../../../sources/path.ts";

/** The time limit of an engine's answer. */
const ANSWER_TIMEOUT_MS = 3_000;

type Found = Pick<ControlReport, "state"> & Partial<ControlReport>;

/** Checks the control socket. */
export async function examineControl(runtime: Runtime, given: string | null): Promise<ControlReport> {
  const { path, ownDirectory } = socketPlace(runtime, given);
  const nothing = { uid: null, engine: null, reason: null };
  return { path, from: sourceOf(runtime, given), ...nothing, ...await probe(runtime, { path, ownDirectory }) };
}

function sourceOf({ process }: Runtime, given: string | null): string {
  if (given !== null) return "--control";
  const variable = [CONTROL_VARIABLE, "XDG_RUNTIME_DIR"].find((name) => (process.env(name) ?? "") !== "");
  return variable ?? "the temporary directory";
}

async function probe(runtime: Runtime, place: { path: string; ownDirectory: string | null }): Promise<Found> {
  try {
    return await readEngine(runtime, place);
  } catch (error) {
    if (error instanceof CommandFailure) return { state: "unusable", reason: error.message };
    if (!(error instanceof NetgraphError)) throw error;
    return { state: error.code === "ENOTCAPABLE" ? "unknown" : "unusable", reason: error.message };
  }
}

async function readEngine(runtime: Runtime, place: { path: string; ownDirectory: string | null }): Promise<Found> {
  const { path, ownDirectory } = place;
  const { files, process } = runtime;
  const folder = await files.stat(directoryOf(path));
  if (folder === null && ownDirectory === null) {
    return { state: "unusable", reason: `Folder "${directoryOf(path)}" of the control socket does not exist` };
  }
  if (folder !== null && ownDirectory !== null && !isOwnDirectory(folder, process.uid)) {
    return { state: "unusable", reason: `Folder "${ownDirectory}" must belong to this user, with mode 0700` };
  }
  const fact = await files.stat(path);
  if (fact === null) return { state: "free" };
  const { uid } = fact;
  if (fact.kind !== "socket") {
    return { state: "unusable", uid, reason: `Path "${path}" is a ${fact.kind}, not a socket` };
  }
  const answer = await inTime(runtime, askEngineIfAny(runtime, path, (client) => client.status()));
  if (answer === "late") {
    return {
      state: "unusable",
      uid,
      reason: `Control socket "${path}" does not answer within ${ANSWER_TIMEOUT_MS / 1000} s`,
    };
  }
  return answer === null ? { state: "stale", uid } : { state: "engine", uid, engine: answer.engine };
}

async function inTime<T>({ clock }: Runtime, answer: Promise<T>): Promise<T | "late"> {
  const answered = new AbortController();
  const timeout = sleep(clock, ANSWER_TIMEOUT_MS, { signal: answered.signal }).then(() => "late" as const);
  timeout.catch(() => {}); // The answer has arrived.
  try {
    return await Promise.race([answer, timeout]);
  } finally {
    answered.abort();
  }
}
