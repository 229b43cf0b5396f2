/**
 * `apply`: uses the running engine if there is one; otherwise this process becomes the engine, in the foreground.
 *
 * @module
 */

import { choiceOption, durationOption, flag, offFlag, textOption, textOptions } from "../args/options.ts";
import {
  accessLog,
  type Choices,
  control,
  drainFor,
  format,
  guards,
  http,
  nullable,
  parameters,
  replace,
  repository,
  runtime,
  sources,
  threads,
  waitForReady,
} from "../args/parts.ts";
import type { LogFormat } from "../../telemetry/log.ts";
import { startEarly } from "../early_thread.ts";
import { ENGINE, type Given, type Verb, verb } from "../verb.ts";

const options = (choices: Choices) => ({
  sources: sources(),
  ...parameters(),
  state: nullable(
    textOption("--state", {
      metavar: "DIR",
      hint: "folders",
      description:
        "Save the last good generation of each topology in this folder. A later start uses it if the source cannot be used",
    }),
    "no saved state",
  ),
  accessLog: accessLog("Write a line here for each connection that ends; - is standard output"),
  accessLogFormat: nullable<LogFormat>(
    choiceOption("--access-log-format", {
      words: ["text", "json"],
      metavar: "FORMAT",
      description: "The format of its lines: text or json",
    }),
    "text",
  ),
  http: http("Serve /metrics, /livez, /readyz and the live page at this address, such as 127.0.0.1:9107"),
  httpAllowRemote: flag("--http-allow-remote", "Allow an address of --http that other machines can reach"),
  allowExec: textOptions("--allow-exec", {
    metavar: "PATH",
    hint: "files",
    description: "Allow sources that are followed, or read from the network, to start this program; may be repeated",
  }),
  ...repository(),
  watch: flag("--watch", "Follow the sources: apply their changes as they are made"),
  detach: flag("--detach", "Start the engine in the background, and return when it is Ready"),
  waitMs: waitForReady(),
  confirmMs: nullable(
    durationOption("--confirm", "Roll back unless confirm is called within this time"),
    "no automatic rollback",
  ),
  selfHeal: flag("--self-heal", "Revert manual changes automatically"),
  dryRun: flag("--dry-run", "Only show the plan"),
  replace: replace(),
  ...guards(),
  rollback: offFlag("--no-rollback", "Do not roll back when a step fails"),
  drainMs: drainFor("When the engine stops, wait for connections to end"),
  format: format(["text", "json"]),
  runtime: runtime(choices),
  threads: threads(),
  control: control(),
});

/** `apply SOURCE…` */
export type ApplyInvocation = Given<"apply", typeof options>;

/** The verb `apply`. */
export const APPLY: Verb = verb({
  name: "apply",
  summary: "Apply topologies and keep them applied",
  usage: "[OPTION…] [SOURCE…]",
  description: "Apply topologies and keep them applied. If an engine runs, it applies them; otherwise this process " +
    "becomes the engine, in the foreground, until it is stopped.",
  examples: [
    ["sockgraph apply topologies/echo.yaml", "run an echo server; apply again to change it"],
    ["sockgraph apply topologies/", "all files of a folder"],
    ["sockgraph apply --detach topologies/", "run the engine in the background"],
    ["sockgraph apply --watch topologies/", "apply changes of the folder as they are made"],
    ["sockgraph apply --git file:///srv/net.git --path net", "a branch of a repository"],
    ["PORT=9000 sockgraph apply topologies/echo.yaml", "set a variable that the topology reads"],
  ],
  meaning:
    "apply topologies from files, folders or `-`; become the engine if none runs (`--detach`: in the background). `--watch`, `--dry-run`, `--wait 10s`, `--no-rollback`, `--replace NODE`",
  synonyms: ["start", "up", "run", "create", "serve", "restart"],
  permissions: ENGINE,
  v8Flags: "--max-semi-space-size=4,--heap-growing-percent=25",
  tasks: [
    {
      name: "apply-posix",
      description: "As apply, with the sockets of the system by FFI: faster, with all options, without Deno's sandbox",
      permissions: { ...ENGINE, ffi: true },
      args: "--runtime posix",
      v8Flags: "--max-semi-space-size=4,--heap-growing-percent=25",
    },
    {
      name: "apply-detach",
      description: "As apply, with the engine in the background; it may run deno with any permissions",
      permissions: { ...ENGINE, run: ["git", "deno"] },
      args: "--detach",
    },
  ],
  options,
  async run(invocation, context) {
    using early = await startEarly(invocation, context.runtime);
    return await (await import("./apply/run.ts")).apply(invocation, { ...context, early });
  },
});
