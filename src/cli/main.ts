/**
 * The program: arguments in, an exit code out. The only place that ends the process.
 *
 * @module
 */

import { NetgraphError } from "../errors.ts";
import { detectRuntime } from "../runtimes/detect.ts";
import type { Runtime } from "../runtimes/runtime.ts";
import { parseArgs } from "./args.ts";
import { type CommandContext, CommandFailure } from "./command.ts";
import { EXIT, type ExitCode } from "./exit_code.ts";
import type { Invocation } from "./invocation.ts";
import { Output } from "./output.ts";

/** Columns of help where there is no terminal to ask. */
const HELP_COLUMNS = 80;

const runtime = await detectRuntime();
runtime.process.exit(await main(runtime));

async function main(runtime: Runtime): Promise<ExitCode> {
  const columns = Math.min(runtime.process.columns("stdout") ?? HELP_COLUMNS, 100);
  const parsed = parseArgs(runtime.process.args, { columns, runtimes: runtime.socketRuntimes });
  const output = new Output(runtime.process, { color: parsed.kind === "run" ? parsed.color : true });
  switch (parsed.kind) {
    case "help":
      output.result(parsed.text);
      return EXIT.done;
    case "usage":
      output.error(parsed.text);
      if (parsed.verb !== null) output.note(`"sockgraph ${parsed.verb} --help" tells more`);
      return EXIT.usage;
    case "run":
      return await guarded(parsed.invocation, { runtime, output });
  }
}

/** Runs a verb and turns what it throws into words and a code. */
async function guarded(invocation: Invocation, context: CommandContext): Promise<ExitCode> {
  const { runtime, output } = context;
  try {
    return await run(invocation, context);
  } catch (error) {
    if ((runtime.process.env("SOCKGRAPH_DEBUG") ?? "") !== "" && error instanceof Error) output.note(error.stack ?? "");
    if (error instanceof CommandFailure) {
      output.error(error.message);
      return error.exitCode;
    }
    if (error instanceof NetgraphError) {
      output.error(error.message);
      if (error.code !== "ENOTCAPABLE") return EXIT.failed;
      output.note(`The permission is in the task: run "${taskOf(runtime, invocation)}" in the checkout`);
      return EXIT.permission;
    }
    output.error(
      `${error instanceof Error ? error.message : String(error)} (this is a bug in sockgraph; ` +
        "SOCKGRAPH_DEBUG=1 shows where)",
    );
    return EXIT.failed;
  }
}

function taskOf(runtime: Runtime, { verb }: Invocation): string {
  return `${runtime.host.name} run ${verb}`;
}

/** Loads the verb's code when it is called: no other verb's libraries are paid for. */
async function run(invocation: Invocation, context: CommandContext): Promise<ExitCode> {
  switch (invocation.verb) {
    case "apply":
      return await (await import("./commands/apply.ts")).apply(invocation, context);
    case "plan":
      return await (await import("./commands/plan.ts")).plan(invocation, context);
    case "validate":
      return await (await import("./commands/validate.ts")).validate(invocation, context);
    case "status":
      return await (await import("./commands/status.ts")).status(invocation, context);
    case "wait":
      return await (await import("./commands/wait.ts")).wait(invocation, context);
    case "down":
      return await (await import("./commands/down.ts")).down(invocation, context);
    case "msg":
      return await (await import("./commands/msg.ts")).msg(invocation, context);
    case "export":
      return await (await import("./commands/export.ts")).exportTopology(invocation, context);
    case "types":
      return await (await import("./commands/types.ts")).types(invocation, context);
    case "schema":
      return await (await import("./commands/schema.ts")).schema(invocation, context);
    case "version":
      return await (await import("./commands/version.ts")).version(invocation, context);
  }
}
