/**
 * Ends of the graph that a runtime does not have: the finding that names the runtimes with support.
 *
 * @module
 */

import type { Finding } from "../graph/core/node_type.ts";
import { type Capabilities, type EndKind, ENDS_BY_RUNTIME, RUNTIME_NAMES } from "../socket/capability.ts";

/** The finding for a node of this type; null if the runtime supports it. */
export function lackOfEnd(kind: EndKind, { runtime }: Capabilities): Finding | null {
  if (ENDS_BY_RUNTIME[runtime][kind] !== "no") return null;
  const able = RUNTIME_NAMES.filter((name) => name !== "memory" && ENDS_BY_RUNTIME[name][kind] !== "no");
  return {
    severity: "error",
    code: "unsupported-node",
    message: `Runtime "${runtime}" has no nodes of type "${kind}"`,
    messageIndex: null,
    hint: able.length === 0 ? null : `use --runtime ${able.join(" or ")}`,
  };
}
