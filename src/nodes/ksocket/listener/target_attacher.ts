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
import { type AcceptTarget, isTargetList, parsePeer } from "../accept_target.ts";
import type { AcceptedSocket } from "./accepted_socket.ts";
import { connectTemplate } from "../client/connect_template.ts";
import type { KsocketConfig } from "../ksocket_config.ts";
import type { SocketNode } from "../life.ts";

/** The name of a clone's one hook. */
const CLONE_HOOK = "data";

/** Joins the clones of one listener. */
export class TargetAttacher {
  readonly #host: SocketNode;
  /** Kept: it continues to join after the listener's socket has closed. */
  readonly #endpoint: Endpoint;
  #blueprint: Blueprint | null = null;
  /** The listener's configuration of the blueprint. */
  #handedDown: KsocketConfig | null = null;

  constructor(host: SocketNode, endpoint: Endpoint) {
    this.#host = host;
    this.#endpoint = endpoint;
  }

  /** Prepares a target; if that fails, the previous one stays. */
  prepare(target: AcceptTarget): void {
    this.#blueprint = this.#makeBlueprint(target);
  }

  /** Clears the prepared target. */
  forget(): void {
    this.#blueprint = null;
  }

  /** Sends a clone its messages and joins it: now, or once its answer arrives. */
  join(clone: AcceptedSocket, target: AcceptTarget): Answer<unknown> {
    const { messages = [] } = target;
    if (messages.length === 0) return this.#joinTarget(clone, target);
    const { graph } = this.#host;
    const steps = [...messages.map(messageOf), null];
    return inTurn(steps, (message) => {
      if (message === null) return this.#joinTarget(clone, target);
      return dispatch(graph, clone.node, message, { from: null, declared: true });
    });
  }

  #joinTarget(clone: AcceptedSocket, target: AcceptTarget): Answer<unknown> {
    // A client that has left while its messages were answered is not joined.
    if (!clone.node.alive) return null;
    if (target.peer !== undefined) {
      this.#joinShared(clone, target.peer);
      return null;
    }
    const blueprint = this.#freshBlueprint(target);
    if (blueprint === null) throw new RangeError("Cannot happen: accept has no target");
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
  #freshBlueprint(target: AcceptTarget): Blueprint | null {
    const { graph, node } = this.#host;
    const template = target.template === undefined
      ? this.#blueprint?.template
      : graph.scope(node.origin.scope).templates.get(target.template);
    const fresh = this.#blueprint?.template === template && this.#handedDown === this.#host.config;
    if (!fresh) this.#blueprint = this.#makeBlueprint(target);
    return this.#blueprint;
  }

  #makeBlueprint(target: AcceptTarget): Blueprint | null {
    const { graph, node } = this.#host;
    const [config, endpoint] = [this.#host.config, this.#endpoint];
    this.#handedDown = config;
    if (target.connect !== undefined) {
      // The pool is the listener's own, whatever its name is.
      const address = isTargetList(target.connect)
        ? { family: "pool", name: node.name ?? "own" } as const
        : target.connect;
      return makeBlueprint(connectTemplate(address, { config, endpoint }), {});
    }
    if (target.template === undefined) return null;
    const template = graph.scope(node.origin.scope).templates.get(target.template);
    if (template === undefined) {
      const message = `Cannot accept on "${node.path}": there is no template "${target.template}"`;
      throw new NetgraphError("ENOENT", message);
    }
    return makeBlueprint(template, target.with ?? {});
  }
}

function messageOf(text: string): MessageState {
  const blank = text.search(/\s/);
  if (blank < 0) return { command: text, argument: null };
  return { command: text.slice(0, blank), argument: text.slice(blank).trim() };
}
