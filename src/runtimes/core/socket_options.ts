/**
 * The options of one socket as they were set: the answers of a runtime without getsockopt, and the values that it
 * applies once the system's socket exists.
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

/** Leaving a group removes the record of joining it. */
const JOIN_OF: Readonly<Record<string, string>> = {
  IP_DROP_MEMBERSHIP: "IP_ADD_MEMBERSHIP",
  IPV6_LEAVE_GROUP: "IPV6_JOIN_GROUP",
};

/** How a runtime treats the options of streams, or of datagrams. */
export interface OptionRules {
  readonly capabilities: Capabilities;
  /** Values that apply without being set. */
  readonly defaults: Readonly<Record<string, OptionValue>>;
  /** Options that are always on. */
  readonly alwaysOn: readonly string[];
  /** Options that must be known when listen or bind creates the system's socket. */
  readonly early: readonly string[];
  readonly madeBy: "listen" | "bind";
}

/** The options that were set, and those that apply without being set. */
export class SocketOptions implements OptionStore {
  readonly #kind: SocketKind;
  readonly #rules: OptionRules;
  /**
   * The options that were set; created with the first one, because most connections have none. It is never modified, so
   * that a thousand connections can share that of their listener.
   */
  #values: ReadonlyMap<string, SocketOption> | null;

  constructor(kind: SocketKind, rules: OptionRules, values: ReadonlyMap<string, SocketOption> | null = null) {
    this.#kind = kind;
    this.#rules = rules;
    this.#values = values;
  }

  /** All options that were set, in order. */
  get all(): Iterable<SocketOption> {
    return this.#values?.values() ?? [];
  }

  set(option: SocketOption, made: boolean): void {
    this.check(option, made);
    this.note(option);
  }

  /**
   * Rejects an option that the runtime cannot set, or can no longer set.
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
   * Records an option that was checked.
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

  /** Returns the value that was set, otherwise the default. */
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

  /** The options that a connection inherits from its listener. */
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

/** The membership that an option ends, as the option that started it; null for any other option. */
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
