/**
 * `accept { connect=ADDRESS }`: short for a template of one ksocket that connects there.
 *
 * @module
 */

import { errorText, NetgraphError } from "../errors.ts";
import type { MessageState, TemplateState } from "../graph/state.ts";
import { type ConnectAddress, connectAddress } from "../socket/address.ts";
import { configPatch, DEFAULT_CONFIG, type KsocketConfig } from "./ksocket_config.ts";

/**
 * A template of one ksocket, which inherits what the listener is configured to.
 *
 * @throws NetgraphError EAFNOSUPPORT for an address that no stream connects to
 */
export function connectTemplate(address: ConnectAddress, config: KsocketConfig): TemplateState {
  const hook = connectHook(address);
  const inherited = configPatch.format(changedConfig(config));
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

/** The hook of a stream ksocket that connects to `address`. */
function connectHook(address: ConnectAddress): string {
  const family = address.family === "name" ? address.of : address.family;
  if (family === "inet" || family === "inet6") return `${family}/stream/tcp`;
  if (family === "local") return "local/stream/0";
  throw new NetgraphError(
    "EAFNOSUPPORT",
    `Cannot connect to ${connectAddress.format(address)}: ${errorText("EAFNOSUPPORT")}`,
  );
}

function changedConfig(config: KsocketConfig): Partial<KsocketConfig> {
  const defaults = new Map<string, unknown>(Object.entries(DEFAULT_CONFIG));
  return Object.fromEntries(Object.entries(config).filter(([key, value]) => defaults.get(key) !== value));
}
