/**
 * What a reconciler works with, and how a topology is applied.
 *
 * @module
 */

import type { Clock } from "../../clock.ts";
import type { GraphPort } from "../../graph/port/port.ts";
import type { ApplyEvent } from "../apply/apply.ts";
import type { TypeTable } from "../diff/facts.ts";
import type { Plan } from "../plan/plan.ts";
import type { PlanPrecondition } from "../plan/plan_precondition.ts";
import type { OwnAddress } from "../status/lost_address.ts";
import type { AppliedSource } from "../status/status_types.ts";
import type { ReconcileEvent } from "./event.ts";

/** What a reconciler works with. */
export interface ReconcilerOptions {
  readonly port: GraphPort;
  readonly types: TypeTable;
  readonly clock: Clock;
  /** A number from 0 up to 1, for jitter. */
  readonly random: () => number;
  readonly onEvent?: (event: ReconcileEvent) => void;
  /** Says which addresses are this machine's; without it, no address is looked at. */
  readonly ownAddress?: OwnAddress;
  /**
   * Lets everything else in this thread go on for a turn; called between the parts of long work. Without it a topology
   * of thousands of nodes keeps the data plane waiting.
   */
  readonly yieldToLoop?: () => Promise<void>;
}

/** How a topology is applied. */
export interface ReconcileOptions {
  /** True to make the same generation once more, of which nothing runs any more. */
  readonly again?: boolean;
  /** What must run for it to be done at all: what its plan was made against. */
  readonly base?: PlanPrecondition | undefined;
  /** How long it may take to confirm the change, which is undone else. Absent: it needs no confirmation. */
  readonly confirmMs?: number | undefined;
  /**
   * What becomes of an earlier change that awaits its confirmation: it is in the way (as without this), it awaits it
   * further, or it need not any more.
   */
  readonly unconfirmed?: "refuse" | "keep" | "clear";
  /** Whether what hands change is taken back at once from now on. Absent: as before. */
  readonly selfHeal?: boolean | undefined;
  /** How long to wait for its turn behind other changes; absent: as long as they take. */
  readonly queueMs?: number | undefined;
  /** Where it comes from; the library, when nobody says. */
  readonly source?: AppliedSource;
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: ((event: ApplyEvent) => void) | undefined;
  /** Is told what is going to happen, and waited for: to tell of a long plan takes its time. */
  readonly onPlanned?: ((plan: Plan) => Promise<void>) | undefined;
  /** Nodes that shall be made anew though nothing about them changed. */
  readonly replace?: readonly string[];
  /** False to leave what a failing step left. */
  readonly rollback?: boolean;
}
