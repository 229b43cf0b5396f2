/**
 * The program that is started in place of one that has the rights of another user: setpriv(1), which changes user, group
 * and supplementary groups, and then becomes the program.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { NetgraphError } from "../../errors.ts";
import type { ProgramSpec } from "../../socket/program.ts";
import { systemError } from "../system_error.ts";

const SETPRIV = "/usr/bin/setpriv";
const USERS = "/etc/passwd";

/**
 * The file to start, and its arguments.
 *
 * @throws NetgraphError ENOENT if there is no such user, EACCES if the users cannot be read
 */
export function commandOf(
  { path, args, user }: ProgramSpec,
): { readonly path: string; readonly args: readonly string[] } {
  if (user === null) return { path, args };
  const { uid, gid } = findUser(user);
  const rights = ["--reuid", uid, "--regid", gid, "--init-groups", "--"];
  return { path: SETPRIV, args: [...rights, path, ...args] };
}

function findUser(user: string): { readonly uid: string; readonly gid: string } {
  const rows = readUsers().split("\n").map((line) => line.split(":"));
  const [, , uid, gid] = rows.find(([name, , id]) => name === user || id === user) ?? [];
  if (uid !== undefined && gid !== undefined) return { uid, gid };
  throw new NetgraphError("ENOENT", `Cannot start a program as "${user}": there is no such user in ${USERS}`);
}

function readUsers(): string {
  try {
    return readFileSync(USERS, "utf8");
  } catch (error) {
    throw systemError(error, `Cannot read ${USERS}`);
  }
}
