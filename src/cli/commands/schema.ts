/**
 * `schema`: the JSON Schema of topology files, for editors.
 *
 * @module
 */

import { describeTypes, socketRuntimeName } from "../../engine/types.ts";
import { topologySchema } from "../../topology/schema.ts";
import type { CommandContext } from "../command.ts";
import { EXIT, type ExitCode } from "../exit_code.ts";
import type { SchemaInvocation } from "../invocation.ts";

/** Prints the schema. */
export async function schema(_invocation: SchemaInvocation, { runtime, output }: CommandContext): Promise<ExitCode> {
  output.resultJson(topologySchema(await describeTypes(runtime, socketRuntimeName(runtime, null))));
  return EXIT.done;
}
