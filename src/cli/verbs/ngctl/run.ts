/**
 * `ngctl`: a shell for the running graph, like ngctl(8) for the kernel's.
 *
 * @module
 */

import type { ControlClient } from "../../../api/client.ts";
import type { RemoteSession } from "../../../api/session_client.ts";
import { describeTypes, socketRuntimeName } from "../../../engine/node_catalog.ts";
import { NetgraphError } from "../../../errors.ts";
import { GENERIC_COMMANDS } from "../../../graph/message/generic.ts";
import type { Runtime, Terminal } from "../../../runtimes/runtime.ts";
import { type CommandContext, CommandFailure } from "../../command.ts";
import { askEngine, socketPlace } from "../../connection.ts";
import { EXIT, type ExitCode } from "../../exit_code.ts";
import type { NgctlInvocation } from "../ngctl.ts";
import { complete, type CompletedWorld } from "./completion.ts";
import { Shell } from "./shell.ts";
import { freebsdText } from "./strerror.ts";
import { STRICT_USAGE } from "./commands.ts";
import type { ShellResult } from "./terms.ts";
import type { Strictness } from "./words.ts";
import { printableLines } from "../../../printable.ts";
import { resolvePath } from "../../../sources/path.ts";
import { baseDirectory } from "../../paths.ts";

/** The limit of a script or of data for `write`. */
const MAX_FILE_BYTES = 32 * 1024 * 1024;
/** Longer names are truncated, as in ngctl. */
const MAX_NAME_LENGTH = 31;

/** ngctl's. */
const PROMPT = "+ ";

const EXIT_OF: Readonly<Record<ShellResult, ExitCode>> = {
  done: EXIT.done,
  quit: EXIT.done,
  usage: EXIT.usage,
  failed: EXIT.system,
};

/** The commands to execute. */
type Work =
  | { readonly kind: "command"; readonly words: readonly string[] }
  | { readonly kind: "script"; readonly text: string }
  | { readonly kind: "terminal"; readonly terminal: Terminal };

/** Carries out one command, a file of them, or what a person types. */
export async function ngctl(invocation: NgctlInvocation, context: CommandContext): Promise<ExitCode> {
  if (!invocation.strict) return await carryOutAll(invocation, context);
  try {
    return await carryOutAll(invocation, context);
  } catch (error) {
    if (!(error instanceof StrictFailure)) throw error;
    for (const line of error.lines) context.output.note(line);
    return error.exitCode;
  }
}

/** Thrown with `--strict` for what ngctl reports in its own words. */
class StrictFailure extends Error {
  override readonly name: string = "StrictFailure";
  readonly exitCode: ExitCode;
  readonly lines: readonly string[];

  constructor(exitCode: ExitCode, ...lines: readonly string[]) {
    super(lines.join("\n"));
    this.exitCode = exitCode;
    this.lines = lines;
  }
}

async function carryOutAll(invocation: NgctlInvocation, context: CommandContext): Promise<ExitCode> {
  const { runtime, stop } = context;
  const work = await workOf(invocation, runtime);
  if (work.kind === "terminal") stop.exiting.addEventListener("abort", () => work.terminal.close(), { once: true });
  try {
    const { path } = socketPlace(runtime, invocation.control);
    return await askEngine(runtime, path, async (engine) => {
      const session = await openSession(engine, invocation.name ?? `ngctl${runtime.process.pid}`, invocation);
      return EXIT_OF[await inSession(session, work, { ...context, invocation })];
    });
  } finally {
    if (work.kind === "terminal") work.terminal.close();
  }
}

/** A command takes precedence over a file; a missing file is reported without an engine. */
async function workOf({ words, file, strict }: NgctlInvocation, runtime: Runtime): Promise<Work> {
  if (words.length > 0 && !(strict && file !== null)) return { kind: "command", words };
  if (file !== null) {
    const text = await readScript(runtime, file, { strict });
    return words.length > 0 ? { kind: "command", words } : { kind: "script", text };
  }
  const terminal = runtime.process.openTerminal?.() ?? null;
  if (terminal !== null) return { kind: "terminal", terminal };
  if (strict) throw new StrictFailure(EXIT.usage, "ngctl: no command specified", STRICT_USAGE);
  throw new CommandFailure(EXIT.usage, `Missing command or "-f FILE": "sockgraph ngctl help" lists the commands`);
}

async function readScript(runtime: Runtime, file: string, { strict }: Strictness): Promise<string> {
  try {
    return new TextDecoder().decode(await readFile(runtime, file));
  } catch (error) {
    if (!(error instanceof NetgraphError) || error.code === "ENOTCAPABLE") throw error;
    if (strict) throw new StrictFailure(EXIT.noInput, `ngctl: ${file}: ${freebsdText(error.code)}`);
    throw new CommandFailure(EXIT.noInput, error.message, { cause: error });
  }
}

async function openSession(engine: ControlClient, name: string, { strict }: Strictness): Promise<RemoteSession> {
  try {
    return await engine.session(name.slice(0, MAX_NAME_LENGTH));
  } catch (error) {
    if (!(error instanceof NetgraphError)) throw error;
    if (strict) throw new StrictFailure(EXIT.system, `ngctl: can't create node: ${freebsdText(error.code)}`);
    throw new CommandFailure(error.code === "ENOSYS" ? EXIT.unavailable : EXIT.system, error.message, { cause: error });
  }
}

async function inSession(
  session: RemoteSession,
  work: Work,
  { runtime, output, invocation }: CommandContext & { readonly invocation: NgctlInvocation },
): Promise<ShellResult> {
  const person = work.kind === "terminal" ? work.terminal : null;
  const shell = new Shell({
    folder: baseDirectory(runtime.process),
    session,
    strict: invocation.strict,
    debugLevel: invocation.debug,
    interactive: person !== null,
    print: (lines) =>
      person === null ? output.result(lines.join("\n")) : person.print(printableLines(lines.join("\n"))),
    warn: (text) => person === null ? output.note(`ngctl: ${text}`) : person.print(`ngctl: ${printableLines(text)}`),
    readFile: (path) => readFile(runtime, path),
    writeFile: (path, text) =>
      runtime.files.write(resolvePath(baseDirectory(runtime.process), path), text, { mode: 0o644 }),
  });
  person?.completes(async (line) => complete(line, await completedWorld(session, runtime)));
  // The end of the engine is reported by the next request, and by awaited answers.
  const following = shell.follow().catch(() => {});
  try {
    return await carryOut(work, shell);
  } finally {
    // If this fails, the session has already ended.
    await session.close().catch(() => {});
    await following;
  }
}

async function completedWorld(session: RemoteSession, runtime: Runtime): Promise<CompletedWorld> {
  const types = await describeTypes(runtime, socketRuntimeName(runtime, null));
  return {
    nodes: await session.nodes(null),
    own: session.node,
    types: types.map(({ name, commands, hooks }) => ({
      name,
      messages: [...Object.keys(commands), ...Object.keys(GENERIC_COMMANDS)],
      hooks: hooks.map(({ pattern }) => pattern).filter((pattern) => /^\w+$/.test(pattern)),
    })),
  };
}

async function carryOut(work: Work, shell: Shell): Promise<ShellResult> {
  switch (work.kind) {
    case "command":
      return await shell.command(work.words);
    case "script":
      return await shell.script(work.text);
    case "terminal":
      return await converse(work.terminal, shell);
  }
}

/** Errors are printed, and the user continues; ^C interrupts a command. */
async function converse(terminal: Terminal, shell: Shell): Promise<ShellResult> {
  shell.greet();
  const left = terminal.interrupted().then(() => "quit" as const);
  for (;;) {
    const line = await terminal.ask(PROMPT);
    if (line === null || await Promise.race([shell.line(line), left]) === "quit") return "quit";
  }
}

function readFile(runtime: Runtime, path: string): Promise<Uint8Array> {
  const { files, process } = runtime;
  const options = { maxBytes: MAX_FILE_BYTES };
  return path === "-" ? files.readStdin(options) : files.read(resolvePath(baseDirectory(process), path), options);
}
