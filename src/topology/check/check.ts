/**
 * Rules between the parts of a topology, beyond each part's own form.
 *
 * @module
 */

import { checkClaims } from "./check_claims.ts";
import { checkFlow } from "./check_flow.ts";
import { checkHooks } from "./check_hooks.ts";
import { checkJoined } from "./check_joined.ts";
import { checkNodes } from "./check_nodes.ts";
import { checkReferences } from "./check_references.ts";
import { checkTemplates } from "./check_templates.ts";
import type { DiagnosticCollector } from "../parse/diagnostic.ts";
import type { ResolvedTopology } from "../resolve/resolved.ts";

/** Checks a whole topology; reports all problems. */
export function checkTopology(topology: ResolvedTopology, collector: DiagnosticCollector): void {
  const graphs = [topology.graph, ...topology.templates.values()];
  const flagged = checkTemplates(topology, collector);
  for (const graph of graphs) {
    checkHooks(graph, collector);
    checkReferences(graph, { topology, collector });
    checkNodes(graph, { collector, flagged });
    checkFlow(graph, collector);
  }
  checkClaims(topology.graph, collector);
  checkJoined(topology, collector);
}
