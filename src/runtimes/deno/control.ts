/**
 * The control socket on Deno: `Deno.serve` on a unix socket, and a lock of the system.
 *
 * @module
 */

import { NetgraphError } from "../../errors.ts";
import { serveHttp } from "../host/http_server.ts";
import { type Listening, listenPrivately } from "../host/private_socket.ts";
import { fetchAt } from "../host/unix_client.ts";
import type { ControlTransport, FileLock } from "../runtime.ts";
import { systemError, systemErrorCode } from "../system_error.ts";

type Handler = (request: Request) => Promise<Response>;

/** HTTP over a unix socket, served by Deno's own API. */
export const denoControl: ControlTransport = {
  serve: (path, handle) => servePrivately(path, handle),
  serveTcp: (place, handle, report) => serveHttp(place, handle, { report }),
  fetch: fetchAt,
  lock: (path) => lockFile(path),
};

/**
 * Deno 2.9.6 ends a server that cannot accept, which happens at the first request when the process has no descriptor
 * left, and ends the program too if the error is not handled. The path is removed with the server: the owner of the
 * control socket detects that and serves again.
 */
async function servePrivately(path: string, handle: Handler): Promise<Listening> {
  const broken = Promise.withResolvers<void>();
  const listening = await listenPrivately(path, (aside) => serveAt(aside, handle, broken.resolve));
  // A path that cannot be removed is not available to the next server.
  broken.promise.then(() => listening.close()).catch(() => {});
  return listening;
}

function serveAt(path: string, handle: Handler, broken: () => void): Listening {
  const abort = new AbortController();
  const server = Deno.serve({ path, signal: abort.signal, onListen: () => {} }, (request) => handle(request));
  const finished = server.finished.catch(broken);
  return {
    async close(): Promise<void> {
      abort.abort();
      await finished;
    },
  };
}

/**
 * The system's own lock: it is released when the process ends. The process ID in it is for users, and for an engine on
 * Bun.
 */
async function lockFile(path: string): Promise<FileLock | null> {
  const action = `Cannot lock "${path}"`;
  try {
    const file = await openLock(path, action);
    try {
      if (!(await file.tryLock(true))) {
        file.close();
        return null;
      }
      await file.truncate();
      await file.write(new TextEncoder().encode(`${Deno.pid} -\n`));
    } catch (error) {
      file.close();
      throw error;
    }
    return { release: () => releaseFile(file) };
  } catch (error) {
    throw systemError(error, action);
  }
}

/** The interval of checks of a file with two names: one on Bun has two while it is being created. */
const LINK_CHECKS = 100;

/** Opens the file, or creates it; a symbolic or hard link, or a file of another user, is never opened for writing. */
async function openLock(path: string, action: string): Promise<Deno.FsFile> {
  const access = { read: true, write: true } as const;
  for (let check = 0;; check++) {
    try {
      return await Deno.open(path, { ...access, createNew: true, mode: 0o600 });
    } catch (error) {
      if (systemErrorCode(error) !== "EEXIST") throw error;
    }
    const expected = await factOf(path);
    if (expected === null) continue;
    const isLinked = (expected.nlink ?? 1) > 1;
    if (isLinked && check < LINK_CHECKS) continue;
    if (isLinked || !expected.isFile) {
      throw new NetgraphError("EACCES", `${action}: it is not a plain file with one name`);
    }
    const uid = Deno.uid();
    if (uid !== null && expected.uid !== null && expected.uid !== uid && uid !== 0) {
      throw new NetgraphError("EACCES", `${action}: it belongs to another user`);
    }
    const file = await Deno.open(path, access);
    const { ino, dev } = await file.stat();
    // Another file was put in its place meanwhile, perhaps a link.
    if (ino === expected.ino && dev === expected.dev) return file;
    file.close();
  }
}

/** What is at a path itself; null if nothing is. */
async function factOf(path: string): Promise<Deno.FileInfo | null> {
  try {
    return await Deno.lstat(path);
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return null;
    throw error;
  }
}

async function releaseFile(file: Deno.FsFile): Promise<void> {
  await file.truncate();
  file.close(); // Closing unlocks.
}
