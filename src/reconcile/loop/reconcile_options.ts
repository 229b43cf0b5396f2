/**
 * The dependencies of a reconciler, and the options of an apply.
 *
 * @module
 */

import type { Clock } from "../../clock.ts";
import type { GraphPort } from "../../graph/port/port.ts";
import type { ChangeEvent } from "../apply/change_event.ts";
import type { TypeTable } from "../diff/facts.ts";
import type { Plan } from "../plan/plan.ts";
import type { PlanPrecondition } from "../plan/plan_precondition.ts";
import type { OwnAddress } from "../status/lost_address.ts";
import type { AppliedSource } from "../status/status_types.ts";
import type { ReconcileEvent } from "./event.ts";

/** The dependencies of a reconciler. */
export interface ReconcilerOptions {
  readonly port: GraphPort;
  readonly types: TypeTable;
  readonly clock: Clock;
  /** A number from 0 up to 1, for jitter. */
  readonly random: () => number;
  readonly onEvent?: (event: ReconcileEvent) => void;
  /** Called when a topology fares differently without an event of its graph. */
  readonly onChanged?: () => void;
  /** Returns which addresses belong to this machine; by default, addresses are not checked. */
  readonly ownAddress?: OwnAddress;
  /**
   * Lets the rest of this thread run for a turn; called between the parts of long work. Without it a topology of
   * thousands of nodes blocks the data plane.
   */
  readonly yieldToLoop?: () => Promise<void>;
}

/** The options of applying a topology. */
export interface ReconcileOptions {
  /** True to apply the same generation again after nothing of it runs any more. */
  readonly again?: boolean;
  /** The precondition of the plan, which must still be true. */
  readonly base?: PlanPrecondition | undefined;
  /**
   * The time limit for the confirmation of the change, which is otherwise rolled back. Absent: it needs no
   * confirmation.
   */
  readonly confirmMs?: number | undefined;
  /**
   * The effect on an earlier unconfirmed change: it prevents this one (the default), it stays unconfirmed, or it is
   * confirmed.
   */
  readonly unconfirmed?: "refuse" | "keep" | "clear";
  /** True if manual changes are reverted immediately from now on. Absent: unchanged. */
  readonly selfHeal?: boolean | undefined;
  /** The time limit for changes before it; absent: no limit. */
  readonly queueMs?: number | undefined;
  /** The source; the library by default. */
  readonly source?: AppliedSource;
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: ((event: ChangeEvent) => void) | undefined;
  /** Receives the plan, and is awaited: printing a long plan takes time. */
  readonly onPlanned?: ((plan: Plan) => Promise<void>) | undefined;
  /** Nodes that to recreate although they are unchanged. */
  readonly replace?: readonly string[];
  /** False to keep the state after a failed step. */
  readonly rollback?: boolean;
}
