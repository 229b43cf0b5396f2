/**
 * pool's control messages.
 *
 * @module
 */

import { array } from "../../ascii/array.ts";
import { boolean, enumeration, uint32 } from "../../ascii/scalar.ts";
import { optional, required, struct } from "../../ascii/struct.ts";
import { string } from "../../ascii/text.ts";
import type { AsciiType } from "../../ascii/type.ts";
import type { Command, SettingEntry } from "../../graph/core/command.ts";
import type { TargetReport, TargetState } from "../../graph/data/target_report.ts";
import {
  DEFAULT_HEALTH,
  DEFAULT_POOL,
  plainTargets,
  type PoolConfig,
  poolConfig,
  type PoolHealth,
  poolHealth,
  targetList,
  targetName,
  type TargetSpec,
} from "./target_spec.ts";

/** The reply of `gettargets` for one target. */
export interface TargetRow
  extends Pick<TargetReport, "name" | "of" | "weight" | "backup" | "state" | "active" | "total" | "failed" | "since"> {
  readonly to: string;
  readonly error: string;
}

/** pool's commands, by name. */
export type PoolCommands = {
  readonly settargets: Command<readonly TargetSpec[], null>;
  readonly gettargets: Command<null, readonly TargetRow[]>;
  readonly setconfig: Command<Partial<PoolConfig>, null>;
  readonly getconfig: Command<null, Partial<PoolConfig>>;
  readonly sethealth: Command<Partial<PoolHealth>, null>;
  readonly gethealth: Command<null, Partial<PoolHealth>>;
  readonly draintarget: Command<string, null>;
  readonly disabletarget: Command<string, null>;
  readonly enabletarget: Command<string, null>;
};

const states = enumeration(
  { unknown: 0, up: 1, down: 2, draining: 3, disabled: 4, removed: 5 } satisfies Record<
    TargetState,
    number
  >,
);
const row: AsciiType<TargetRow> = struct({
  name: required(string),
  of: optional(string),
  to: required(string),
  weight: required(uint32),
  backup: required(boolean),
  state: required(states),
  active: required(uint32),
  total: required(uint32),
  failed: required(uint32),
  since: required(string),
  error: required(string),
});

const SETTING = { reply: null, kind: "setting", cost: "live" } as const;
const QUERY = { args: null, kind: "query", cost: "live" } as const;
const NAME = { summary: "The target's name, or its address if it has none", placeholder: "TARGET" } as const;

/** pool's commands. */
export const POOL_COMMANDS: PoolCommands = {
  settargets: {
    ...SETTING,
    id: 1,
    summary: "Sets the targets; connections to a target that is removed continue",
    args: targetList,
    argument: {
      summary: "Addresses, or structs { to=ADDRESS name=NAME weight=NUMBER backup=true resolve=all }",
      defaultNote: "no targets",
    },
    plain: plainTargets,
    readBack: { query: "gettargets", matches: (desired, found) => isRows(found) ? hasTargets(found, desired) : null },
  },
  gettargets: { ...QUERY, id: 2, summary: "Each target with its state and its counters", reply: array(row) },
  setconfig: {
    ...SETTING,
    id: 3,
    summary: "Sets how the target of a connection is selected",
    args: poolConfig,
    entries: fieldsOf,
    reset: (key) => key === "balance" ? DEFAULT_POOL : null,
    readBack: { query: "getconfig", matches: hasFields },
  },
  getconfig: { ...QUERY, id: 4, summary: "How the target of a connection is selected", reply: poolConfig },
  sethealth: {
    ...SETTING,
    id: 5,
    summary: "Configures health checks; targets that are up are probed too, unless probe is down or none",
    args: poolHealth,
    reset: () => DEFAULT_HEALTH,
    readBack: { query: "gethealth", matches: hasFields },
  },
  gethealth: { ...QUERY, id: 6, summary: "The configuration of health checks", reply: poolHealth },
  draintarget: {
    ...SETTING,
    id: 7,
    summary: "Sends no new connections to a target; open connections continue",
    args: string,
    argument: NAME,
    entries: byName,
    clears: ["disabletarget"],
    effect: (name) => `target "${name}" was drained`,
    readBack: { query: "gettargets", matches: (name, found) => isInState(found, name, "draining") },
  },
  disabletarget: {
    ...SETTING,
    id: 8,
    summary: "Sends no new connections to a target and stops its probes; open connections continue",
    args: string,
    argument: NAME,
    entries: byName,
    clears: ["draintarget"],
    effect: (name) => `target "${name}" was disabled`,
    readBack: { query: "gettargets", matches: (name, found) => isInState(found, name, "disabled") },
  },
  enabletarget: {
    id: 9,
    summary: "Uses a target again that was drained or disabled",
    args: string,
    argument: NAME,
    reply: null,
    kind: "action",
    cost: "live",
    imperativeOnly: true,
    clears: ["draintarget", "disabletarget"],
  },
};

/** The reply of `gettargets` for one target. */
export function rowOf(report: TargetReport): TargetRow {
  const { name, of, address: to, weight, backup, state, active, total, failed, since, error } = report;
  const own = of === undefined ? {} : { of };
  return { name, ...own, to, weight, backup, state, active, total, failed, since, error: error?.message ?? "" };
}

function byName(name: string | null): readonly SettingEntry<string>[] {
  return name === null ? [] : [{ key: name, args: name }];
}

function fieldsOf(patch: Partial<PoolConfig> | null): readonly SettingEntry<Partial<PoolConfig>>[] {
  return Object.entries(patch ?? {}).map(([key, value]) => ({ key, args: { [key]: value } }));
}

function hasFields(desired: object, found: unknown): boolean | null {
  if (typeof found !== "object" || found === null) return null;
  const fields = new Map<string, unknown>(Object.entries(found));
  return Object.entries(desired).every(([name, value]) => fields.get(name) === value) ? true : null;
}

function hasTargets(all: readonly TargetRow[], desired: readonly TargetSpec[]): boolean {
  const rows = all.filter(({ state }) => state !== "removed");
  // The addresses of one name follow each other, and have its place in the order.
  const names = rows.map(({ name, of }) => of ?? name).filter((name, at, list) => name !== list[at - 1]);
  return names.length === desired.length && desired.every((spec, at) => names[at] === targetName(spec));
}

function isInState(found: unknown, name: string, state: TargetState): boolean | null {
  return isRows(found) ? found.some((one) => (one.of ?? one.name) === name && one.state === state) : null;
}

function isRows(value: unknown): value is readonly TargetRow[] {
  return Array.isArray(value) && value.every((one) => typeof one === "object" && one !== null && "state" in one);
}
