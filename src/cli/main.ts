/**
 * The program: arguments in, an exit code out. The only place that ends the process.
 *
 * @module
 */

import { sleep } from "../clock.ts";
import { NetgraphError } from "../errors.ts";
import { detectRuntime } from "../runtimes/detect.ts";
import type { Runtime } from "../runtimes/runtime.ts";
import { systemError } from "../runtimes/system_error.ts";
import { parseArgs, type Parsed } from "./args.ts";
import { StopWish } from "./verbs/apply/stop.ts";
import { clientTransport } from "./client_transport.ts";
import { COMMAND_VARIABLE } from "./defaults.ts";
import { type CommandContext, CommandFailure } from "./command.ts";
import { startEarly } from "./early_thread.ts";
import { EXIT, type ExitCode } from "./exit_code.ts";
import type { Invocation, Verb } from "./invocation.ts";
import { Output } from "./output.ts";

/** Verbs whose own task has less than they may come to need: a source may be on the web. */
const NARROW: readonly Verb[] = ["validate"];
/** Columns of help where there is no terminal to ask. */
const HELP_COLUMNS = 80;
/** Wider lines are hard to read. */
const MAX_HELP_COLUMNS = 100;

/** How long a verb that is left may take to give back what it has. */
const LEAVE_WITHIN_MS = 200;

/** How the shells call; what they ask is no verb, as nobody types it. */
const COMPLETE = "__complete";

const runtime = await detectRuntime();
runtime.process.exit(await main(runtime));

async function main(runtime: Runtime): Promise<ExitCode> {
  const { process } = runtime;
  let output = new Output(process, { color: true });
  let verb: Verb | null = null;
  try {
    const columns = Math.min(process.columns("stdout") ?? HELP_COLUMNS, MAX_HELP_COLUMNS);
    using stop = new StopWish(process, runtime.clock);
    if (process.args[0] === COMPLETE) return await completeWords(process.args.slice(1), { runtime, output, stop });
    const parsed = parseArgs(process.args, { columns, runtimes: runtime.socketRuntimes });
    if (parsed.kind !== "run") return await explain(parsed, { runtime, output });
    const { invocation } = parsed;
    output = new Output(process, {
      color: parsed.color,
      control: "control" in invocation ? invocation.control : null,
    });
    verb = invocation.verb;
    return await runUntilLeft(invocation, { runtime, output, stop });
  } catch (error) {
    if ((process.env("SOCKGRAPH_DEBUG") ?? "") !== "" && error instanceof Error) output.note(error.stack ?? "");
    return complain(error, output, permissionAdvice(verb, runtime));
  }
}

/** Runs a verb, unless a signal ends it: whatever it waits for, it is left, and an engine continues without it. */
async function runUntilLeft(invocation: Invocation, { runtime, output, stop }: CommandContext): Promise<ExitCode> {
  let asked = false;
  const control = clientTransport(runtime, {
    signal: stop.leaving,
    asked: (there) => {
      asked = there;
    },
  });
  const left = Promise.withResolvers<null>();
  stop.leaving.addEventListener("abort", () => left.resolve(null), { once: true });
  const work = run(invocation, { runtime: { ...runtime, control }, output, stop });
  work.catch(() => {}); // Thrown by the race, unless it is left.
  const code = await Promise.race([work, left.promise]).catch((error: unknown) => {
    if (stop.code === null) throw error;
    return null; // Its reason is that it is left.
  });
  if (stop.code === null) return code ?? EXIT.failed;
  // So that what it has of the terminal is given back.
  await Promise.race([work.catch(() => {}), sleep(runtime.clock, LEAVE_WITHIN_MS)]);
  if (asked) output.note('The engine continues; see: "sockgraph status"');
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
  if (parsed.verb !== null) output.note(`"sockgraph ${parsed.verb} --help" tells more`);
  return EXIT.usage;
}

async function completeWords(words: readonly string[], context: CommandContext): Promise<ExitCode> {
  return await (await import("./verbs/completions/complete.ts")).complete(words, context);
}

/** Which command has a permission that this call lacks. */
function permissionAdvice(verb: Verb | null, { host, process }: Runtime): string {
  const own = verb ?? "VERB";
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

/** Deno's own error comes through where a library or an API of Deno looked at something by itself. */
function isPermission(error: unknown): boolean {
  if (error instanceof NetgraphError) return error.code === "ENOTCAPABLE";
  return error instanceof Error && error.name === "NotCapable";
}

/** Loads the verb's code when it is called: no other verb's libraries are paid for. */
async function run(invocation: Invocation, context: CommandContext): Promise<ExitCode> {
  switch (invocation.verb) {
    case "apply": {
      using early = await startEarly(invocation, context.runtime);
      return await (await import("./verbs/apply.ts")).apply(invocation, { ...context, early });
    }
    case "plan":
      return await (await import("./verbs/plan.ts")).plan(invocation, context);
    case "validate":
      return await (await import("./verbs/validate.ts")).validate(invocation, context);
    case "status":
      return await (await import("./verbs/status.ts")).status(invocation, context);
    case "wait":
      return await (await import("./verbs/wait.ts")).wait(invocation, context);
    case "down":
      return await (await import("./verbs/down.ts")).down(invocation, context);
    case "confirm":
      return await (await import("./verbs/confirm.ts")).confirm(invocation, context);
    case "drain":
      return await (await import("./verbs/drain.ts")).drain(invocation, context);
    case "history":
      return await (await import("./verbs/history.ts")).history(invocation, context);
    case "rollback":
      return await (await import("./verbs/rollback.ts")).rollback(invocation, context);
    case "reconcile":
      return await (await import("./verbs/reconcile.ts")).reconcile(invocation, context);
    case "adopt":
      return await (await import("./verbs/adopt.ts")).adopt(invocation, context);
    case "suspend":
      return await (await import("./verbs/suspend.ts")).suspend(invocation, context);
    case "resume":
      return await (await import("./verbs/resume.ts")).resume(invocation, context);
    case "events":
      return await (await import("./verbs/events.ts")).events(invocation, context);
    case "msg":
      return await (await import("./verbs/msg.ts")).msg(invocation, context);
    case "ngctl":
      return await (await import("./verbs/ngctl.ts")).ngctl(invocation, context);
    case "export":
      return await (await import("./verbs/export.ts")).exportTopology(invocation, context);
    case "import":
      return await (await import("./verbs/import.ts")).importFile(invocation, context);
    case "types":
      return await (await import("./verbs/types.ts")).types(invocation, context);
    case "schema":
      return await (await import("./verbs/schema.ts")).schema(invocation, context);
    case "doctor":
      return await (await import("./verbs/doctor.ts")).doctor(invocation, context);
    case "init":
      return await (await import("./verbs/init.ts")).init(invocation, context);
    case "permissions":
      return await (await import("./verbs/permissions.ts")).permissions(invocation, context);
    case "graph":
      return await (await import("./verbs/graph.ts")).graph(invocation, context);
    case "completions":
      return (await import("./verbs/completions.ts")).completions(invocation, context);
    case "version":
      return await (await import("./verbs/version.ts")).version(invocation, context);
  }
}
