/**
 * `schema`: JSON Schemas, of topology files for editors, of plans for programs.
 *
 * @module
 */

import { planSchema, savedPlanSchema } from "../../../api/plan_shape.ts";
import { describeTypes, socketRuntimeName } from "../../../engine/node_catalog.ts";
import { topologySchema } from "../../../topology/print/schema.ts";
import type { CommandContext } from "../../command.ts";
import { EXIT, type ExitCode } from "../../exit_code.ts";
import type { SchemaInvocation } from "../schema.ts";

/** Prints the schema. */
export async function schema({ of }: SchemaInvocation, { runtime, output }: CommandContext): Promise<ExitCode> {
  switch (of) {
    case "topology":
      output.resultJson(topologySchema(await describeTypes(runtime, socketRuntimeName(runtime, null))));
      return EXIT.done;
    case "plan":
      output.resultJson(planSchema());
      return EXIT.done;
    case "saved-plan":
      output.resultJson(savedPlanSchema());
      return EXIT.done;
  }
}
