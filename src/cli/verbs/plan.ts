/**
 * `plan`: what `apply` would do.
 *
 * @module
 */

import { flag, textOption } from "../args/options.ts";
import {
  type Choices,
  control,
  format,
  guards,
  nullable,
  parameters,
  replace,
  runtime,
  sources,
} from "../args/parts.ts";
import { ENGINE, type Given, type Verb, verb } from "../verb.ts";

const options = (choices: Choices) => ({
  sources: sources(),
  ...parameters(),
  out: nullable(
    textOption("--out", {
      metavar: "FILE",
      hint: "files",
      description: "Save the plan, so that apply can apply exactly this plan",
    }),
    "the plan is not saved",
  ),
  detailedExitCode: flag("--detailed-exitcode", "Exit with 2 if there are changes"),
  all: flag("--all", "Print all steps, including those of nodes that each expands"),
  replace: replace(),
  ...guards(),
  format: format(["text", "json"]),
  runtime: runtime(choices),
  control: control(),
});

/** `plan SOURCE…` */
export type PlanInvocation = Given<"plan", typeof options> & {
  /** True for `apply --dry-run --confirm`. */
  readonly confirms?: boolean;
};

/** The verb `plan`. */
export const PLAN: Verb = verb({
  name: "plan",
  summary: "Show what apply would do",
  usage: "[OPTION…] SOURCE…",
  description:
    "Show the control messages that apply would send. Changes nothing. A saved plan can be applied like a source, " +
    "as long as the observed state has not changed since it was made.",
  examples: [
    ["sockgraph plan topologies/echo.yaml", "show the changes"],
    ["sockgraph plan --out next.json topologies/chat.yaml", "review first, then: sockgraph apply next.json"],
  ],
  meaning:
    "show what `apply` would do; `--out FILE` saves the plan for `apply FILE`, see [docs/plans.md](docs/plans.md); `--detailed-exitcode` exits with 2 when there are changes",
  synonyms: ["diff"],
  permissions: ENGINE,
  readOnly: true,
  options,
  run: async (invocation, context) => await (await import("./plan/run.ts")).plan(invocation, context),
});
