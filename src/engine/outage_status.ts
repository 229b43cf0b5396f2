/**
 * The status of topologies while there is no graph: Degraded and Reconciling.
 *
 * @module
 */

import type { Condition, TopologyStatus } from "../reconcile/status/status_types.ts";
import type { Outage } from "./worker/supervised_port.ts";

/** A topology's status during an outage. */
export function duringOutage(status: TopologyStatus, { error, since }: Outage): TopologyStatus {
  const lastTransitionTime = since.toISOString();
  const reason = "GraphLost";
  const said: readonly Condition[] = [
    { type: "Ready", status: "False", reason, message: error.message, lastTransitionTime },
    { type: "Reconciling", status: "True", reason, message: "The graph is restarting", lastTransitionTime },
  ];
  const conditions = status.conditions.map((condition) =>
    said.find(({ type }) => type === condition.type) ?? condition
  );
  return { ...status, health: "Degraded", conditions };
}
