/**
 * Talking to the engine that runs, and saying it in words when that does not work.
 *
 * @module
 */

import { ControlClient, ControlError, type Fetch, VersionMismatch } from "../api/client.ts";
import { controlSocketPath, type SocketPath } from "../api/socket_path.ts";
import { NetgraphError } from "../errors.ts";
import type { FileFact, Runtime } from "../runtimes/runtime.ts";
import { VERSION } from "../version.ts";
import { engineExited } from "./client_transport.ts";
import { CommandFailure } from "./command.ts";
import { EXIT } from "./exit_code.ts";
import { baseDirectory, displayPath } from "./paths.ts";

/** The control socket of this call. */
export function socketPlace(runtime: Runtime, given: string | null): SocketPath {
  const { process, files } = runtime;
  return controlSocketPath({
    given,
    env: (name) => process.env(name),
    uid: process.uid,
    cwd: baseDirectory(process),
    // Called only if needed: on Deno it needs its own permissions.
    get temporaryDirectory() {
      return files.temporaryDirectory;
    },
  });
}

/**
 * Sends a request to the engine.
 *
 * @throws CommandFailure 75 if no engine answers, an incompatible one does, or it ends meanwhile
 */
export async function askEngine<T>(
  runtime: Runtime,
  path: string,
  ask: (client: ControlClient) => Promise<T>,
): Promise<T> {
  try {
    return await ask(new ControlClient(fetchOver(runtime, path), { version: VERSION }));
  } catch (error) {
    if (error instanceof NetgraphError && error.code === "ECANCELED") throw engineExited(error);
    if (error instanceof VersionMismatch) {
      throw new CommandFailure(EXIT.unavailable, `${error.message}: restart it`);
    }
    if (!(error instanceof ControlError)) throw error;
    const unavailable = error.code === "no-engine" || error.code === "wrong-version";
    throw new CommandFailure(unavailable ? EXIT.unavailable : EXIT.failed, error.message);
  }
}

/** Sends a request to an engine if there is one; null if none answers. */
export async function askEngineIfAny<T>(
  runtime: Runtime,
  path: string,
  ask: (client: ControlClient) => Promise<T>,
): Promise<T | null> {
  try {
    return await askEngine(runtime, path, ask);
  } catch (error) {
    if (error instanceof NoEngine) return null;
    throw error;
  }
}

/** Thrown when no engine answers. */
export class NoEngine extends CommandFailure {}

function fetchOver(runtime: Runtime, path: string): Fetch {
  return async ({ method, target, headers, body, signal }) => {
    const request = {
      method,
      target,
      headers,
      ...(body === undefined ? {} : { body }),
      ...(signal === undefined ? {} : { signal }),
    };
    try {
      return await runtime.control.fetch(path, request);
    } catch (error) {
      if (error instanceof NetgraphError) throw await controlFailure(runtime, path, error);
      throw error;
    }
  };
}

/** The problem of the control socket, and its solution. */
export async function controlFailure(runtime: Runtime, path: string, error: NetgraphError): Promise<Error> {
  const shown = displayPath(baseDirectory(runtime.process), path);
  switch (error.code) {
    case "ENOENT":
    case "ECONNREFUSED":
      return await nobodyAnswers(runtime, path);
    case "EACCES":
    case "EPERM":
      return new CommandFailure(
        EXIT.unavailable,
        `Control socket "${shown}" cannot be used: ${error.message}; name another one with --control`,
      );
    case "ENAMETOOLONG":
      return new CommandFailure(
        EXIT.usage,
        `Control socket path "${shown}" is too long: name a shorter one with --control`,
      );
    case "ECONNRESET":
    case "EPIPE":
      return engineExited(error);
    case "EAGAIN":
      return new CommandFailure(EXIT.unavailable, `The engine at "${shown}" does not answer: its queue is full`, {
        cause: error,
      });
    case "ENOTCAPABLE":
      return error; // main names the task that has the permission.
    default:
      return new CommandFailure(EXIT.unavailable, error.message, { cause: error });
  }
}

/** A path that is not a socket never answers: the message is that of `apply`. */
async function nobodyAnswers({ files, process }: Runtime, path: string): Promise<NoEngine> {
  const shown = displayPath(baseDirectory(process), path);
  const kind = await kindAt(files, path);
  const said = kind === null || kind === "socket"
    ? `No engine is running at "${shown}": "sockgraph apply FILE" starts one`
    : `No engine is running at "${shown}": the path is a ${kind}, not a socket`;
  return new NoEngine(EXIT.unavailable, said);
}

/**
 * The kind of the file at a path; null if there is none, or if it cannot be read: that no process answers is already
 * known.
 */
async function kindAt(files: Runtime["files"], path: string): Promise<FileFact["kind"] | null> {
  try {
    return (await files.stat(path))?.kind ?? null;
  } catch (error) {
    if (error instanceof NetgraphError) return null;
    throw error;
  }
}
