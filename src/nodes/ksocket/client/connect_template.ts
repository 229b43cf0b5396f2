/**
 * `accept { connect=ADDRESS }`: short for a template of one ksocket that connects there.
 *
 * @module
 */

import { errorText, NetgraphError } from "../../../errors.ts";
import type { MessageState, TemplateState } from "../../../graph/data/state.ts";
import type { ConnectAddress } from "../../../socket/address.ts";
import { connectAddress } from "../../../socket/address_text.ts";
import type { Endpoint } from "../../../socket/endpoint.ts";
import { connects } from "../../../socket/kind.ts";
import { configPatch, defaultConfig, type KsocketConfig } from "../ksocket_config.ts";

/** The settings that the listener passes on. */
export interface InheritedConfig {
  readonly config: KsocketConfig;
  readonly endpoint: Endpoint;
}

/**
 * A template of one ksocket, which inherits the listener's configuration. Its socket is of the listener's kind: a
 * stream for a connection, datagrams for a flow.
 *
 * @throws NetgraphError EAFNOSUPPORT for an address to which no socket can connect
 */
export function connectTemplate(address: ConnectAddress, { config, endpoint }: InheritedConfig): TemplateState {
  const hook = connectHook(address, connects(endpoint) ? "stream" : "dgram");
  const inherited = configPatch.format(changedConfig(config, defaultConfig(endpoint)));
  const messages: MessageState[] = [{ command: "connect", argument: connectAddress.format(address) }];
  if (inherited !== "{}") messages.unshift({ command: "setconfig", argument: inherited });
  return {
    name: "connect",
    parameters: [],
    entry: { node: "upstream", hook },
    nodes: [{ name: "upstream", type: "ksocket", hook, restart: "never", messages }],
    links: [],
  };
}

/** The hook of a ksocket that connects to `address`; for a pool, whose targets may be of any family, the usual one. */
export function connectHook(address: ConnectAddress, type: "stream" | "dgram"): string {
  if (address.family === "pool") return type === "stream" ? "inet/stream/tcp" : "inet/dgram/udp";
  const named = address.family === "name" ? address.of : address.family;
  // The socket is opened again where another family answers.
  const family = named === "tcp" || named === "udp" ? "inet" : named;
  if (family === "inet" || family === "inet6") return `${family}/${type}/${type === "stream" ? "tcp" : "udp"}`;
  if (family === "local") return `local/${type}/0`;
  throw new NetgraphError(
    "EAFNOSUPPORT",
    `Cannot connect to ${connectAddress.format(address)}: ${errorText("EAFNOSUPPORT")}`,
  );
}

/** The settings that a listener does not pass on. */
const OWN: readonly string[] = ["moveFlows", "maxBytesPerSecond", "totalBytesPerSecond", "handshakeTimeout"];

function changedConfig(config: KsocketConfig, initial: KsocketConfig): Partial<KsocketConfig> {
  const defaults = new Map<string, unknown>(Object.entries(initial));
  const changed = Object.entries(config).filter(([key, value]) => defaults.get(key) !== value && !OWN.includes(key));
  return Object.fromEntries(changed);
}
