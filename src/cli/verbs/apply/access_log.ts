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

/** Opens the log; null without `--access-log`. */
export function accessLogOf(
  { accessLog, accessLogFormat: format }: ApplyInvocation,
  { runtime: { process, files }, output }: { readonly runtime: Runtime; readonly output: Output },
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
      return new AccessLog({ sink, format, onFailure });
    } catch (error) {
      if (!(error instanceof NetgraphError)) throw error;
      throw new CommandFailure(EXIT.failed, error.message, { cause: error });
    }
  };
}

function standardOutput(process: HostProcess): AppendFile {
  return {
    write: (text) => Promise.try(() => process.write("stdout", text)),
    reopen: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}
