/**
 * Reading the status: all of it or a part, and the nodes without a name.
 *
 * @module
 */

import type { LiveNode } from "../../reconcile/status/live_node.ts";
import { type Selection, selectStatus } from "../../reconcile/status/status_select.ts";
import type { EngineStatus, Status } from "../../reconcile/status/status_types.ts";
import { OPEN_METRICS } from "../../telemetry/openmetrics.ts";
import {
  lines,
  type Nothing,
  type Operation,
  optionalText,
  query,
  repeatedText,
  textual,
  value,
  wholeNumber,
} from "../operation.ts";
import { flag, list, looseRecord, named, text } from "../shape.ts";
import { ENGINE, LIVE_NODE, STATUS as STATUS_SHAPE } from "../status_shape.ts";

/** The part of the engine that reads the status. */
export interface StatusApi {
  /** The status. */
  status(): Promise<Status>;
  /** Connections and copies of a topology, in the order in which they were made. ENOENT for a name that does not run. */
  liveNodes(topology: string): Promise<readonly LiveNode[]>;
  /** The metrics, in the text format of OpenMetrics. */
  metrics(): Promise<string>;
}

/** The request of a wait. */
export interface WaitRequest {
  /** Topologies by name; none means all. */
  readonly names: readonly string[];
  /** The time limit. */
  readonly timeoutMs: number;
}

/** The result of a wait. */
export interface WaitResult {
  /** True when all of them are Ready. */
  readonly ready: boolean;
  /** The topologies that are not Ready and the reasons, one line each. */
  readonly waiting: readonly string[];
}

/**
 * The requested part of the status.
 *
 * @throws NetgraphError ENOENT for what is not there
 */
export async function readStatus(face: StatusApi, selection: Selection): Promise<Status> {
  return selectStatus(await face.status(), selection);
}

/**
 * Connections and copies in the requested part; with a node those that it accepted, or that are its copies.
 *
 * @throws NetgraphError ENOENT for what is not there
 */
export async function* readLiveNodes(face: StatusApi, selection: Selection): AsyncGenerator<LiveNode> {
  // The node is searched among the existing ones: it is not an error if none belongs to it.
  const { topologies } = selectStatus(await face.status(), { ...selection, node: null });
  for (const { name } of topologies) {
    for (const node of await face.liveNodes(name)) if (isAbout(node, selection.node)) yield node;
  }
}

function isAbout({ topology, node, template }: LiveNode, wanted: string | null): boolean {
  if (wanted === null) return true;
  return [node, template].some((name) => name !== null && (name === wanted || `${topology}/${name}` === wanted));
}

const SELECTION = query<Selection>({ names: repeatedText("name"), node: optionalText("node") });
const NO_PARAMETERS = query<Nothing>({});

const LIVEZ: Operation<Nothing, string, "text"> = textual("text/plain", {
  name: "livez",
  method: "GET",
  path: "/livez",
  summary: "200 as long as the engine answers",
  request: NO_PARAMETERS,
});

const READYZ: Operation<Nothing, string, "text"> = textual("text/plain", {
  name: "readyz",
  method: "GET",
  path: "/readyz",
  summary: "200 when everything is Ready, else 503",
  request: NO_PARAMETERS,
});

const METRICS: Operation<Nothing, string, "text"> = textual(OPEN_METRICS, {
  name: "metrics",
  method: "GET",
  path: "/metrics",
  summary: "What runs as numbers",
  request: NO_PARAMETERS,
});

const VERSION: Operation<Nothing, EngineStatus, "value"> = value({
  name: "version",
  method: "GET",
  path: "/v1/version",
  summary: "Who answers",
  request: NO_PARAMETERS,
  response: ENGINE,
});

const STATUS_ROW: Operation<Selection, Status, "value"> = value({
  name: "status",
  method: "GET",
  path: "/v1/status",
  summary: "What runs, or a part of it",
  request: SELECTION,
  response: STATUS_SHAPE,
});

const LIVE_NODES: Operation<Selection, LiveNode, "lines"> = lines({
  name: "liveNodes",
  method: "GET",
  path: "/v1/nodes",
  summary: "Connections and copies",
  request: SELECTION,
  response: LIVE_NODE,
});

const WAIT: Operation<WaitRequest, WaitResult, "value"> = value({
  name: "wait",
  method: "GET",
  path: "/v1/wait",
  summary: "Waits for Ready",
  request: query<WaitRequest>({ names: repeatedText("name"), timeoutMs: wholeNumber("timeoutMs") }),
  response: named(
    "WaitAnswer",
    looseRecord({ ready: flag("All are Ready"), waiting: list(text("What is not Ready and why")) }),
  ),
});

/** The status. */
export const STATUS = {
  livez: LIVEZ,
  readyz: READYZ,
  metrics: METRICS,
  version: VERSION,
  status: STATUS_ROW,
  liveNodes: LIVE_NODES,
  wait: WAIT,
};
