/**
 * The engine's end of sessions: which are open, and what each is asked.
 *
 * @module
 */

import { NetgraphError } from "../errors.ts";
import type { Session, SessionEvent, Sessions } from "../graph/session.ts";
import { MalformedError } from "./fields.ts";
import {
  decodeBase64,
  decodeNodesRequest,
  decodeOpenRequest,
  decodeSessionMessage,
  decodeWriteRequest,
  encodeBase64,
  type SessionLine,
} from "./session_protocol.ts";

/** What belongs to sessions. */
const ROUTE = /^\/v1\/session(?:\/([0-9a-f]+)\/(msg|write|nodes|types|close))?$/;

/** How much may wait for a client that reads slowly, before its data has to wait in the graph. */
const MAX_WAITING_BYTES = 1024 * 1024;

/** The sessions that clients have. */
export class SessionServer {
  readonly #sessions: Sessions | null;
  readonly #open = new Map<string, Session>();

  /**
   * @param sessions null where the graph can have none
   */
  constructor(sessions: Sessions | null) {
    this.#sessions = sessions;
  }

  /** True for the path of a route here. */
  serves(pathname: string): boolean {
    return ROUTE.test(pathname);
  }

  /**
   * Answers a POST to one of the routes.
   *
   * @returns a stream for a new session, plain data for all else
   * @throws NetgraphError what the graph answers; ENOSYS where there are no sessions, ENOENT for one that is over
   */
  answer(pathname: string, body: unknown): unknown {
    const [, id, action] = ROUTE.exec(pathname) ?? [];
    if (id === undefined) return this.#begin(decodeOpenRequest(body).name);
    const session = this.#open.get(id);
    if (session === undefined) throw new NetgraphError("ENOENT", `Cannot go on with session "${id}": it is over`);
    return act(session, action, body);
  }

  #begin(name: string): ReadableStream<Uint8Array> {
    if (this.#sessions === null) {
      throw new NetgraphError(
        "ENOSYS",
        "Cannot open a session: the graph runs in a thread of its own (runtime posix), where there are none yet",
      );
    }
    const lines = new Lines();
    const session = this.#sessions.open(name, {
      tell: (event) => lines.write(wireLine(event)),
      ended: () => {
        this.#open.delete(session.id);
        lines.end();
      },
    });
    this.#open.set(session.id, session);
    const stream = lines.stream({ pull: () => session.resume(), cancel: () => session.close() });
    lines.write({ kind: "open", id: session.id, node: `[${session.id}]` });
    return stream;
  }
}

/** Lines of JSON on their way to whoever reads them. */
class Lines {
  readonly #encoder = new TextEncoder();
  #controller: ReadableStreamDefaultController<Uint8Array> | null = null;

  stream(source: { pull(): void; cancel(): void }): ReadableStream<Uint8Array> {
    const strategy = new ByteLengthQueuingStrategy({ highWaterMark: MAX_WAITING_BYTES });
    const start = (controller: ReadableStreamDefaultController<Uint8Array>) => {
      this.#controller = controller;
    };
    const cancel = () => {
      this.#controller = null;
      source.cancel();
    };
    return new ReadableStream<Uint8Array>({ start, pull: source.pull, cancel }, strategy);
  }

  /** @returns false when it was taken and there is no room for more */
  write(line: SessionLine): boolean {
    const controller = this.#controller;
    if (controller === null) return true;
    controller.enqueue(this.#encoder.encode(`${JSON.stringify(line)}\n`));
    return (controller.desiredSize ?? 0) > 0;
  }

  end(): void {
    this.#controller?.close();
    this.#controller = null;
  }
}

function act(session: Session, action: string | undefined, body: unknown): unknown {
  switch (action) {
    case "msg":
      return session.send(decodeSessionMessage(body));
    case "write": {
      const { hook, base64 } = decodeWriteRequest(body);
      session.write(hook, decodeBase64(base64));
      return {};
    }
    case "nodes":
      return { nodes: session.nodes(decodeNodesRequest(body).path) };
    case "types":
      return { types: session.types() };
    case "close":
      session.close();
      return {};
    default:
      throw new MalformedError(`Sessions know no "${action}"`);
  }
}

function wireLine(event: SessionEvent): SessionLine {
  return event.kind === "data" ? { kind: "data", hook: event.hook, base64: encodeBase64(event.octets) } : event;
}
