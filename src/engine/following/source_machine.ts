/**
 * The part of a machine that sources need.
 *
 * @module
 */

import type { CommandRunner } from "../../runtimes/command_runner.ts";
import type { Downloads } from "../../runtimes/downloads.ts";
import type { Files } from "../../runtimes/runtime.ts";

/** The machine from which sources are read. */
export interface SourceMachine {
  readonly files: Pick<
    Files,
    "read" | "list" | "stat" | "stamp" | "stamps" | "readStdin" | "makeTemporary" | "removeAll"
  >;
  readonly commands: CommandRunner;
  readonly downloads: Downloads;
  /** A variable of the engine's environment; undefined if it is not set. */
  readonly env: (name: string) => string | undefined;
}
