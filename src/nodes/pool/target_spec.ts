/**
 * The settings of a pool: its targets, their balancing, and their health.
 *
 * @module
 */

import { array } from "../../ascii/array.ts";
import { checked } from "../../ascii/checked.ts";
import { duration } from "../../ascii/duration.ts";
import { AsciiError } from "../../ascii/error.ts";
import { notZero } from "../../ascii/not_zero.ts";
import { readComposite } from "../../ascii/part.ts";
import { boolean, enumeration, uint16 } from "../../ascii/scalar.ts";
import { Scanner } from "../../ascii/scanner.ts";
import { optional, required, struct } from "../../ascii/struct.ts";
import { string } from "../../ascii/text.ts";
import type { AsciiType } from "../../ascii/type.ts";
import type { TargetAddress } from "../../socket/address.ts";
import type { ProxyVersion } from "../../socket/proxy_protocol.ts";
import { targetAddress } from "../../socket/address_text.ts";

/** The transport of a connection to a target. */
export type TargetKind = "stream" | "dgram";

/** One target as it is declared. */
export interface TargetSpec {
  /** Its address. */
  readonly to: TargetAddress;
  /** Its name in messages; its address by default. */
  readonly name?: string;
  /** Its part of the connections, compared with that of the others; {@linkcode DEFAULT_WEIGHT} by default. */
  readonly weight?: number;
  /** True for one that is used only if no other is up. */
  readonly backup?: boolean;
  /** The PROXY header that connections to it begin with; absent: what the connecting ksocket is configured to. */
  readonly proxy?: ProxyVersion;
  /** `all`: each address of its name is a target of its own. */
  readonly resolve?: "one" | "all";
  /** The time between lookups of its name, in milliseconds; {@linkcode DEFAULT_REFRESH_MS} by default. */
  readonly refresh?: number;
}

/** The time between two lookups of a name with `resolve: all`, in milliseconds. */
export const DEFAULT_REFRESH_MS = 30_000;
/** The weight of a target without its own. */
export const DEFAULT_WEIGHT = 1;
/** The limit of targets of a pool. */
export const MAX_TARGETS = 1_024;

/** The name of a target. */
export function targetName({ name, to }: Pick<TargetSpec, "name" | "to">): string {
  return name ?? targetAddress.format(to);
}

/** How the target of a connection is selected among those that are up. */
export type Balance = "roundrobin" | "leastconn" | "random" | "source" | "first";

/** Its names. */
export const BALANCE: AsciiType<Balance> = enumeration({ roundrobin: 0, leastconn: 1, random: 2, source: 3, first: 4 });

/** The argument of `setconfig` of a pool. */
export interface PoolConfig {
  readonly balance: Balance;
}

/** The default configuration of a pool. */
export const DEFAULT_POOL: PoolConfig = { balance: "roundrobin" };

/** The health settings of targets; times in milliseconds. */
export interface PoolHealth {
  /** The longest time from one probe to the next. */
  readonly interval: number;
  /** The time limit of a probe. */
  readonly timeout: number;
  /** The number of consecutive failures after which a target is down. */
  readonly fall: number;
  /** The number of consecutive successes after which a down target is up. */
  readonly rise: number;
  /** The targets to probe: those that are down, all, or none. */
  readonly probe: "down" | "all" | "none";
  /** A text that a probe sends. */
  readonly send?: string;
  /** A text that must be in the answer to a probe. */
  readonly expect?: string;
}

/** The default health settings. */
export const DEFAULT_HEALTH: PoolHealth = { interval: 1_500, timeout: 1_500, fall: 1, rise: 1, probe: "down" };

const summary = {
  to: "The address of the target",
  name: "A name for messages and status",
  weight: "Its part of the connections, compared with the other targets",
  backup: "Whether it is used only when no other target is up",
  proxy: "The PROXY header that names the client to it",
  resolve: "Whether a name is one target, or each of its addresses is a target (all)",
  refresh: "Time between two lookups of the name, with resolve: all",
};

const NO_CONNECTIONS = "remove it for the default, or send draintarget to the pool";

const fields: AsciiType<TargetSpec> = struct({
  to: required(targetAddress, summary.to),
  name: optional(string, summary.name, { defaultNote: "the address" }),
  weight: optional(notZero(uint16, "gives the target no connections", NO_CONNECTIONS), summary.weight, {
    default: DEFAULT_WEIGHT,
  }),
  backup: optional(boolean, summary.backup, { default: false }),
  proxy: optional(enumeration({ v1: 1, v2: 2 }), summary.proxy, {
    defaultNote: "sendProxy of the connecting ksocket",
  }),
  resolve: optional(enumeration({ one: 0, all: 1 }), summary.resolve, { default: "one" }),
  refresh: optional(notZero(duration, "leaves no time between lookups"), summary.refresh, {
    default: DEFAULT_REFRESH_MS,
  }),
});

/** A target: an address, or a struct with the address as `to`. */
export const targetSpec: AsciiType<TargetSpec> = {
  ...fields,
  description: {
    kind: "named",
    name: "target",
    examples: ["inet/192.0.2.1:80", "{ to=inet/192.0.2.1:80 weight=2 }"],
    keys: Object.entries(summary).map(([name, text]) => ({ name, summary: text })),
    argumentOf: (field) => {
      const { description } = fields;
      return description.kind === "struct" ? description.fields.find(({ name }) => name === field)?.type ?? null : null;
    },
  },
  parse: (scanner) => {
    const { kind, offset } = scanner.peek();
    return kind === "{" ? checkedSpec(fields.parse(scanner), offset) : { to: targetAddress.parse(scanner) };
  },
  read: (literal) => {
    return readComposite(targetSpec, literal, (source) => {
      return source instanceof Scanner ? targetSpec.parse(source) : checkedSpec(fields.read(source), 0);
    });
  },
  format: (spec) => {
    const { to, ...rest } = spec;
    return Object.values(rest).every((value) => value === undefined) ? targetAddress.format(to) : fields.format(spec);
  },
};

function checkedSpec(spec: TargetSpec, offset: number): TargetSpec {
  const { to, resolve, refresh } = spec;
  if (resolve === "all" && to.family !== "name") {
    const message = `${targetAddress.format(to)} is not a name: it has nothing to resolve`;
    throw new AsciiError("EINVAL", message, { offset, path: ["resolve"], hint: "remove resolve" });
  }
  if (refresh !== undefined && resolve !== "all") {
    const message = 'Field "refresh" needs "resolve: all"';
    throw new AsciiError("EINVAL", message, { offset, path: ["refresh"], hint: "add resolve: all" });
  }
  return spec;
}

/** The targets of a pool: at least one, each with another name. */
export const targetList: AsciiType<readonly TargetSpec[]> = checked(array(targetSpec), checkTargets);

/** A list without default values. */
export function plainTargets(targets: readonly TargetSpec[]): readonly TargetSpec[] {
  return targets.map(({ to, name, weight, backup, proxy, resolve, refresh }) => ({
    to,
    ...(name === undefined || name === targetAddress.format(to) ? {} : { name }),
    ...(weight === undefined || weight === DEFAULT_WEIGHT ? {} : { weight }),
    ...(backup === true ? { backup } : {}),
    ...(proxy === undefined ? {} : { proxy }),
    ...(resolve === "all" ? { resolve } : {}),
    ...(refresh === undefined || refresh === DEFAULT_REFRESH_MS ? {} : { refresh }),
  }));
}

function checkTargets(targets: readonly TargetSpec[], offset: number): readonly TargetSpec[] {
  if (targets.length === 0) {
    throw new AsciiError("EINVAL", "A pool needs at least one target", { offset, hint: "such as inet/192.0.2.1:80" });
  }
  if (targets.length > MAX_TARGETS) {
    throw new AsciiError("E2BIG", `${targets.length} targets, and at most ${MAX_TARGETS} are allowed`, { offset });
  }
  const seen = new Set<string>();
  targets.forEach((target, index) => {
    const name = targetName(target);
    if (seen.has(name)) {
      const hint = 'give one of them a "name", or a larger "weight" instead of two entries';
      throw new AsciiError("EALREADY", `Target "${name}" is in the list twice`, { offset, path: [index], hint });
    }
    seen.add(name);
  });
  return targets;
}

/** The type of {@linkcode PoolConfig}. */
export const poolConfig: AsciiType<Partial<PoolConfig>> = struct({
  balance: optional(BALANCE, "How the target of a connection is selected", { default: DEFAULT_POOL.balance }),
});

/** The type of {@linkcode PoolHealth}. */
export const poolHealth: AsciiType<Partial<PoolHealth>> = struct({
  interval: optional(
    notZero(duration, "leaves no time between probes"),
    "Time between probes; a target that failed is first probed more often",
    { default: DEFAULT_HEALTH.interval },
  ),
  timeout: optional(notZero(duration, "lets no probe succeed"), "Maximum time of a probe", {
    default: DEFAULT_HEALTH.timeout,
  }),
  fall: optional(
    notZero(uint16, "marks every target as down"),
    "A target is down after this number of failures in a row",
    { unit: "failures", default: DEFAULT_HEALTH.fall },
  ),
  rise: optional(
    notZero(uint16, "marks every target as up"),
    "A target that was down is up after this number of successes in a row",
    { unit: "successes", default: DEFAULT_HEALTH.rise },
  ),
  probe: optional(
    enumeration({ down: 0, all: 1, none: 2 }),
    "The targets that are probed: those that are down, all, or none",
    { defaultNote: "all where sethealth was sent, otherwise those that are down" },
  ),
  send: optional(string, "A text that a probe sends; \\r\\n ends a line", { defaultNote: "nothing" }),
  expect: optional(string, "A text that the answer to a probe contains in its first 16 KiB", {
    defaultNote: "connecting is enough",
  }),
});

/** True where probes wait for an answer: that nothing has refused a datagram shows less. */
export function judgesByAnswers({ probe, expect }: PoolHealth): boolean {
  return probe === "all" && expect !== undefined;
}

/** A flow of datagrams to a target. */
export interface TargetFlow {
  /** The target is down, and others may be up: the next datagram begins another flow. */
  move(): void;
}
