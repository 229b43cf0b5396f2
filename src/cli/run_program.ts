/**
 * The program as a function: arguments in, an exit code out.
 *
 * @module
 */

import { sleep } from "../clock.ts";
import { NetgraphError } from "../errors.ts";
import type { Runtime } from "../runtimes/runtime.ts";
import { systemError } from "../runtimes/system_error.ts";
import { commandNaming } from "./command_name.ts";
import { parseArgs, type Parsed } from "./args.ts";
import { ShutdownSignal } from "./verbs/apply/shutdown_signal.ts";
import { clientTransport } from "./client_transport.ts";
import { COMMAND_VARIABLE } from "./defaults.ts";
import { type CommandContext, CommandFailure } from "./command.ts";
import { EXIT, type ExitCode } from "./exit_code.ts";
import { Output } from "./output.ts";
import type { Invocation, Verb } from "./verb.ts";

/** Verbs whose own task may lack permissions that they need: a source may be on the web. */
const NARROW: readonly string[] = ["validate"];
/** Columns of help without a terminal. */
const HELP_COLUMNS = 80;
/** Wider lines are hard to read. */
const MAX_HELP_COLUMNS = 100;

/** The time limit for an interrupted verb to release its resources. */
const LEAVE_WITHIN_MS = 200;

/** The name for calls of the shells; it is not a verb, because users do not type it. */
const COMPLETE = "__complete";

/** Runs the verb that the arguments name, and returns the exit code. */
export async function runProgram(runtime: Runtime): Promise<ExitCode> {
  const { process } = runtime;
  const env = (name: string) => process.env(name);
  let output = new Output(process, { color: true, withCommand: commandNaming(env) });
  let verb: string | null = null;
  try {
    const columns = Math.min(process.columns("stdout") ?? HELP_COLUMNS, MAX_HELP_COLUMNS);
    using stop = new ShutdownSignal(process, runtime.clock);
    if (process.args[0] === COMPLETE) return await completeWords(process.args.slice(1), { runtime, output, stop });
    const parsed = parseArgs(process.args, { columns, runtimes: runtime.socketRuntimes });
    if (parsed.kind !== "run") return await explain(parsed, { runtime, output });
    const { control } = parsed.invocation;
    const withCommand = commandNaming(env, typeof control === "string" ? control : null);
    output = new Output(process, { color: parsed.color, withCommand });
    verb = parsed.verb.name;
    return await runUntilLeft(parsed, { runtime, output, stop });
  } catch (error) {
    if ((process.env("SOCKGRAPH_DEBUG") ?? "") !== "" && error instanceof Error) output.note(error.stack ?? "");
    return complain(error, output, permissionAdvice(verb, runtime));
  }
}

/** Runs a verb until a signal ends it: the verb is interrupted in any wait, and an engine continues without it. */
async function runUntilLeft(
  { verb, invocation }: { readonly verb: Verb; readonly invocation: Invocation },
  { runtime, output, stop }: CommandContext,
): Promise<ExitCode> {
  let asked = false;
  const control = clientTransport(runtime, {
    signal: stop.exiting,
    asked: (there) => {
      asked = there;
    },
  });
  const left = Promise.withResolvers<null>();
  stop.exiting.addEventListener("abort", () => left.resolve(null), { once: true });
  const work = verb.run(invocation, { runtime: { ...runtime, control }, output, stop });
  work.catch(() => {}); // Thrown by the race, unless it is left.
  const code = await Promise.race([work, left.promise]).catch((error: unknown) => {
    if (stop.code === null) throw error;
    return null; // Its reason is that it is left.
  });
  if (stop.code === null) return code ?? EXIT.failed;
  // So that it restores the terminal.
  await Promise.race([work.catch(() => {}), sleep(runtime.clock, LEAVE_WITHIN_MS)]);
  if (asked && verb.readOnly !== true) output.note('The engine keeps running: "sockgraph status" shows the result');
  return stop.code;
}

async function explain(
  parsed: Exclude<Parsed, { kind: "run" }>,
  { runtime, output }: Pick<CommandContext, "runtime" | "output">,
): Promise<ExitCode> {
  if (parsed.kind === "help") {
    output.prose(parsed.text);
    return EXIT.done;
  }
  if (parsed.verb === "ngctl" && runtime.process.args.includes("--strict")) {
    output.note((await import("./verbs/ngctl/commands.ts")).STRICT_USAGE);
    return EXIT.usage;
  }
  output.error(parsed.text);
  if (parsed.verb !== null) output.note(`"sockgraph ${parsed.verb} --help" prints details`);
  return EXIT.usage;
}

async function completeWords(words: readonly string[], context: CommandContext): Promise<ExitCode> {
  return await (await import("./verbs/completions/complete.ts")).complete(words, context);
}

/** The command with the permission that this call lacks. */
function permissionAdvice(verb: string | null, { host, process }: Runtime): string {
  const own = verb ?? "COMMAND";
  const narrow = verb !== null && NARROW.includes(verb);
  const byTask = (process.env(COMMAND_VARIABLE) ?? "") !== "";
  if (!byTask) {
    return `The task has the permission: "${host.name} run ${narrow ? `sockgraph ${own}` : own}" in the checkout`;
  }
  if (narrow) return `"sockgraph ${own}" has the permission`;
  // This call has what the task of its verb has.
  return `"deno run -A src/cli/main.ts ${own}" in the checkout has all permissions`;
}

/** Turns what a verb throws into words and a code. */
function complain(error: unknown, output: Output, advice: string): ExitCode {
  if (error instanceof CommandFailure) {
    output.error(error.message);
    return error.exitCode;
  }
  if (isPermission(error)) {
    const { message } = systemError(error, "Cannot continue");
    output.error(message);
    // Some messages name a command that has it.
    if (!message.includes("deno run")) output.note(advice);
    return EXIT.permission;
  }
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof NetgraphError) {
    output.error(message);
    return EXIT.failed;
  }
  output.error(`${message} (this is a bug in sockgraph; SOCKGRAPH_DEBUG=1 shows where)`);
  return EXIT.failed;
}

/** Deno's own error appears if a library or an API of Deno accessed something itself. */
function isPermission(error: unknown): boolean {
  if (error instanceof NetgraphError) return error.code === "ENOTCAPABLE";
  return error instanceof Error && error.name === "NotCapable";
}
