/**
 * The engine as services see it: what its library offers.
 *
 * @module
 */

import type { ApplyEvent, ApplyOutcome } from "./apply_event.ts";
import type { ApplyRequest, PlanRequest, PlanResult } from "./operations/apply.ts";
import type { ConnectionEventApi } from "./operations/connection_events.ts";
import type { EventApi } from "./operations/events.ts";
import type { MsgRequest, MsgResult } from "./operations/nodes.ts";
import type { SourceApi } from "./operations/source.ts";
import type { TapApi } from "./operations/tap.ts";
import type { StatusApi, WaitRequest, WaitResult } from "./operations/status.ts";
import type { DownRequest, DownResult, DrainApi, TopologyApi } from "./operations/topology.ts";

/** The engine as its clients see it, in the same process or over the control socket. */
export interface EngineApi extends StatusApi, TopologyApi, SourceApi, EventApi, ConnectionEventApi, TapApi, DrainApi {
  /** The effects of `apply`; changes nothing. */
  plan(request: PlanRequest): Promise<readonly PlanResult[]>;
  /**
   * Applies topologies, each as its own transaction, and waits until they are Ready or the time expires.
   *
   * @param emit is called for every event of the change
   */
  apply(request: ApplyRequest, emit: (event: ApplyEvent) => void): Promise<readonly ApplyOutcome[]>;
  /** Stops topologies. ENOENT for a name that does not run. */
  down(request: DownRequest): Promise<DownResult>;
  /** Sends one control message; throws what the node answers. */
  msg(request: MsgRequest): Promise<MsgResult>;
  /** The running topologies as YAML that `apply` accepts. ENOENT for an unknown name. */
  export(name: string | null): Promise<string>;
  /** Waits until the named topologies (all, if none is named) are Ready, cannot become so, or the time expires. */
  wait(request: WaitRequest, options?: { signal?: AbortSignal }): Promise<WaitResult>;
}
