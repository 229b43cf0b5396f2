/**
 * A node's own record of the messages that configured it: `observe` reads it, and `export` prints it.
 *
 * Manual actions and queries are not recorded; a setting overwrites an earlier one with the same keys, so the record
 * stays as short as the node's description.
 *
 * @module
 */

import { type ErrorData, NetgraphError } from "../../errors.ts";
import type { Command } from "./command.ts";
import { renameReferences } from "./reference.ts";
import type { MessagePhase, MessageRecord } from "../data/snapshot.ts";

/** One message of a record, during its handling. */
export class MessageLogEntry {
  /** The command's name. */
  readonly command: string;
  /** Its argument in ASCII form, null if there is none. */
  argument: string | null;
  /** True if it belongs to a topology. */
  readonly declared: boolean;
  /** The keys that it sets, for settings; sorted. */
  readonly keys: readonly string[] | null;
  /** Its phase. */
  phase: MessagePhase = "waiting";
  /** The reply in ASCII form. */
  reply: string | null = null;
  /** True if its effect is unknown, or different. */
  unverified = false;
  /** The error, if it failed. */
  error: ErrorData | null = null;
  /** The entry that it replaced, until the replacement is final. */
  replaced: MessageLogEntry | null = null;

  /** Starts the record of a message that is being handled. */
  constructor(
    message: { readonly command: string; readonly argument: string | null },
    options: { readonly declared: boolean; readonly keys: readonly string[] | null },
  ) {
    this.command = message.command;
    this.argument = message.argument;
    this.declared = options.declared;
    this.keys = options.keys;
  }

  /** Records that it failed. */
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
  /** Of exact length: an array after a push has room for 16 more entries, and every connection has one array. */
  #entries: readonly MessageLogEntry[] = NO_ENTRIES;

  /** Starts an entry, or returns null for a message that is not recorded. */
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
    // Messages that can be repeated without harm are recorded with their last argument: a backlog.
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
   * The place of the entry that `entry` overwrites; -1 if there is none, or if a later one sets some of the same keys:
   * the last one of a key counts, so the new one is appended.
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

  /** Removes an entry whose message was rejected and changed nothing: the replaced entry is restored. */
  forget(entry: MessageLogEntry): void {
    this.#entries = this.#entries.flatMap((one) => {
      if (one !== entry) return [one];
      return entry.replaced === null ? [] : [entry.replaced];
    });
  }

  /** A setting was reset: its entry is removed, unless the message also set other keys. */
  removeReset(entry: MessageLogEntry): void {
    const { command, keys } = entry;
    const own = new Set(keys);
    const others = this.#entries.filter((one) => one !== entry && one.command === command);
    const same = others.filter((one) => one.keys?.some((key) => own.has(key)) === true);
    if (same.some((one) => one.keys?.every((key) => own.has(key)) !== true)) return;
    this.#entries = this.#entries.filter((one) => one !== entry && !same.includes(one));
  }

  /**
   * Removes the entries of a command: a message of another name has cleared its settings.
   *
   * @param keys only entries that set these; null: all
   */
  drop(command: string, keys: readonly string[] | null): void {
    this.#entries = this.#entries.filter((one) => {
      if (one.command !== command) return true;
      return keys !== null && one.keys?.some((key) => keys.includes(key)) !== true;
    });
  }

  /** Renames nodes in references: new names by old ones. */
  refer(names: ReadonlyMap<string, string>): void {
    for (const entry of this.#entries) {
      if (entry.argument !== null) entry.argument = renameReferences(entry.argument, names);
    }
  }

  /** The last reply of a declared query, in ASCII form. */
  reply(command: string): string | null {
    return this.#entries.findLast((entry) => entry.command === command && entry.reply !== null)?.reply ?? null;
  }

  /** True when a message waits or has failed, so the node differs from its declaration. */
  get complete(): boolean {
    return this.#entries.every((entry) => entry.phase === "done" || entry.phase === "deferred");
  }

  /** A bind that was deferred is done once the socket exists. */
  settleDeferred(): void {
    for (const entry of this.#entries) if (entry.phase === "deferred") entry.phase = "done";
  }

  /** The entries, in their effective order. */
  entries(): readonly MessageLogEntry[] {
    return this.#entries;
  }
}

/** A setting without keys has one common key. */
function settingKeys(command: Command<unknown, unknown>, args: unknown): readonly string[] {
  return command.entries?.(args).map((entry) => entry.key).sort() ?? [""];
}

function sameKeys(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((key, index) => key === other[index]);
}
