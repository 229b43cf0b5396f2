/**
 * What the command line asks for, typed: one shape for each verb.
 *
 * @module
 */

import type { Runtime } from "../runtimes/runtime.ts";
import type { OwnershipPolicy } from "../sources/ownership.ts";

/** A socket runtime by name. */
export type RuntimeName = Runtime["socketRuntimes"][number];

/** What every verb that talks to an engine takes. */
interface Controlled {
  /** `--control`; null: where it is found by itself. */
  readonly control: string | null;
}

/** What every verb that reads sources takes. */
interface Sourced {
  /** As written; may be empty. */
  readonly sources: readonly string[];
  readonly runtime: RuntimeName | null;
}

/** `apply SOURCE…` */
export interface ApplyInvocation extends Controlled, Sourced, OwnershipPolicy {
  readonly verb: "apply";
  /** The engine follows the sources. */
  readonly watch: boolean;
  /** How many threads serve connections; null: nobody said. */
  readonly threads: number | null;
  /** An engine that is started is in the background. */
  readonly detach: boolean;
  /** The repository that the engine follows; null: none. */
  readonly git: string | null;
  /** Its branch; null: nobody said. */
  readonly ref: string | null;
  /** The file or folder in it; null: nobody said. */
  readonly path: string | null;
  /** How often to look there; null: nobody said. */
  readonly intervalMs: number | null;
  /** Where the engine keeps last good generations; null: nowhere. */
  readonly state: string | null;
  /** How long to wait for Ready. */
  readonly waitMs: number;
  /** How long confirming may take; null: it needs not be confirmed. */
  readonly confirmMs: number | null;
  /** Whether what hands change is taken back at once. */
  readonly selfHeal: boolean;
  readonly dryRun: boolean;
  /** Nodes that are made anew though nothing says so: `web/front` or `front`. */
  readonly replace: readonly string[];
  readonly rollback: boolean;
  /** How long open connections may last when the engine ends; 0: not at all. */
  readonly drainMs: number;
  readonly format: "text" | "json";
}

/** `plan SOURCE…` */
export interface PlanInvocation extends Controlled, Sourced, OwnershipPolicy {
  readonly verb: "plan";
  /** `--out`: where the plan is saved; null: nowhere. */
  readonly out: string | null;
  readonly detailedExitCode: boolean;
  readonly replace: readonly string[];
  readonly format: "text" | "json";
  /** True for `apply --dry-run --confirm`. */
  readonly confirms?: boolean;
}

/** `validate SOURCE…` */
export interface ValidateInvocation extends Sourced {
  readonly verb: "validate";
  readonly format: "text" | "json";
}

/** `status [NAME…]` */
export interface StatusInvocation extends Controlled {
  readonly verb: "status";
  readonly names: readonly string[];
  /** True to go on showing it. */
  readonly watch: boolean;
  /** A node: `front`, `web/front`, `session/upstream`; null: all of them. */
  readonly node: string | null;
  /** True for connections and copies one by one. */
  readonly all: boolean;
  readonly format: "table" | "tree" | "json" | "yaml";
}

/** `wait [NAME…]` */
export interface WaitInvocation extends Controlled {
  readonly verb: "wait";
  readonly names: readonly string[];
  readonly condition: "Ready";
  readonly timeoutMs: number;
}

/** `down [NAME…]` */
export interface DownInvocation extends Controlled {
  readonly verb: "down";
  readonly names: readonly string[];
  /** How long open connections may last before; 0: not at all. */
  readonly drainMs: number;
}

/** `drain [NAME[/NODE]]` */
export interface DrainInvocation extends Controlled {
  readonly verb: "drain";
  /** `web`, `web/front`; null: the only topology that runs. */
  readonly target: string | null;
  /** Null: connections of all generations. */
  readonly generation: number | null;
  readonly timeoutMs: number;
}

/** `confirm [NAME…]` */
export interface ConfirmInvocation extends Controlled {
  readonly verb: "confirm";
  readonly names: readonly string[];
}

/** What every verb that is about one topology takes. */
interface Named extends Controlled {
  /** Null: the only one that runs. */
  readonly name: string | null;
}

/** `history [NAME]` */
export interface HistoryInvocation extends Named {
  readonly verb: "history";
  readonly format: "table" | "json" | "yaml";
}

/** `rollback [NAME] [GENERATION]` */
export interface RollbackInvocation extends Named {
  readonly verb: "rollback";
  /** Null: the one before. */
  readonly generation: number | null;
  readonly waitMs: number;
  readonly format: "text" | "json";
}

/** `reconcile [NAME]` */
export interface ReconcileInvocation extends Named {
  readonly verb: "reconcile";
  readonly waitMs: number;
  readonly format: "text" | "json";
}

/** `adopt [NAME]`, `suspend [NAME]`, `resume [NAME]` */
export interface OperateInvocation<V extends "adopt" | "suspend" | "resume"> extends Named {
  readonly verb: V;
}

/** `events` */
export interface EventsInvocation extends Controlled {
  readonly verb: "events";
}

/** `msg PATH COMMAND [ARG…]` */
export interface MsgInvocation extends Controlled {
  readonly verb: "msg";
  readonly path: string;
  readonly command: string;
  /** Joined by blanks; null where there is none. */
  readonly argument: string | null;
}

/** `ngctl [COMMAND…]` */
export interface NgctlInvocation extends Controlled {
  readonly verb: "ngctl";
  /** The command and its words; empty where there is none. */
  readonly words: readonly string[];
  /** `-f`; null where there is none. */
  readonly file: string | null;
  /** `-n`: what our own node is called; null: `ngctl` and our process's number. */
  readonly name: string | null;
  /** How often `-d` was given: above 0 each command is shown before it runs. */
  readonly debug: number;
  /** Behave exactly as ngctl(8), also where that is worse. */
  readonly strict: boolean;
}

/** `export [NAME]` */
export interface ExportInvocation extends Controlled {
  readonly verb: "export";
  readonly name: string | null;
  /** A topology, or the script that builds it on FreeBSD. */
  readonly format: "yaml" | "ngctl";
}

/** `import FILE` */
export interface ImportInvocation {
  readonly verb: "import";
  /** As written; `-` is standard input. */
  readonly file: string;
  /** Null: as its content says. */
  readonly from: "ngctl" | "socat" | "rinetd" | null;
  /** Whose sockets the topology is checked for; null: any that exist in memory. */
  readonly runtime: RuntimeName | null;
}

/** `types [NAME]` */
export interface TypesInvocation {
  readonly verb: "types";
  readonly name: string | null;
}

/** `schema` */
export interface SchemaInvocation {
  readonly verb: "schema";
  /** What it describes. */
  readonly of: "topology" | "plan" | "saved-plan";
}

/** `doctor [SOURCE…]` */
export interface DoctorInvocation extends Controlled, Sourced {
  readonly verb: "doctor";
  readonly format: "text" | "json";
}

/** `version` */
export interface VersionInvocation {
  readonly verb: "version";
  readonly format: "text" | "json";
}

/** `init [FILE|NAME]` */
export interface InitInvocation {
  readonly verb: "init";
  /** As written; null where nothing was named. */
  readonly file: string | null;
}

/** `permissions SOURCE…` */
export interface PermissionsInvocation extends Controlled, Sourced {
  readonly verb: "permissions";
  readonly format: "text" | "json";
}

/** `graph [SOURCE…]` */
export interface GraphInvocation extends Controlled {
  readonly verb: "graph";
  /** As written; empty: what runs. */
  readonly sources: readonly string[];
  /** Null: text on a terminal, else dot. */
  readonly format: "text" | "dot" | "mermaid" | "svg" | "json" | null;
}

/** The shells that can complete. */
export const SHELLS = ["bash", "zsh", "fish"] as const;

/** `completions SHELL` */
export interface CompletionsInvocation {
  readonly verb: "completions";
  readonly shell: (typeof SHELLS)[number];
}

/** What one call of the program is to do. */
export type Invocation =
  | ApplyInvocation
  | PlanInvocation
  | ValidateInvocation
  | StatusInvocation
  | WaitInvocation
  | DownInvocation
  | ConfirmInvocation
  | DrainInvocation
  | HistoryInvocation
  | RollbackInvocation
  | ReconcileInvocation
  | OperateInvocation<"adopt">
  | OperateInvocation<"suspend">
  | OperateInvocation<"resume">
  | EventsInvocation
  | MsgInvocation
  | NgctlInvocation
  | ExportInvocation
  | ImportInvocation
  | TypesInvocation
  | SchemaInvocation
  | DoctorInvocation
  | InitInvocation
  | PermissionsInvocation
  | GraphInvocation
  | CompletionsInvocation
  | VersionInvocation;

/** The verbs. */
export type Verb = Invocation["verb"];
