/**
 * The options of one socket as they were set: what a runtime without getsockopt answers, and what it applies once the
 * system's socket exists.
 *
 * @module
 */

import { NetgraphError } from "../../errors.ts";
import { type Capabilities, optionSupport, type SocketKind } from "../../socket/capability.ts";
import { optionKey, type SocketOption } from "../../socket/option.ts";
import type { OptionValue } from "../../socket/option_value.ts";
import type { OptionStore } from "./stream_transport.ts";

/** SOCK_STREAM and SOCK_DGRAM, the same on all systems. */
const TYPE_NUMBERS = { stream: 1, dgram: 2 } as const;

/** Leaving a group forgets that it was joined. */
const JOIN_OF: Readonly<Record<string, string>> = {
  IP_DROP_MEMBERSHIP: "IP_ADD_MEMBERSHIP",
  IPV6_LEAVE_GROUP: "IPV6_JOIN_GROUP",
};

/** What a runtime does with the options of streams, or of datagrams. */
export interface OptionRules {
  readonly capabilities: Capabilities;
  /** What holds without being set. */
  readonly defaults: Readonly<Record<string, OptionValue>>;
  /** What the runtime always has on. */
  readonly alwaysOn: readonly string[];
  /** What must be known when the system's socket is made, by listen or bind. */
  readonly early: readonly string[];
  readonly madeBy: "listen" | "bind";
}

/** Options that were set, and those that hold without being set. */
export class SocketOptions implements OptionStore {
  readonly #kind: SocketKind;
  readonly #rules: OptionRules;
  /**
   * What was set; made with the first, as most connections have none. Nobody changes it, so that a thousand connections
   * can have that of their listener.
   */
  #values: ReadonlyMap<string, SocketOption> | null;

  constructor(kind: SocketKind, rules: OptionRules, values: ReadonlyMap<string, SocketOption> | null = null) {
    this.#kind = kind;
    this.#rules = rules;
    this.#values = values;
  }

  /** Everything that was set, in order. */
  get all(): Iterable<SocketOption> {
    return this.#values?.values() ?? [];
  }

  set(option: SocketOption, made: boolean): void {
    this.check(option, made);
    this.note(option);
  }

  /**
   * Refuses what the runtime cannot set, or cannot set any more.
   *
   * @throws NetgraphError ENOPROTOOPT, EINVAL
   */
  check(option: SocketOption, made: boolean): void {
    this.#require(option, "set");
    const name = option.option ?? "";
    if (option.value === 0 && this.#rules.alwaysOn.includes(name)) {
      throw new NetgraphError("ENOPROTOOPT", `Cannot set ${name} to 0: the runtime always sets it`);
    }
    if (made && this.#rules.early.includes(name)) {
      throw new NetgraphError("EINVAL", `Cannot set ${name}: it must come before ${this.#rules.madeBy}`);
    }
  }

  /**
   * Notes an option that was checked.
   *
   * @throws NetgraphError EADDRNOTAVAIL when a group is left that was not joined
   */
  note(option: SocketOption): void {
    const joined = joinOf(option);
    if (joined !== null) return this.#leave(joined);
    const key = optionKey(option);
    const values = new Map(this.#values);
    values.delete(key);
    this.#values = values.set(key, option);
  }

  /** Answers with what was set, otherwise with the default. */
  get(asked: SocketOption): SocketOption {
    this.#require(asked, "get");
    const value = this.#values?.get(optionKey(asked))?.value ?? this.#default(asked.option);
    return { ...asked, value };
  }

  /** A number or switch, by its C name. */
  number(name: string): number {
    const value = this.#values?.get(name)?.value ?? this.#rules.defaults[name];
    return typeof value === "number" ? value : 0;
  }

  /** A switch, by its C name. */
  isOn(name: string): boolean {
    return this.number(name) !== 0;
  }

  /** What a connection has of its listener's options. */
  inherited(): SocketOptions {
    return new SocketOptions(this.#kind, this.#rules, this.#values);
  }

  #leave(membership: SocketOption): void {
    const key = optionKey(membership);
    const values = new Map(this.#values);
    if (!values.delete(key)) throw new NetgraphError("EADDRNOTAVAIL", `Cannot leave ${key}: the socket is no member`);
    this.#values = values;
  }

  #default(name: string | null): OptionValue {
    if (name === "SO_TYPE") return this.#kind.endsWith("dgram") ? TYPE_NUMBERS.dgram : TYPE_NUMBERS.stream;
    return (name === null ? undefined : this.#rules.defaults[name]) ?? 0;
  }

  #require(option: SocketOption, verb: "set" | "get"): void {
    const { capabilities } = this.#rules;
    const { option: name } = option;
    if (name !== null && optionSupport(capabilities, this.#kind, { name, verb }) !== "no") return;
    const action = `Cannot ${verb} ${optionKey(option)} on a socket of kind "${this.#kind}"`;
    throw new NetgraphError("ENOPROTOOPT", `${action}: runtime "${capabilities.runtime}" cannot, runtime "posix" can`);
  }
}

/** The membership that an option ends, as the option that began it; null for any other option. */
export function joinOf(option: SocketOption): SocketOption | null {
  const join = JOIN_OF[option.option ?? ""];
  return join === undefined ? null : { ...option, option: join };
}

/** True for the value of a membership. */
export function hasGroup(
  value: OptionValue | null,
): value is OptionValue & { readonly group: string; readonly interface: string | number } {
  return typeof value === "object" && value !== null && "group" in value && "interface" in value;
}
