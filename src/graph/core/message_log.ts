/**
 * A node's own record of the messages that made it what it is: what `observe` reads, and what `export` prints.
 *
 * Actions and queries by hand leave no trace; a setting overwrites an earlier one of the same keys, so that the record
 * stays as short as the node's description.
 *
 * @module
 */

import { type ErrorData, NetgraphError } from "../../errors.ts";
import type { Command } from "./command.ts";
import { renameReferences } from "./reference.ts";
import type { MessagePhase, MessageRecord } from "../data/snapshot.ts";

/** One message of a record, as it goes on. */
export class MessageLogEntry {
  /** The command's name. */
  readonly command: string;
  /** Its argument in ASCII form, null where there is none. */
  argument: string | null;
  /** True when a topology sent it. */
  readonly declared: boolean;
  /** What it sets, for settings; sorted. */
  readonly keys: readonly string[] | null;
  /** How far it is. */
  phase: MessagePhase = "waiting";
  /** The reply in ASCII form. */
  reply: string | null = null;
  /** True where its effect is not known, or is another one. */
  unverified = false;
  /** Why it failed. */
  error: ErrorData | null = null;
  /** The entry whose place it took, until it is decided whether it keeps it. */
  replaced: MessageLogEntry | null = null;

  /** Begins a record of a message that is on its way. */
  constructor(
    message: { readonly command: string; readonly argument: string | null },
    options: { readonly declared: boolean; readonly keys: readonly string[] | null },
  ) {
    this.command = message.command;
    this.argument = message.argument;
    this.declared = options.declared;
    this.keys = options.keys;
  }

  /** Notes that it failed. */
  fail(error: unknown): void {
    this.phase = "failed";
    this.replaced = null;
    this.error = error instanceof NetgraphError
      ? error.toData()
      : { code: "EIO", message: error instanceof Error ? error.message : String(error), subject: {} };
  }

  /** The entry as plain data. */
  snapshot(): MessageRecord {
    const { command, argument, phase, reply, error, declared, unverified } = this;
    return { command, argument, phase, reply, error, declared, ...(unverified ? { unverified } : {}) };
  }
}

const NO_ENTRIES: readonly MessageLogEntry[] = [];

/** The messages of one node, in the order they were sent. */
export class MessageLog {
  /** Exactly as long as it is: an array that was pushed to has room for 16 more, and every connection has one. */
  #entries: readonly MessageLogEntry[] = NO_ENTRIES;

  /** Begins an entry, or returns null for a message that leaves no trace. */
  begin(
    { message, command, args }: {
      readonly message: { readonly command: string; readonly argument: string | null };
      readonly command: Command<unknown, unknown>;
      readonly args: unknown;
    },
    declared: boolean,
  ): MessageLogEntry | null {
    const setting = command.kind === "setting" && command.once?.(args) !== true;
    const lasting = command.kind === "lifecycle" || setting;
    if (!lasting && !declared) return null;
    // What may be told again without harm is known as it was told last: a backlog.
    const again = command.kind === "setting" || (command.kind === "lifecycle" && command.cost === "live");
    const keys = again ? settingKeys(command, args) : null;
    const entry = new MessageLogEntry(message, { declared, keys });
    if (this.#entries.length === 0) {
      this.#entries = [entry];
      return entry;
    }
    const earlier = this.#placeOf(entry);
    entry.replaced = this.#entries[earlier] ?? null;
    this.#entries = earlier === -1 ? [...this.#entries, entry] : this.#entries.with(earlier, entry);
    return entry;
  }

  /**
   * The place of the entry that `entry` overwrites; -1 where there is none, or where one that came later sets a part of
   * the same keys: the last one of a key counts, so that the new one goes behind it.
   */
  #placeOf(entry: MessageLogEntry): number {
    const { command, keys } = entry;
    const place = this.#entries.findLastIndex((one) => {
      if (one.command !== command) return false;
      return keys === null ? one.argument === entry.argument : sameKeys(one.keys ?? [], keys);
    });
    const later = this.#entries.slice(place + 1).filter((one) => one.command === command);
    return later.some((one) => keys?.some((key) => one.keys?.includes(key) === true)) ? -1 : place;
  }

  /** Takes back an entry whose message was refused and changed nothing: what it had replaced holds on. */
  forget(entry: MessageLogEntry): void {
    this.#entries = this.#entries.flatMap((one) => {
      if (one !== entry) return [one];
      return entry.replaced === null ? [] : [entry.replaced];
    });
  }

  /** A setting was taken back: nothing is left of it, unless a message set others of its command along with it. */
  takeBack(entry: MessageLogEntry): void {
    const { command, keys } = entry;
    const own = new Set(keys);
    const others = this.#entries.filter((one) => one !== entry && one.command === command);
    const same = others.filter((one) => one.keys?.some((key) => own.has(key)) === true);
    if (same.some((one) => one.keys?.every((key) => own.has(key)) !== true)) return;
    this.#entries = this.#entries.filter((one) => one !== entry && !same.includes(one));
  }

  /** Nothing is left of the messages of a command: what they set was taken back by a message of another name. */
  drop(command: string): void {
    this.#entries = this.#entries.filter((one) => one.command !== command);
  }

  /** References follow the names of the nodes that they are about: new ones by old ones. */
  refer(names: ReadonlyMap<string, string>): void {
    for (const entry of this.#entries) {
      if (entry.argument !== null) entry.argument = renameReferences(entry.argument, names);
    }
  }

  /** The last reply of a declared query, in ASCII form. */
  reply(command: string): string | null {
    return this.#entries.findLast((entry) => entry.command === command && entry.reply !== null)?.reply ?? null;
  }

  /** True when a message waits or has failed, so that the node is not what it was declared to be. */
  get complete(): boolean {
    return this.#entries.every((entry) => entry.phase === "done" || entry.phase === "deferred");
  }

  /** A bind that was deferred is done once the socket is there. */
  settleDeferred(): void {
    for (const entry of this.#entries) if (entry.phase === "deferred") entry.phase = "done";
  }

  /** The entries, in the order in which they count. */
  entries(): readonly MessageLogEntry[] {
    return this.#entries;
  }
}

/** A setting without keys of its own has the one that every such message sets. */
function settingKeys(command: Command<unknown, unknown>, args: unknown): readonly string[] {
  return command.entries?.(args).map((entry) => entry.key).sort() ?? [""];
}

function sameKeys(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((key, index) => key === other[index]);
}
