/**
 * The access log of an engine that this command starts.
 *
 * @module
 */

import { NetgraphError } from "../../../errors.ts";
import type { AppendFile, HostProcess, Runtime } from "../../../runtimes/runtime.ts";
import { resolvePath } from "../../../sources/path.ts";
import { AccessLog } from "../../../engine/access_log.ts";
import { CommandFailure } from "../../command.ts";
import { EXIT } from "../../exit_code.ts";
import type { Output } from "../../output.ts";
import { baseDirectory } from "../../paths.ts";
import type { ApplyInvocation } from "../apply.ts";

/**
 * Rejects options that have no effect together.
 *
 * @throws CommandFailure 64
 */
export function requireLogOptions(
  { accessLog, accessLogFormat, detach, http, httpAllowRemote }: ApplyInvocation,
): void {
  const problem = accessLogFormat !== null && accessLog === null
    ? "--access-log-format needs --access-log FILE"
    : accessLog === "-" && detach
    ? "An engine in the background has no standard output: give --access-log a file"
    : httpAllowRemote && http === null
    ? "--http-allow-remote needs --http HOST:PORT"
    : null;
  if (problem !== null) throw new CommandFailure(EXIT.usage, problem);
}

/**
 * Rejects an access log that is the engine's own log.
 *
 * @throws CommandFailure 64
 */
export function requireOtherLog({ accessLog }: ApplyInvocation, log: string, process: HostProcess): void {
  if (accessLog === null || resolvePath(baseDirectory(process), accessLog) !== log) return;
  throw new CommandFailure(EXIT.usage, `The engine writes its own log to "${log}": give --access-log another file`);
}

/** Opens the log; null without `--access-log`. */
export function accessLogOf(
  { accessLog, accessLogFormat }: ApplyInvocation,
  { runtime: { process, files, clock }, output }: { readonly runtime: Runtime; readonly output: Output },
): (() => Promise<AccessLog>) | null {
  if (accessLog === null) return null;
  const onFailure = (error: Error | null): void => {
    if (error === null) output.note("The access log is written again");
    else output.error(`${error.message}; connections are counted in sockgraph_log_dropped_total meanwhile`);
  };
  return async () => {
    try {
      const sink = accessLog === "-"
        ? standardOutput(process)
        : await files.openAppend(resolvePath(baseDirectory(process), accessLog));
      return new AccessLog({ sink, clock, format: accessLogFormat ?? "text", onFailure });
    } catch (error) {
      if (!(error instanceof NetgraphError)) throw error;
      throw new CommandFailure(EXIT.failed, error.message, { cause: error });
    }
  };
}

/** Its reader may stand still: that holds up the log, and no part of the engine. */
function standardOutput(process: HostProcess): AppendFile {
  return {
    async write(lines) {
      try {
        await process.writeOctets("stdout", lines);
        return null;
      } catch (error) {
        if (!(error instanceof NetgraphError)) throw error;
        return { written: 0, error };
      }
    },
    reopen: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}
