/**
 * Drains topologies or nodes, by one message for each.
 *
 * @module
 */

import { duration } from "../ascii/duration.ts";
import type { DrainOutcome, DrainRequest } from "../api/operations/topology.ts";
import { NetgraphError } from "../errors.ts";
import type { DrainResult } from "../graph/core/drain.ts";
import type { GraphPort } from "../graph/port/port.ts";

/** Drains all targets together: the deadline is the same for all. */
export async function drainTargets(port: GraphPort, request: DrainRequest): Promise<readonly DrainOutcome[]> {
  const { targets, generation, timeoutMs } = request;
  const fields = [
    `timeout=${duration.format(timeoutMs)}`,
    ...(generation === null ? [] : [`generation=${generation}`]),
  ];
  return await Promise.all(targets.map(async (target): Promise<DrainOutcome> => {
    const path = target.includes("/") ? `${target}:` : `${target}/:`;
    const { value } = await port.send(path, "drain", `{ ${fields.join(" ")} }`);
    if (!isResult(value)) throw new NetgraphError("EPROTO", `Cannot read how "${target}" was drained`);
    const { ended, closed, remaining } = value;
    return { target, ended, closed, ...(remaining === undefined ? {} : { remaining }) };
  }));
}

/** The topology of a target. */
export function topologyOf(target: string): string {
  const slash = target.indexOf("/");
  return slash < 0 ? target : target.slice(0, slash);
}

function isResult(value: unknown): value is DrainResult {
  return typeof value === "object" && value !== null && "ended" in value && "closed" in value;
}
