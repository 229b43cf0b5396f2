/**
 * file's control messages.
 *
 * @module
 */

import { fileMode } from "../../ascii/file_mode.ts";
import { boolean, enumeration, uint64 } from "../../ascii/scalar.ts";
import { optional, required, struct, withInitial } from "../../ascii/struct.ts";
import { string } from "../../ascii/text.ts";
import type { Command } from "../../graph/core/command.ts";
import type { FileSpec, FileUse } from "../../socket/file_stream.ts";

/** The argument of `open`. */
export interface FileArgs {
  readonly path: string;
  readonly mode: FileUse;
  readonly fsync?: boolean;
  readonly permissions?: number;
}

/** - `idle`: not open; `open`; `ended`: read to its end */
export type FileState = "idle" | "open" | "ended";

/** The reply of `getfile`. */
export interface FileReply {
  readonly path: string;
  readonly state: FileState;
  /** Bytes that were read or written. */
  readonly octets: bigint;
  /** Bytes that could not be written. */
  readonly lost: bigint;
}

/** file's commands, by name. */
export type FileCommands = {
  readonly open: Command<FileArgs, null>;
  readonly getfile: Command<null, FileReply>;
};

/** The group may read a log. */
const PERMISSIONS = 0o640;

const uses = enumeration<FileUse>({ read: 0, append: 1, truncate: 2 });
const states = enumeration<FileState>({ idle: 0, open: 1, ended: 2 });

/** file's commands. */
export const FILE_COMMANDS: FileCommands = {
  open: {
    id: 1,
    summary: "Opens a file, once",
    args: struct({
      path: required(string, "The absolute path of the file"),
      mode: withInitial(
        uses,
        "read",
        "read (from its beginning to its end), append, or truncate (emptied first, then as append)",
      ),
      fsync: optional(boolean, "Whether written data is on the disk before more is accepted", { default: false }),
      permissions: optional(fileMode, "The permissions of a file that is created, as for chmod", {
        default: PERMISSIONS,
      }),
    }),
    reply: null,
    kind: "lifecycle",
    cost: "replace",
    readBack: { query: "getfile", matches: ({ path }, reply) => hasPath(reply, path) },
  },
  getfile: {
    id: 2,
    summary: "The file, and how many bytes were read, written or lost",
    args: null,
    reply: struct({
      path: required(string),
      state: required(states),
      octets: required(uint64),
      lost: required(uint64),
    }),
    kind: "query",
    cost: "live",
  },
};

/** The file that a message names, with its defaults. */
export function fileSpec({ path, mode, fsync = false, permissions = PERMISSIONS }: FileArgs): FileSpec {
  return { path, use: mode, fsync, permissions };
}

function hasPath(reply: unknown, path: string): boolean | null {
  return typeof reply === "object" && reply !== null && "path" in reply ? reply.path === path : null;
}
