/**
 * `ngctl`: a shell over the live graph, as ngctl(8) is one over the kernel's.
 *
 * @module
 */

import type { ControlClient } from "../../control/client.ts";
import type { RemoteSession } from "../../control/session_client.ts";
import { NetgraphError } from "../../errors.ts";
import type { Runtime } from "../../runtimes/runtime.ts";
import { type CommandContext, CommandFailure } from "../command.ts";
import { askEngine, socketPlace } from "../connection.ts";
import { EXIT, type ExitCode } from "../exit_code.ts";
import type { NgctlInvocation } from "../invocation.ts";
import { Shell } from "../ngctl/shell.ts";
import type { ShellResult } from "../ngctl/terms.ts";
import { baseDirectory, resolvePath } from "../place.ts";

/** A script is written by hand; what `write` sends is smaller still. */
const MAX_FILE_BYTES = 32 * 1024 * 1024;
/** Longer names are cut, as ngctl does it. */
const MAX_NAME_LENGTH = 31;

const EXIT_OF: Readonly<Record<ShellResult, ExitCode>> = {
  done: EXIT.done,
  quit: EXIT.done,
  usage: EXIT.usage,
  failed: EXIT.system,
};

/** Carries out one command, or a file of them. */
export async function ngctl(invocation: NgctlInvocation, context: CommandContext): Promise<ExitCode> {
  const { runtime } = context;
  const { words, file } = invocation;
  // Read first: a file that is not there needs no engine to say so.
  const script = words.length === 0 && file !== null ? await readScript(runtime, file) : null;
  if (words.length === 0 && script === null) {
    throw new CommandFailure(EXIT.usage, `A command or "-f FILE" is wanted: "sockgraph ngctl help" lists the commands`);
  }
  const { path } = socketPlace(runtime, invocation.control);
  return await askEngine(runtime, path, async (engine) => {
    const session = await openSession(engine, invocation.name ?? `ngctl${runtime.process.pid}`);
    const result = await inSession(session, invocation, context, (shell) => {
      return script === null ? shell.command(words) : shell.script(script);
    });
    return EXIT_OF[result];
  });
}

async function readScript(runtime: Runtime, file: string): Promise<string> {
  try {
    return new TextDecoder().decode(await readFile(runtime, file));
  } catch (error) {
    if (!(error instanceof NetgraphError) || error.code === "ENOTCAPABLE") throw error;
    throw new CommandFailure(EXIT.noInput, error.message, { cause: error });
  }
}

async function openSession(engine: ControlClient, name: string): Promise<RemoteSession> {
  try {
    return await engine.session(name.slice(0, MAX_NAME_LENGTH));
  } catch (error) {
    if (!(error instanceof NetgraphError)) throw error;
    throw new CommandFailure(error.code === "ENOSYS" ? EXIT.unavailable : EXIT.system, error.message, { cause: error });
  }
}

async function inSession(
  session: RemoteSession,
  { strict }: NgctlInvocation,
  { runtime, output }: CommandContext,
  work: (shell: Shell) => Promise<ShellResult>,
): Promise<ShellResult> {
  const shell = new Shell({
    session,
    strict,
    interactive: false,
    print: (lines) => output.result(lines.join("\n")),
    warn: (text) => output.note(`ngctl: ${text}`),
    readFile: (path) => readFile(runtime, path),
    writeFile: (path, text) =>
      runtime.files.write(resolvePath(baseDirectory(runtime.process), path), text, { mode: 0o644 }),
  });
  // An engine that goes away is told by whatever is asked of it next, and by the answers that are waited for.
  const following = shell.follow().catch(() => {});
  try {
    return await work(shell);
  } finally {
    // Where this fails the session is over already.
    await session.close().catch(() => {});
    await following;
  }
}

function readFile(runtime: Runtime, path: string): Promise<Uint8Array> {
  const { files, process } = runtime;
  const options = { maxBytes: MAX_FILE_BYTES };
  return path === "-" ? files.readStdin(options) : files.read(resolvePath(baseDirectory(process), path), options);
}
