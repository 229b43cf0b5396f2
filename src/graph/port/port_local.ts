/**
 * The port of a graph in the same thread.
 *
 * @module
 */

import { runCooperatively } from "../../cooperative.ts";
import { anchorType } from "../message/anchor.ts";
import { dispatch } from "../message/dispatch.ts";
import type { GraphEvent } from "../data/event.ts";
import { followPath } from "../message/follow.ts";
import type { Graph } from "../core/graph.ts";
import type { Reply } from "../core/message.ts";
import { Pending } from "../core/pending.ts";
import type { GraphPort } from "./port.ts";
import { snapshotScope } from "../snapshot/snapshot_scope.ts";
import { type MakeSessionEnd, Sessions } from "../session/session_local.ts";

/** The input of a port beside its graph. */
export interface LocalPortParts {
  /** Creates the nodes of sessions. */
  readonly sessionEnd: MakeSessionEnd;
  /** Releases the resources of the graph's nodes, once they are shut down: its sockets. */
  readonly release?: () => Promise<void>;
  /** Lets the rest of this thread run for a turn, during long work. */
  readonly yieldToLoop?: (() => Promise<void>) | undefined;
}

/** A port to `graph`. */
export function localPort(graph: Graph, { sessionEnd, release, yieldToLoop }: LocalPortParts): GraphPort {
  const pace = { clock: graph.clock, yieldToLoop };
  const sessions = new Sessions(graph, sessionEnd);
  return {
    async send(path, command, argument, options = {}): Promise<Reply> {
      const { node, hook } = followPath(graph, path, null);
      const answer = dispatch(graph, node, { command, argument }, {
        from: null,
        by: hook,
        declared: options.declared ?? false,
        reset: options.reset ?? false,
        folder: options.folder ?? null,
      });
      return answer instanceof Pending ? await answer.promise() : answer;
    },
    snapshot: (scope, options) => runCooperatively(snapshotScope(graph, scope, options), pace),
    scopes: () => Promise.resolve(graph.scopes()),
    async openScope(name, counts = []): Promise<void> {
      graph.counts.restore(name, counts);
      await graph.openScope(name, anchorType);
    },
    async closeScope(name): Promise<void> {
      await runCooperatively(graph.closeScope(name), pace);
      const freed = graph.whenFreed();
      if (freed instanceof Pending) await freed.promise();
    },
    openSession: (name, listener) => Promise.try(() => sessions.open(name, listener)),
    recordConnections: (recording) => Promise.try(() => graph.connectionLog.switch(recording)),
    tap: (act) => Promise.try(() => graph.tap(act)),
    subscribe: (listen: (event: GraphEvent) => void) => graph.subscribe(listen),
    async close(): Promise<void> {
      sessions.close();
      graph.close();
      await release?.();
    },
  };
}
