/**
 * One further thread of a graph: it has copies of the shared listeners, and of the targets of their connections. Its
 * state is derived from the first thread, so it can be recreated at any time.
 *
 * @module
 */

import { quoteText } from "../../ascii/quote.ts";
import { NetgraphError } from "../../errors.ts";
import type { GraphPort } from "../../graph/port/port.ts";
import { countsOf, withoutNodes, withoutTopology } from "../../graph/snapshot/lasting_counts.ts";
import { escapeReferences } from "../../graph/core/reference.ts";
import type { ScopeSnapshot, SnapshotOptions } from "../../graph/data/snapshot.ts";
import { formatMessage, type TemplateState } from "../../graph/data/state.ts";
import { templateType } from "../../graph/message/template_type.ts";
import type { SharedListener, SharedPool } from "./share_rule.ts";

/** The parts of a shard. */
export interface ShardPlace {
  readonly port: GraphPort;
  /** True while its thread is down. */
  lost(): boolean;
}

/** The desired part of a scope in a shard. */
export interface DesiredShare {
  readonly scope: string;
  readonly generation: number;
  readonly listeners: readonly SharedListener[];
}

/** The part of a scope in a shard. */
interface Having {
  generation: number;
  readonly templates: Map<string, string>;
  readonly listeners: Map<string, SharedListener>;
  readonly pools: Map<string, SharedPool>;
}

/** One further thread. */
export class Shard {
  /** Its index among all threads; the first thread has 0. */
  readonly part: number;
  readonly port: GraphPort;
  readonly #place: ShardPlace;
  readonly #scopes = new Map<string, Having>();
  /** Topologies as last seen here. */
  readonly #last = new Map<string, ScopeSnapshot>();

  constructor(part: number, place: ShardPlace) {
    this.part = part;
    this.port = place.port;
    this.#place = place;
  }

  /** True while it has no part of any scope. */
  get lost(): boolean {
    return this.#place.lost();
  }

  /** True if it has a part of that scope. */
  knows(scope: string): boolean {
    return this.#scopes.has(scope);
  }

  /** Its part of a scope. If it has none, or its thread is down, only the earlier counts; null if there are none. */
  async snapshot(scope: string, options: SnapshotOptions | undefined): Promise<ScopeSnapshot | null> {
    const found = this.knows(scope) && !this.lost
      ? await this.port.snapshot(scope, options).catch(() => null) // Its thread has ended.
      : null;
    if (found !== null) this.#last.set(scope, found);
    const last = this.#last.get(scope);
    return found ?? (last === undefined ? null : withoutNodes(last));
  }

  /** The ID in the first thread of a listener or pool here; null if there is none. */
  idOf(scope: string, name: string): string | null {
    const having = this.#scopes.get(scope);
    return having?.listeners.get(name)?.id ?? having?.pools.get(name)?.id ?? null;
  }

  /** Its thread was recreated, and is empty. */
  forget(): void {
    this.#scopes.clear();
  }

  /**
   * Creates and removes until it has its desired part; existing listeners are changed if possible.
   *
   * @returns the listeners that could not be created, with the reason
   */
  async bring(share: DesiredShare): Promise<ReadonlyMap<string, NetgraphError>> {
    const failures = new Map<string, NetgraphError>();
    const desired = share.listeners.filter(({ threads }) => threads > this.part);
    if (this.lost || (desired.length === 0 && !this.knows(share.scope))) return failures;
    try {
      await this.#syncAll({ ...share, listeners: desired }, failures);
    } catch (error) {
      if (!(error instanceof NetgraphError)) throw error;
      for (const { name } of desired) failures.set(name, error);
    }
    // A request to a thread that has ended meanwhile is sent to the next one.
    return this.lost ? new Map() : failures;
  }

  async #syncAll({ scope, generation, listeners }: DesiredShare, failures: Map<string, NetgraphError>): Promise<void> {
    const having = await this.#open(scope);
    await this.#setGeneration(scope, having, generation);
    await this.#rename(scope, having, listeners);
    for (const [name, had] of [...having.listeners]) {
      const stays = listeners.find((one) => one.name === name);
      if (stays === undefined || !canBecome(had, stays)) await this.drop(scope, name);
    }
    const pools = new Map(listeners.flatMap((one) => one.pools.map((pool) => [pool.name, pool])));
    for (const pool of pools.values()) await this.#bringPool(scope, having, pool);
    let made = false;
    for (const listener of listeners) {
      const { name } = listener;
      made ||= !having.listeners.has(name);
      try {
        await this.#setTemplates(scope, having, listener.templates);
        await this.#emit(scope, having, listener);
      } catch (error) {
        if (!(error instanceof NetgraphError)) throw error;
        failures.set(name, error);
        await this.drop(scope, name);
      }
    }
    if (made) await this.port.send(`${scope}/:`, "release", null);
    for (const name of [...having.pools.keys()]) if (!pools.has(name)) await this.#dropPool(scope, having, name);
  }

  /** Makes a pool like that of the first thread; an order that was taken back there was passed on when it was. */
  async #bringPool(scope: string, having: Having, pool: SharedPool): Promise<void> {
    const { name, id, messages } = pool;
    let had = having.pools.get(name);
    if (had !== undefined && had.id !== id) {
      await this.#dropPool(scope, having, name);
      had = undefined;
    }
    having.pools.set(name, { ...pool, messages: [] });
    if (had === undefined) {
      await this.port.send(`${scope}/:`, "mkpeer", `{ type="pool" ourhook=${quoteText(name)} }`);
      await this.port.send(`${scope}/:`, "share", `{ node=${quoteText(name)} part=${this.part} of=${this.part + 1} }`);
    }
    const sent = new Set(had?.messages.map(formatMessage));
    for (const message of messages) {
      if (sent.has(formatMessage(message))) continue;
      await this.port.send(`${scope}/${name}:`, message.command, message.argument, { declared: true });
    }
    having.pools.set(name, pool);
  }

  async #dropPool(scope: string, having: Having, name: string): Promise<void> {
    if (!having.pools.delete(name)) return;
    await this.port.send(`${scope}/${name}:`, "shutdown", null);
  }

  /** Ends a listener; its connections stay open. */
  async drop(scope: string, name: string): Promise<void> {
    if (this.#scopes.get(scope)?.listeners.delete(name) !== true || this.lost) return;
    try {
      await this.port.send(`${scope}/${name}:`, "shutdown", null);
    } catch (error) {
      // It was not created yet, or has ended with its thread.
      if (!(error instanceof NetgraphError)) throw error;
    }
  }

  /** Ends its part of a scope. */
  async closeScope(scope: string): Promise<void> {
    // Its counts since the last read continue in its own book.
    const last = this.#last.get(scope);
    if (last !== undefined) this.#last.set(scope, withoutTopology(last));
    if (!this.#scopes.delete(scope) || this.lost) return;
    try {
      await this.port.closeScope(scope);
    } catch (error) {
      // It has ended with its thread.
      if (!(error instanceof NetgraphError)) throw error;
    }
  }

  async #open(scope: string): Promise<Having> {
    const known = this.#scopes.get(scope);
    if (known !== undefined) return known;
    const last = this.#last.get(scope);
    // A restarted thread continues the counts.
    await this.port.openScope(scope, last === undefined ? [] : countsOf(last));
    const having: Having = { generation: 0, templates: new Map(), listeners: new Map(), pools: new Map() };
    this.#scopes.set(scope, having);
    return having;
  }

  async #setGeneration(scope: string, having: Having, generation: number): Promise<void> {
    if (having.generation === generation) return;
    await this.port.send(`${scope}/:`, "setgeneration", String(generation));
    having.generation = generation;
  }

  async #setTemplates(scope: string, having: Having, templates: readonly TemplateState[]): Promise<void> {
    for (const template of templates) {
      const text = escapeReferences(templateType.format(template));
      if (having.templates.get(template.name) === text) continue;
      await this.port.send(`${scope}/:`, "settemplate", text);
      having.templates.set(template.name, text);
    }
  }

  async #rename(scope: string, having: Having, desired: readonly SharedListener[]): Promise<void> {
    for (const [name, had] of [...having.listeners]) {
      const renamed = desired.find(({ id }) => id === had.id);
      if (renamed === undefined || renamed.name === name || having.listeners.has(renamed.name)) continue;
      await this.port.send(`${scope}/${name}:`, "name", `{ name=${quoteText(renamed.name)} }`);
      having.listeners.delete(name);
      having.listeners.set(renamed.name, had);
    }
  }

  /** Sends new messages to a listener; creates it if it does not exist. */
  async #emit(scope: string, having: Having, listener: SharedListener): Promise<void> {
    const { name, hook, threads, messages } = listener;
    const had = having.listeners.get(name);
    // Recorded first, so that it is removed after a failure.
    having.listeners.set(name, listener);
    if (had === undefined) {
      const argument = `{ type="ksocket" ourhook=${quoteText(name)} peerhook=${quoteText(hook)} }`;
      await this.port.send(`${scope}/:`, "mkpeer", argument);
    }
    if (had?.threads !== threads) {
      await this.port.send(`${scope}/:`, "share", `{ node=${quoteText(name)} part=${this.part} of=${threads} }`);
    }
    const sent = new Set(had?.messages.map(formatMessage));
    for (const message of messages) {
      if (sent.has(formatMessage(message))) continue;
      await this.port.send(`${scope}/${name}:`, message.command, message.argument, { declared: true });
    }
  }
}

/** True if messages can change one into the other. */
function canBecome(had: SharedListener, desired: SharedListener): boolean {
  return had.id === desired.id && had.hook === desired.hook && bindOf(had) === bindOf(desired);
}

function bindOf({ messages }: SharedListener): string | null {
  return messages.find(({ command }) => command === "bind")?.argument ?? null;
}
