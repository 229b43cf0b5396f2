/**
 * The use of a target by one connection: counted from its begin to its end.
 *
 * @module
 */

import { type ErrorCode, errorText, NetgraphError } from "../../errors.ts";
import type { TargetCounts } from "../../graph/data/target_counts.ts";
import type { Target } from "./target.ts";
import type { TargetFlow } from "./target_spec.ts";

/** One connection's use of a target. */
export class TargetUse {
  readonly target: Target;
  readonly #counts: TargetCounts;
  readonly #flow: TargetFlow | null;

  /** @param flow the connection, where that is a flow of datagrams; null for a stream */
  constructor(target: Target, flow: TargetFlow | null) {
    this.target = target;
    this.#flow = flow;
    this.#counts = target.opened(flow);
  }

  /** The connection has ended. */
  end(): void {
    this.#counts.open--;
    this.target.closed(this.#flow);
  }

  /** It has served its client. */
  closedAfterData(): void {
    if (this.target.mayCloseImmediately) this.target.closedAfterData();
  }

  /** The system has refused datagrams to it. */
  refused({ code, count }: { readonly code: ErrorCode; readonly count: number }): void {
    this.target.failedWith(new NetgraphError(code, errorText(code)), count);
  }

  /** Datagrams to it were not refused. */
  taken(): void {
    if (!this.target.isJudgedByAnswers) this.target.succeeded();
  }
}
