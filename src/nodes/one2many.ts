/**
 * one2many: one hook and up to 64 links: distributes the load, or sends to all of them, or to the first that works.
 *
 * Hooks: `one`, `many0` … `many63`; an automatic one is the lowest free `many`.
 * Messages: `setconfig`, `getconfig`, `getstats`, `clrstats`, `getclrstats`; `setpolicy`, `getpolicy`.
 *
 * Items from a link are sent by `one`, even if the link is disabled. Items from `one` are sent, depending on `xmitAlg`,
 * to each active link in turn (a full one is skipped while another has room), to all, or to the lowest one. An end of
 * file from `one` is sent to all links; that of a link concerns only the link, but in a copy `one` receives it when all
 * links have ended. With `failAlg=notify` a link that is reset, or whose node sends `linkisdown`, is inactive until it
 * is joined again, an item arrives from it, or its node sends `linkisup`. The node at `one` receives the same messages
 * when the last active link fails and when the first one is back.
 *
 * @example Datagrams to two receivers in turn
 * ```yaml
 * nodes:
 *   fan: { type: one2many, messages: [{ setconfig: { xmitAlg: roundrobin } }] }
 * links: [[in, fan:one], [fan, a], [fan, b]]
 * ```
 *
 * @module
 */

import { AsciiError } from "../ascii/error.ts";
import { NetgraphError } from "../errors.ts";
import { BackPressure } from "../graph/core/back_pressure.ts";
import type { ArrivedMessage } from "../graph/core/message.ts";
import { sendLinkState } from "../graph/message/peer_message.ts";
import { BranchPolicies, checkPolicies } from "../graph/fan_out/branch_policy.ts";
import { BranchEnds } from "../graph/fan_out/branch_ends.ts";
import { Branch, discardAll, heldIn } from "../graph/fan_out/fan_out.ts";
import type { CloseReason } from "../graph/data/close_reason.ts";
import type { Hook } from "../graph/core/hook.ts";
import type { Item } from "../graph/core/item.ts";
import { kernelForm } from "../graph/core/freebsd_form.ts";
import type { Handlers } from "../graph/core/message.ts";
import type { Node } from "../graph/core/node.ts";
import { defineNodeType, type NodeBehaviour, type NodeType } from "../graph/core/node_type.ts";
import {
  DEFAULT_CONFIG,
  kernelConfig,
  type LinkStats,
  MAX_LINKS,
  ONE2MANY_COMMANDS,
  type One2ManyCommands,
  type One2ManyConfig,
  ONE_LINK,
  shortConfig,
} from "./one2many_commands.ts";
import { statsHandlers } from "./stats.ts";

interface Link {
  readonly number: number;
  readonly branch: Branch;
  /** Its peer has reset; see `failAlg`. */
  down: boolean;
}

class One2Many implements NodeBehaviour<One2ManyCommands> {
  /** By number, in order. */
  readonly #links = new Map<Hook, Link>();
  #one: Hook | null = null;
  #config: One2ManyConfig = DEFAULT_CONFIG;
  /** The active ones, lowest first. */
  #active: readonly Link[] = [];
  /** The index in `#active` of the next one. */
  #turn = 0;
  #oneFull = false;
  readonly #pressure = new BackPressure();
  /** The counts of the hooks when the counts were cleared. */
  readonly #cleared = new Map<Hook, LinkStats>();
  readonly #ends: BranchEnds;
  readonly #policies = new BranchPolicies(() => {
    for (const { branch } of this.#links.values()) branch.policy = this.#policies.of(branch.hook.name);
    this.#resumeSenders();
  });

  readonly commands: Handlers<One2ManyCommands> = {
    setconfig: (config) => {
      this.#config = config;
      for (const link of this.#links.values()) link.down = false;
      this.#changed();
      return null;
    },
    getconfig: () => ({ ...this.#config, enabledLinks: this.#enabled() }),
    ...statsHandlers({ read: (number) => this.#stats(number), clear: (number) => this.#clear(number) }),
    ...this.#policies.handlers(parseLink),
  };

  constructor(node: Node) {
    this.#ends = new BranchEnds(node);
  }

  addHook(hook: Hook): void {
    if (hook.name === "one") {
      this.#one = hook;
      return;
    }
    const number = Number(hook.name.slice("many".length));
    this.#links.set(hook, { number, branch: new Branch(hook, this.#policies.of(hook.name)), down: false });
    // As in netgraph: a new link is enabled.
    const { enabledLinks } = this.#config;
    if (enabledLinks !== undefined) this.#config = { ...this.#config, enabledLinks: enabledLinks.with(number, 1) };
    this.#changed();
  }

  hookRemoved(hook: Hook): void {
    this.#cleared.delete(hook);
    if (hook === this.#one) {
      this.#one = null;
      this.#oneFull = false;
      this.#pressure.forget(hook);
      return this.#resumeSenders();
    }
    this.#pressure.forget(hook);
    this.#links.get(hook)?.branch.close();
    this.#links.delete(hook);
    if (this.#ends.forget(hook)) this.#endOne();
    this.#changed();
  }

  receive(hook: Hook, item: Item): void | false {
    return hook === this.#one ? this.#receiveOne(hook, item) : this.#receiveLink(hook, item);
  }

  resumed(hook: Hook): void {
    if (hook === this.#one) this.#oneFull = false;
    else this.#links.get(hook)?.branch.resumed();
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

  onPeerMessage({ hook, command }: ArrivedMessage): boolean {
    if (command !== "linkisup" && command !== "linkisdown") return false;
    // As in netgraph: with another `failAlg`, or without a link, the message is accepted and ignored.
    const link = hook === null ? undefined : this.#links.get(hook);
    if (this.#config.failAlg === "notify") this.#setDown(link, command === "linkisdown");
    return true;
  }

  #receiveLink(hook: Hook, item: Item): void | false {
    const link = this.#links.get(hook);
    // The link ends; the others do not.
    if (item.kind !== "data") {
      if (this.#ends.note(hook, item)) this.#endOne();
      return this.#setDown(link, item.kind === "abort");
    }
    if (link?.down === true) this.#setDown(link, false);
    if (this.#one === null) return hook.drop("no_destination", item.length);
    if (this.#one.send(item) === false) this.#oneFull = true;
    return this.#oneFull ? this.#pressure.stop(hook) : undefined;
  }

  #endOne(): void {
    const signal = this.#ends.endSignalFor(this.#links.keys());
    if (signal !== null) this.#one?.send(signal);
  }

  #receiveOne(hook: Hook, item: Item): void | false {
    if (item.kind !== "data") {
      for (const { branch } of this.#links.values()) branch.send(item);
      return;
    }
    const [lowest, ...others] = this.#active;
    if (lowest === undefined) {
      item.refusal = "ENOTCONN";
      return hook.drop("no_destination", item.length);
    }
    if (this.#config.xmitAlg === "all") {
      // As in netgraph: the lowest one receives it last.
      for (const { branch } of others) branch.send(item);
      lowest.branch.send(item);
    } else {
      (this.#config.xmitAlg === "failover" ? lowest : this.#nextInTurn(lowest)).branch.send(item);
    }
    return this.#oneMustWait() ? this.#pressure.stop(hook) : undefined;
  }

  /** The next link that has room; if none has, the next one. */
  #nextInTurn(otherwise: Link): Link {
    const count = this.#active.length;
    for (let skipped = 0; skipped < count; skipped++) {
      const at = (this.#turn + skipped) % count;
      const link = this.#active[at];
      if (link === undefined || link.branch.full) continue;
      this.#turn = at + 1;
      return link;
    }
    return this.#active[this.#turn++ % count] ?? otherwise;
  }

  #oneMustWait(): boolean {
    const [lowest] = this.#active;
    if (lowest === undefined) return false;
    switch (this.#config.xmitAlg) {
      case "roundrobin":
        return this.#active.every(({ branch }) => branch.stops(true));
      case "failover":
        return lowest.branch.stops(true);
      case "all":
        return this.#active.some(({ branch }) => branch.stops(this.#active.length === 1));
    }
  }

  /** The hook `one` waits for links, and links wait for `one`. */
  #resumeSenders(): void {
    this.#pressure.resumeAll((hook) => hook === this.#one ? this.#oneMustWait() : this.#oneFull);
  }

  #setDown(link: Link | undefined, down: boolean): void {
    if (link === undefined || link.down === down) return;
    link.down = down;
    this.#changed();
  }

  /** Links or their configuration have changed. */
  #changed(): void {
    const { enabledLinks, failAlg } = this.#config;
    const isActive = ({ number, down }: Link) => enabledLinks?.[number] !== 0 && !(down && failAlg === "notify");
    const wasUp = this.#active.length > 0;
    this.#active = [...this.#links.values()].filter(isActive).sort((a, b) => a.number - b.number);
    this.#turn = 0;
    this.#resumeSenders();
    const isUp = this.#active.length > 0;
    if (isUp !== wasUp && this.#one !== null) sendLinkState(this.#one, isUp ? "linkisup" : "linkisdown");
  }

  #enabled(): readonly number[] {
    const joined = new Set([...this.#links.values()].map(({ number }) => number));
    return this.#config.enabledLinks ?? Array.from({ length: MAX_LINKS }, (_, number) => joined.has(number) ? 1 : 0);
  }

  #stats(number: number): LinkStats {
    const hook = this.#hookOf(number);
    const now = countsOf(hook);
    const then = (hook === null ? undefined : this.#cleared.get(hook)) ?? countsOf(null);
    return {
      recvOctets: now.recvOctets - then.recvOctets,
      recvPackets: now.recvPackets - then.recvPackets,
      xmitOctets: now.xmitOctets - then.xmitOctets,
      xmitPackets: now.xmitPackets - then.xmitPackets,
      memoryFailures: now.memoryFailures - then.memoryFailures,
    };
  }

  #clear(number: number): void {
    const hook = this.#hookOf(number);
    if (hook !== null) this.#cleared.set(hook, countsOf(hook));
  }

  /** The hook of a link, null if none is joined. */
  #hookOf(number: number): Hook | null {
    if (number === ONE_LINK) return this.#one;
    if (number < 0 || number >= MAX_LINKS) {
      throw new NetgraphError(
        "EINVAL",
        `Cannot count link ${number}: links are 0 to ${MAX_LINKS - 1}, and -1 is "one"`,
      );
    }
    for (const link of this.#links.values()) if (link.number === number) return link.branch.hook;
    return null;
  }
}

function countsOf(hook: Hook | null): LinkStats {
  return {
    recvOctets: BigInt(hook?.inBytes ?? 0),
    recvPackets: BigInt(hook?.inItems ?? 0),
    xmitOctets: BigInt(hook?.outBytes ?? 0),
    xmitPackets: BigInt(hook?.outItems ?? 0),
    memoryFailures: BigInt(hook?.dropped()["queue_full"] ?? 0),
  };
}

/** The name of a link. */
function parseLink(name: string): string {
  const number = /^many(0|[1-9][0-9]?)$/.exec(name)?.[1];
  if (number !== undefined && Number(number) < MAX_LINKS) return name;
  const hint = `wanted many0 to many${MAX_LINKS - 1}`;
  throw new AsciiError("EINVAL", `A one2many has no link "${name}"`, { length: name.length, hint });
}

/** The type of one2many nodes. */
export const one2manyType: NodeType<One2ManyCommands> = defineNodeType({
  name: "one2many",
  kernel: kernelForm({ convert: { setconfig: kernelConfig }, read: shortConfig }),
  summary: "Distributes items from one hook to many hooks, or copies them to all",
  cookie: 1_100_897_444,
  commands: ONE2MANY_COMMANDS,
  hooks: [
    { pattern: "one", summary: "Items from here are sent to links; items from any link are sent here" },
    { pattern: "many<0..63>", summary: "A link" },
  ],
  fansOut: true,
  parseHook: (name) => name === "one" ? name : parseLink(name),
  automaticHook(taken) {
    const free = Array.from({ length: MAX_LINKS }, (_, number) => `many${number}`).find((name) => !taken.has(name));
    return free ?? null;
  },
  check: ({ messages }) => checkPolicies(messages, parseLink),
  create: ({ node }) => new One2Many(node),
});
