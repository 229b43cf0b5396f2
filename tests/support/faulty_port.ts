/**
 * A way into a graph on which messages fail when the test says so: before they are carried out, or after, when only the
 * answer is lost.
 *
 * @module
 */

import { NetgraphError } from "../../src/errors.ts";
import type { ConnectionRecording } from "../../src/graph/data/connection_record.ts";
import type { TapAct } from "../../src/graph/data/tap.ts";
import type { GraphEvent } from "../../src/graph/data/event.ts";
import type { Reply } from "../../src/graph/core/message.ts";
import type { GraphPort, SendOptions } from "../../src/graph/port/port.ts";
import type { Session, SessionListener } from "../../src/graph/session/session.ts";
import type { ScopeSnapshot, SnapshotOptions } from "../../src/graph/data/snapshot.ts";

/** One message that is sent. */
export interface Sent {
  readonly path: string;
  readonly command: string;
  readonly argument: string | null;
}

/**
 * - `pass`: it is carried out and answered
 * - `refuse`: it is not carried out
 * - `lose`: it is carried out, and its answer is a failure
 */
export type Fate = "pass" | "refuse" | "lose";

/** Decides about every message. */
export class FaultyPort implements GraphPort {
  readonly #port: GraphPort;
  /** What becomes of a message. */
  fateOf: (sent: Sent) => Fate = () => "pass";
  /** What a message waits for before it is carried out. */
  holds: (sent: Sent) => Promise<void> | null = () => null;
  /** True where nothing can be seen any more either. */
  blind = false;

  constructor(port: GraphPort) {
    this.#port = port;
  }

  async send(path: string, command: string, argument: string | null, options?: SendOptions): Promise<Reply> {
    const fate = this.fateOf({ path, command, argument });
    if (fate === "refuse") throw failure(`${path} ${command}`);
    await this.holds({ path, command, argument });
    const reply = await this.#port.send(path, command, argument, options);
    if (fate === "lose") throw failure(`${path} ${command}`);
    return reply;
  }

  snapshot(scope: string, options?: SnapshotOptions): Promise<ScopeSnapshot | null> {
    return this.blind ? Promise.reject(failure("snapshot")) : this.#port.snapshot(scope, options);
  }

  scopes(): Promise<readonly string[]> {
    return this.#port.scopes();
  }

  openScope(name: string): Promise<void> {
    return this.#port.openScope(name);
  }

  closeScope(name: string): Promise<void> {
    return this.#port.closeScope(name);
  }

  openSession(name: string | null, listener: SessionListener): Promise<Session> {
    return this.#port.openSession(name, listener);
  }

  tap(act: TapAct): Promise<void> {
    return this.#port.tap(act);
  }

  recordConnections(recording: ConnectionRecording): Promise<void> {
    return this.#port.recordConnections(recording);
  }

  subscribe(listen: (event: GraphEvent) => void): () => void {
    return this.#port.subscribe(listen);
  }

  close(): Promise<void> {
    return this.#port.close();
  }
}

function failure(what: string): NetgraphError {
  return new NetgraphError("EIO", `Cannot do "${what}": the test does not let it`);
}
