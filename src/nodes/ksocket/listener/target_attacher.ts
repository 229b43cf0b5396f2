/**
 * Joins accepted connections to the target: a copy of a template, a shared node, or a separate connection.
 *
 * @module
 */

import { NetgraphError } from "../../../errors.ts";
import { type Blueprint, copyTemplate, makeBlueprint } from "../../../graph/message/bring_up.ts";
import { dispatch } from "../../../graph/message/dispatch.ts";
import type { Answer } from "../../../graph/core/message.ts";
import { inTurn } from "../../../graph/core/pending.ts";
import type { MessageState } from "../../../graph/data/state.ts";
import type { Endpoint } from "../../../socket/endpoint.ts";
import { type AcceptTarget, destinationsOf } from "../accept_target.ts";
import { type Destination, isTargetList, parsePeer } from "../destination.ts";
import type { AcceptedSocket } from "./accepted_socket.ts";
import { connectTemplate } from "../client/connect_template.ts";
import type { KsocketConfig } from "../ksocket_config.ts";
import type { SocketNode } from "../role.ts";

/** The name of a clone's one hook. */
const CLONE_HOOK = "data";

/** The template of the copies for connections of one destination. */
interface Prepared {
  /** Null for a node that all connections join. */
  readonly blueprint: Blueprint | null;
  /** The listener's configuration of the blueprint. */
  readonly config: KsocketConfig;
}

/** Joins the clones of one listener. */
export class TargetAttacher {
  readonly #host: SocketNode;
  /** Stored, because connections are still joined after the socket of the listener was closed. */
  readonly #endpoint: Endpoint;
  #prepared = new WeakMap<Destination, Prepared>();

  constructor(host: SocketNode, endpoint: Endpoint) {
    this.#host = host;
    this.#endpoint = endpoint;
  }

  /** Prepares the destinations of a target; if that fails, the previous ones stay. */
  prepare(target: AcceptTarget): void {
    for (const destination of destinationsOf(target)) this.#prepare(destination);
  }

  /** Clears what was prepared. */
  forget(): void {
    this.#prepared = new WeakMap();
  }

  /** Sends a clone its messages and joins it: now, or once its answer arrives. */
  join(clone: AcceptedSocket, destination: Destination, messages: readonly string[] = []): Answer<unknown> {
    if (messages.length === 0) return this.#joinDestination(clone, destination);
    const { graph } = this.#host;
    const steps = [...messages.map(messageOf), null];
    return inTurn(steps, (message) => {
      if (message === null) return this.#joinDestination(clone, destination);
      return dispatch(graph, clone.node, message, { from: null, declared: true });
    });
  }

  #joinDestination(clone: AcceptedSocket, destination: Destination): Answer<unknown> {
    // A client that has left while its messages were answered is not joined.
    if (!clone.node.alive) return null;
    if (destination.peer !== undefined) {
      this.#joinShared(clone, destination.peer);
      return null;
    }
    const blueprint = this.#freshBlueprint(destination);
    if (blueprint === null) throw new RangeError("Accept has no target");
    return copyTemplate(this.#host.graph, blueprint, { node: clone.node, hook: CLONE_HOOK });
  }

  #joinShared(clone: AcceptedSocket, peer: string): void {
    const { graph, node } = this.#host;
    const end = parsePeer(peer);
    clone.joinShared();
    const shared = graph.scope(node.origin.scope).node(end.node);
    graph.connect({ node: clone.node, hook: CLONE_HOOK }, { node: shared, hook: end.hook });
  }

  /** The blueprint of copies: cached, unless the template or the inherited settings have changed. */
  #freshBlueprint(destination: Destination): Blueprint | null {
    const { graph, node } = this.#host;
    const known = this.#prepared.get(destination);
    const template = destination.template === undefined
      ? known?.blueprint?.template
      : graph.scope(node.origin.scope).templates.get(destination.template);
    const fresh = known !== undefined && known.blueprint?.template === template && known.config === this.#host.config;
    return (fresh ? known : this.#prepare(destination)).blueprint;
  }

  #prepare(destination: Destination): Prepared {
    const prepared = { blueprint: this.#makeBlueprint(destination), config: this.#host.config };
    this.#prepared.set(destination, prepared);
    return prepared;
  }

  #makeBlueprint({ connect, template: name, with: values = {} }: Destination): Blueprint | null {
    const { graph, node, config } = this.#host;
    if (connect !== undefined) {
      // The pool of the listener itself; its name is not used.
      const address = isTargetList(connect) ? { family: "pool", name: node.name ?? "own" } as const : connect;
      return makeBlueprint(connectTemplate(address, { config, endpoint: this.#endpoint }), {});
    }
    if (name === undefined) return null;
    const template = graph.scope(node.origin.scope).templates.get(name);
    if (template === undefined) {
      const message = `Cannot accept on "${node.path}": there is no template "${name}"`;
      throw new NetgraphError("ENOENT", message);
    }
    return makeBlueprint(template, values);
  }
}

function messageOf(text: string): MessageState {
  const blank = text.search(/\s/);
  if (blank < 0) return { command: text, argument: null };
  return { command: text.slice(0, blank), argument: text.slice(blank).trim() };
}
