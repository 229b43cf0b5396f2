/**
 * bridge: a switch for items that are Ethernet frames.
 *
 * Hooks: `link<n>`, an automatic one is the lowest free one; `uplink<n>` from 1, which leads to the rest of a network:
 * no hosts are learned from it. If the first hook is an uplink, frames for unknown hosts are sent to uplinks only; a
 * bridge of a topology, whose links have no order, does so if it has any uplink. Messages: `setconfig`, `getconfig`,
 * `gettable`, `movehost`, `reset`, `setpersistent`; `getstats`, `clrstats`, `getclrstats` of a link; `setpolicy`,
 * `getpolicy`.
 *
 * A frame is sent to the link at which its receiver was seen, otherwise to all others. If a host is seen at another
 * link too soon, there is a loop: that link is muted for a while, counted as `loop`. Items that are not frames are
 * counted as `error`. If there are several receivers, one that does not keep up loses items and does not stop the
 * others, as with a hub. An end of file ends its own branch only; in a copy, as with a hub.
 *
 * @example Ethernet over UDP, for three places
 * ```yaml
 * nodes:
 *   a: { type: ksocket, hook: inet/dgram/udp, messages: [{ bind: "inet/0.0.0.0:9001" }, { connect: "inet/192.0.2.1:9000" }] }
 *   b: { type: ksocket, hook: inet/dgram/udp, messages: [{ bind: "inet/0.0.0.0:9002" }, { connect: "inet/192.0.2.2:9000" }] }
 *   c: { type: ksocket, hook: inet/dgram/udp, messages: [{ bind: "inet/0.0.0.0:9003" }, { connect: "inet/192.0.2.3:9000" }] }
 *   switch: { type: bridge }
 * links: [[a, switch], [b, switch], [c, switch]]
 * ```
 *
 * @module
 */

import { AsciiError } from "../ascii/error.ts";
import type { Clock, Timer } from "../clock.ts";
import { NetgraphError } from "../errors.ts";
import { firstFree } from "../graph/message/automatic_hook.ts";
import { BranchPolicies, checkPolicies } from "../graph/fan_out/branch_policy.ts";
import { BranchEnds } from "../graph/fan_out/branch_ends.ts";
import { Branch, discardAll, heldIn } from "../graph/fan_out/fan_out.ts";
import type { CloseReason } from "../graph/data/close_reason.ts";
import { BackPressure } from "../graph/core/back_pressure.ts";
import type { Hook } from "../graph/core/hook.ts";
import type { Item } from "../graph/core/item.ts";
import { kernelForm } from "../graph/core/freebsd_form.ts";
import type { Handlers } from "../graph/core/message.ts";
import type { Node } from "../graph/core/node.ts";
import { defineNodeType, type NodeBehaviour, type NodeContext, type NodeType } from "../graph/core/node_type.ts";
import {
  BRIDGE_COMMANDS,
  type BridgeCommands,
  type BridgeConfig,
  checkBridge,
  DEFAULT_CONFIG,
} from "./bridge_commands.ts";
import { HostTable } from "./bridge_hosts.ts";
import { type BridgeLink, type Cast, noCounts, statsOf, transmit } from "./bridge_link.ts";
import { ETHER_HEADER, etherCast, etherDestination, etherSource, parseEther } from "./ether.ts";
import { statsHandlers } from "./stats.ts";

const TICK_MS = 1000;

class Bridge implements NodeBehaviour<BridgeCommands> {
  readonly #clock: Clock;
  readonly #node: Node;
  readonly #links = new Map<Hook, BridgeLink>();
  readonly #hosts = new HostTable();
  #config: BridgeConfig = DEFAULT_CONFIG;
  /** False if an uplink came first: other links receive no frames for unknown hosts. */
  #floods = true;
  /** Runs while there are entries that can expire. */
  #timer: Timer | null = null;
  readonly #ends: BranchEnds;
  readonly #pressure = new BackPressure();
  readonly #policies = new BranchPolicies(() => {
    for (const { branch } of this.#links.values()) branch.policy = this.#policies.of(branch.hook.name);
    this.#resumeSenders();
  });

  readonly commands: Handlers<BridgeCommands> = {
    setconfig: (config) => {
      this.#config = config;
      return null;
    },
    getconfig: () => this.#config,
    reset: () => {
      this.#hosts.clear();
      for (const link of this.#links.values()) {
        link.mutedFor = 0;
        link.counts = noCounts();
      }
      return null;
    },
    ...statsHandlers({
      read: (number) => statsOf(this.#linkOf(number).counts),
      clear: (number) => {
        this.#linkOf(number).counts = noCounts();
      },
    }),
    gettable: () => ({ numHosts: this.#hosts.size, hosts: this.#hosts.list() }),
    setpersistent: () => {
      this.#node.persistent = true;
      return null;
    },
    movehost: ({ addr, hook }, { hook: by }) => {
      this.#moveHost(parseEther(addr), hook === "" ? by : this.#node.hooks.get(hook) ?? null);
      return null;
    },
    ...this.#policies.handlers(parseLink),
  };

  constructor({ node, clock }: NodeContext) {
    this.#node = node;
    this.#ends = new BranchEnds(node);
    this.#clock = clock;
  }

  addHook(hook: Hook): void {
    const isUplink = hook.name.startsWith("uplink");
    if (this.#links.size === 0) this.#floods = !isUplink;
    const branch = new Branch(hook, this.#policies.of(hook.name));
    const getsUnknown = isUplink || this.#floods;
    this.#links.set(hook, { branch, learns: !isUplink, getsUnknown, mutedFor: 0, counts: noCounts() });
    this.#linksChanged();
    this.#resumeSenders();
  }

  hookRemoved(hook: Hook): void {
    const link = this.#links.get(hook);
    if (link === undefined) return;
    this.#hosts.forget(link);
    link.branch.close();
    this.#links.delete(hook);
    this.#pressure.forget(hook);
    this.#linksChanged();
    if (this.#ends.forget(hook)) this.#endLinks();
    this.#resumeSenders();
  }

  #endLinks(): void {
    this.#ends.endBranches([...this.#links.values()].map(({ branch }) => branch));
  }

  /** The links of a topology are created in any order, again after each repair: the order must have no effect. */
  #linksChanged(): void {
    if (!this.#node.origin.declared) return;
    const links = [...this.#links.values()];
    const floods = links.every(({ learns }) => learns);
    for (const link of links) link.getsUnknown = floods || !link.learns;
  }

  receive(hook: Hook, item: Item): void | false {
    const link = this.#links.get(hook);
    if (link === undefined) return;
    // The branch ends; the others do not.
    if (item.kind !== "data") return this.#ends.note(hook, item) ? this.#endLinks() : undefined;
    this.#forward(link, item);
    return this.#mustWait(hook) ? this.#pressure.stop(hook) : undefined;
  }

  resumed(hook: Hook): void {
    this.#links.get(hook)?.branch.resumed();
    this.#resumeSenders();
  }

  held(): number {
    return heldIn(this.#links.values().map(({ branch }) => branch));
  }

  discard(reason: CloseReason): void {
    discardAll(this.#links.values().map(({ branch }) => branch), reason);
  }

  closing(): void {
    this.discard("shutdown");
  }

  shutdown(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  #forward(link: BridgeLink, item: Item): void {
    const { counts, branch: { hook } } = link;
    if (item.length < ETHER_HEADER) {
      counts.recvRunts++;
      item.refusal = "EINVAL";
      return hook.drop("error", item.length);
    }
    const source = etherSource(item);
    if (etherCast(source) !== "unicast") {
      counts.recvInvalid++;
      item.refusal = "EINVAL";
      return hook.drop("error", item.length);
    }
    if (link.mutedFor > 0) return this.#dropLoop(link, item);
    const destination = etherDestination(item);
    const cast = etherCast(destination);
    this.#count(link, item, cast);
    if (!this.#learn(source, link)) return this.#dropLoop(link, item);
    const host = cast === "unicast" ? this.#hosts.find(destination) : undefined;
    if (host === undefined) return this.#flood(link, item, cast);
    // A host's own segment has already received the frame.
    if (host.link !== link) transmit(host.link, item, cast);
  }

  #count({ counts }: BridgeLink, item: Item, cast: Cast): void {
    counts.recvPackets++;
    counts.recvOctets += item.length;
    if (cast === "multicast") counts.recvMulticast++;
    else if (cast === "broadcast") counts.recvBroadcast++;
  }

  #moveHost(address: number, hook: Hook | null): void {
    const link = hook === null ? undefined : this.#links.get(hook);
    if (link === undefined) throw new NetgraphError("ENOENT", "Cannot move a host: there is no such link");
    if (this.#place(address, link)) return;
    throw new NetgraphError("ELOOP", `Cannot move a host to "${link.branch.hook.name}": it moved a moment ago`);
  }

  /** Learns the link of a sender; false if there is a loop. */
  #learn(source: number, link: BridgeLink): boolean {
    const host = this.#hosts.find(source);
    if (host === undefined) return !link.learns || this.#place(source, link);
    host.staleness = 0;
    return this.#place(source, link);
  }

  /** Records the link of a host; false if there is a loop. */
  #place(address: number, link: BridgeLink): boolean {
    const host = this.#hosts.find(address);
    if (host === undefined) {
      if (!this.#hosts.learn(address, link)) link.counts.memoryFailures++;
      this.#tickLater();
      return true;
    }
    if (host.link === link) return true;
    if (host.age < this.#config.minStableAge) {
      link.mutedFor = this.#config.loopTimeout;
      link.counts.loopDetects++;
      this.#hosts.forget(link);
      this.#tickLater();
      return false;
    }
    host.link = link;
    host.age = 0;
    return true;
  }

  #flood(from: BridgeLink, item: Item, cast: Cast): void {
    const isUnknown = cast === "unicast";
    if (isUnknown) from.counts.recvUnknown++;
    for (const link of this.#links.values()) {
      if (link !== from && (link.getsUnknown || !isUnknown)) transmit(link, item, cast);
    }
  }

  #dropLoop({ counts, branch: { hook } }: BridgeLink, item: Item): void {
    counts.loopDrops++;
    item.refusal = "ELOOP";
    hook.drop("loop", item.length);
  }

  #tickLater(): void {
    this.#timer ??= this.#clock.after(TICK_MS, () => this.#tick());
  }

  #tick(): void {
    this.#timer = null;
    this.#hosts.tick(this.#config.maxStaleness);
    let isMuted = false;
    for (const link of this.#links.values()) {
      if (link.mutedFor > 0) link.mutedFor--;
      if (link.mutedFor > 0) isMuted = true;
    }
    if (isMuted || this.#hosts.size > 0) this.#tickLater();
  }

  /** Resumes the senders whose receivers all have room, were removed, or no longer stop them. */
  #resumeSenders(): void {
    this.#pressure.resumeAll((hook) => this.#mustWait(hook));
  }

  #mustWait(hook: Hook): boolean {
    const isPath = this.#links.size === 2;
    for (const [other, { branch }] of this.#links) if (other !== hook && branch.stops(isPath)) return true;
    return false;
  }

  /** As in netgraph: a number below 0 is an uplink's. */
  #linkOf(number: number): BridgeLink {
    const name = number < 0 ? `uplink${-number}` : `link${number}`;
    const hook = this.#node.hooks.get(name);
    const link = hook === undefined ? undefined : this.#links.get(hook);
    if (link === undefined) throw new NetgraphError("ENOTCONN", `Cannot count "${name}": nothing is joined there`);
    return link;
  }
}

/** The name of a link: canonical decimal, 32 bits. */
function parseLink(name: string): string {
  const [, prefix, number] = /^(link|uplink)(0|[1-9][0-9]{0,9})$/.exec(name) ?? [];
  if (number !== undefined && Number(number) < 2 ** 32 && !(prefix === "uplink" && number === "0")) return name;
  const hint = "wanted link0 to link4294967295, or uplink1 and on";
  throw new AsciiError("EINVAL", `A bridge has no hook "${name}"`, { length: name.length, hint });
}

/** An uplink for a bridge that has one: there its first hook decides where frames for unknown hosts are sent. */
function spareLink(hooks: readonly string[]): (number: number) => string {
  const hasUplink = hooks.some((name) => name.startsWith("uplink"));
  return (number) => hasUplink ? `uplink${number + 1}` : `link${number}`;
}

/** The type of bridge nodes. */
export const bridgeType: NodeType<BridgeCommands> = defineNodeType({
  name: "bridge",
  kernel: kernelForm({ spare: spareLink }),
  summary: "A switch for items that are Ethernet frames",
  // The cookie of the layout without ipfw, as in FreeBSD since it has uplinks.
  cookie: 1_569_321_993,
  commands: BRIDGE_COMMANDS,
  hooks: [
    { pattern: "link<n>", summary: "Hosts are behind it, and are learned" },
    { pattern: "uplink<n>", summary: "The rest of a network is behind it; from 1" },
  ],
  fansOut: true,
  parseHook: parseLink,
  automaticHook: (taken: ReadonlySet<string>): string => firstFree("link", taken),
  check: ({ messages }) => [...checkPolicies(messages, parseLink), ...checkBridge(messages)],
  create: (context) => new Bridge(context),
});
