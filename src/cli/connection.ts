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
import { engineGone } from "./client_transport.ts";
import { CommandFailure } from "./command.ts";
import { EXIT } from "./exit_code.ts";
import { baseDirectory, displayPath } from "./paths.ts";

/** Where the control socket is for this call. */
export function socketPlace(runtime: Runtime, given: string | null): SocketPath {
  const { process, files } = runtime;
  return controlSocketPath({
    given,
    env: (name) => process.env(name),
    uid: process.uid,
    cwd: baseDirectory(process),
    // Asked only where it counts: on Deno it takes permissions of its own.
    get temporaryDirectory() {
      return files.temporaryDirectory;
    },
  });
}

/**
 * Asks the engine something.
 *
 * @throws CommandFailure 75 when no engine answers, one that we cannot talk to, or one that ends meanwhile
 */
export async function askEngine<T>(
  runtime: Runtime,
  path: string,
  ask: (client: ControlClient) => Promise<T>,
): Promise<T> {
  try {
    return await ask(new ControlClient(fetchOver(runtime, path), { version: VERSION }));
  } catch (error) {
    if (error instanceof NetgraphError && error.code === "ECANCELED") throw engineGone(error);
    if (error instanceof VersionMismatch) {
      throw new CommandFailure(EXIT.unavailable, `${error.message}: restart it`);
    }
    if (!(error instanceof ControlError)) throw error;
    const unavailable = error.code === "no-engine" || error.code === "wrong-version";
    throw new CommandFailure(unavailable ? EXIT.unavailable : EXIT.failed, error.message);
  }
}

/** Asks where an engine may be; null when none answers. */
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

/** What went wrong with the control socket, and what to do about it. */
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
        `Control socket "${shown}" cannot be used: it or its folder belongs to another user; name your own with --control`,
      );
    case "ENAMETOOLONG":
      return new CommandFailure(
        EXIT.usage,
        `Control socket path "${shown}" is too long: name a shorter one with --control`,
      );
    case "ECONNRESET":
    case "EPIPE":
      return engineGone(error);
    case "EAGAIN":
      return new CommandFailure(EXIT.unavailable, `The engine at "${shown}" does not answer: its queue is full`, {
        cause: error,
      });
    case "ENOTCAPABLE":
      return error; // main says which task has the permission.
    default:
      return new CommandFailure(EXIT.unavailable, error.message, { cause: error });
  }
}

/** A path that is no socket never answers, whatever is applied: that is said, as `apply` says it. */
async function nobodyAnswers({ files, process }: Runtime, path: string): Promise<NoEngine> {
  const shown = displayPath(baseDirectory(process), path);
  const kind = await kindAt(files, path);
  const said = kind === null || kind === "socket"
    ? `No engine is running here ("${shown}" does not answer): "sockgraph apply FILE" starts one`
    : `No engine is running on "${shown}": there is a ${kind}, not a socket`;
  return new NoEngine(EXIT.unavailable, said);
}

/** What is at a path; null where nothing is, or it cannot be looked at: that nobody answers is known without. */
async function kindAt(files: Runtime["files"], path: string): Promise<FileFact["kind"] | null> {
  try {
    return (await files.stat(path))?.kind ?? null;
  } catch (error) {
    if (error instanceof NetgraphError) return null;
    throw error;
  }
}
