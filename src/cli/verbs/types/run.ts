/**
 * `types`: the node types, or one of them in full.
 *
 * @module
 */

import { nearHint } from "../../../ascii/near.ts";
import { describeTypes, socketRuntimeName } from "../../../engine/node_catalog.ts";
import { type CommandContext, CommandFailure } from "../../command.ts";
import { EXIT, type ExitCode } from "../../exit_code.ts";
import type { TypesInvocation } from "../types.ts";
import { typeLines, typeListLines } from "./types_view.ts";

/** Prints the node types. */
export async function types({ name }: TypesInvocation, { runtime, output }: CommandContext): Promise<ExitCode> {
  const all = await describeTypes(runtime, socketRuntimeName(runtime, null));
  const style = { width: output.columns, paint: output.paint.bind(output) };
  if (name === null) {
    const list = { ...style, width: output.tableColumns };
    output.result(typeListLines(all.filter((type) => type.creatable), list).join("\n"));
    return EXIT.done;
  }
  const type = all.find((one) => one.name === name);
  if (type === undefined) {
    const names = all.map((one) => one.name);
    throw new CommandFailure(
      EXIT.usage,
      `Unknown node type "${name}": ${nearHint(name, names) ?? '"sockgraph types" lists the types'}`,
    );
  }
  output.result(typeLines(type, style).join("\n"));
  return EXIT.done;
}
