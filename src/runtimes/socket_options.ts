/**
 * The options of one socket as they were set: what a runtime without getsockopt answers, and what it applies once the
 * system's socket exists.
 *
 * @module
 */

import { NetgraphError } from "../errors.ts";
import { type Capabilities, optionSupport, type SocketKind } from "../socket/capability.ts";
import { optionKey, type SocketOption } from "../socket/option.ts";
import type { OptionValue } from "../socket/option_value.ts";

/** SOCK_STREAM and SOCK_DGRAM, the same on all systems. */
const TYPE_NUMBERS = { stream: 1, dgram: 2 } as const;

/** Options that were set, and those that hold without being set. */
export class SocketOptions {
  readonly #kind: SocketKind;
  readonly #capabilities: Capabilities;
  /**
   * What was set; made with the first, as most connections have none. Nobody changes it, so that a thousand connections
   * can have that of their listener.
   */
  #values: ReadonlyMap<string, SocketOption> | null;
  readonly #defaults: Readonly<Record<string, OptionValue>>;

  constructor(
    kind: SocketKind,
    capabilities: Capabilities,
    options: { defaults: Readonly<Record<string, OptionValue>>; values?: ReadonlyMap<string, SocketOption> | null },
  ) {
    this.#kind = kind;
    this.#capabilities = capabilities;
    this.#defaults = options.defaults;
    const { values = null } = options;
    this.#values = values;
  }

  /** Everything that was set, in order. */
  get all(): Iterable<SocketOption> {
    return this.#values?.values() ?? [];
  }

  /**
   * Notes an option.
   *
   * @throws NetgraphError ENOPROTOOPT where the runtime cannot set it
   */
  set(option: SocketOption): void {
    this.require(option, "set");
    const key = optionKey(option);
    const values = new Map(this.#values);
    values.delete(key);
    this.#values = values.set(key, option);
  }

  /**
   * Forgets a membership.
   *
   * @throws NetgraphError EADDRNOTAVAIL when there is none
   */
  leave(membership: SocketOption): void {
    const key = optionKey(membership);
    const values = new Map(this.#values);
    if (!values.delete(key)) throw new NetgraphError("EADDRNOTAVAIL", `Cannot leave ${key}: the socket is no member`);
    this.#values = values;
  }

  /**
   * Answers with what was set, else with the default.
   *
   * @throws NetgraphError ENOPROTOOPT where the runtime cannot tell
   */
  get(asked: SocketOption): SocketOption {
    this.require(asked, "get");
    const value = this.#values?.get(optionKey(asked))?.value ?? this.#default(asked.option);
    return { ...asked, value };
  }

  /** A number or switch, by its C name. */
  number(name: string): number {
    const value = this.#values?.get(name)?.value ?? this.#defaults[name];
    return typeof value === "number" ? value : 0;
  }

  /** What a connection has of its listener's options. */
  inherited(): SocketOptions {
    return new SocketOptions(this.#kind, this.#capabilities, { defaults: this.#defaults, values: this.#values });
  }

  #default(name: string | null): OptionValue {
    if (name === "SO_TYPE") return this.#kind.endsWith("dgram") ? TYPE_NUMBERS.dgram : TYPE_NUMBERS.stream;
    return (name === null ? undefined : this.#defaults[name]) ?? 0;
  }

  /**
   * Refuses what the runtime cannot do.
   *
   * @throws NetgraphError ENOPROTOOPT
   */
  require(option: SocketOption, verb: "set" | "get"): void {
    const { option: name } = option;
    if (name !== null && optionSupport(this.#capabilities, this.#kind, { name, verb }) !== "no") return;
    const action = `Cannot ${verb} ${optionKey(option)} on a socket of kind "${this.#kind}"`;
    const message = `${action}: runtime "${this.#capabilities.runtime}" cannot, runtime "posix" can`;
    throw new NetgraphError("ENOPROTOOPT", message);
  }
}

/**
 * Refuses to turn off what the runtime always has on.
 *
 * @throws NetgraphError ENOPROTOOPT
 */
export function requireOn(option: SocketOption, names: readonly string[]): void {
  if (option.option === null || !names.includes(option.option) || option.value !== 0) return;
  throw new NetgraphError("ENOPROTOOPT", `Cannot set ${option.option} to 0: the runtime always sets it`);
}
