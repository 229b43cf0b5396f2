/**
 * The engine's end of sessions: which are open, and what each is asked.
 *
 * @module
 */

import { NetgraphError } from "../errors.ts";
import type { GraphPort } from "../graph/port/port.ts";
import type { Session, SessionEvent } from "../graph/session/session.ts";
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
  readonly #port: Pick<GraphPort, "openSession">;
  readonly #open = new Map<string, Session>();

  constructor(port: Pick<GraphPort, "openSession">) {
    this.#port = port;
  }

  /** True for the path of a route here. */
  serves(pathname: string): boolean {
    return ROUTE.test(pathname);
  }

  /**
   * Answers a POST to one of the routes.
   *
   * @returns a stream for a new session, plain data for all else
   * @throws NetgraphError what the graph answers; ENOENT for a session that is over
   */
  async answer(pathname: string, body: unknown): Promise<unknown> {
    const [, id, action] = ROUTE.exec(pathname) ?? [];
    if (id === undefined) return await this.#begin(decodeOpenRequest(body).name);
    const session = this.#open.get(id);
    if (session === undefined) throw new NetgraphError("ENOENT", `Cannot use session "${id}": it has ended`);
    return await act(session, action, body);
  }

  async #begin(name: string): Promise<ReadableStream<Uint8Array>> {
    const lines = new Lines();
    const session = await this.#port.openSession(name, {
      tell: (event) => lines.write(wireLine(event)),
      ended: () => {
        this.#open.delete(session.id);
        lines.end();
      },
    });
    this.#open.set(session.id, session);
    return lines.stream({
      first: { kind: "open", id: session.id, node: `[${session.id}]` },
      pull: () => session.resume(),
      cancel: () => session.close(),
    });
  }
}

/** How lines come to whoever reads them. */
interface LineSource {
  readonly first: SessionLine;
  pull(): void;
  cancel(): Promise<void>;
}

/** Lines of JSON on their way to whoever reads them. */
class Lines {
  readonly #encoder = new TextEncoder();
  #controller: ReadableStreamDefaultController<Uint8Array> | null = null;
  /** Lines from before there was a stream. */
  #early: SessionLine[] = [];
  #over = false;

  stream({ first, pull, cancel }: LineSource): ReadableStream<Uint8Array> {
    const strategy = new ByteLengthQueuingStrategy({ highWaterMark: MAX_WAITING_BYTES });
    const start = (controller: ReadableStreamDefaultController<Uint8Array>) => {
      this.#controller = controller;
      for (const line of [first, ...this.#early]) this.write(line);
      this.#early = [];
      if (this.#over) this.end();
    };
    const forget = async () => {
      this.#controller = null;
      this.#over = true;
      await cancel();
    };
    return new ReadableStream<Uint8Array>({ start, pull, cancel: forget }, strategy);
  }

  /** @returns false when it was taken and there is no room for more */
  write(line: SessionLine): boolean {
    const controller = this.#controller;
    if (controller === null) {
      if (!this.#over) this.#early.push(line);
      return this.#over;
    }
    controller.enqueue(this.#encoder.encode(`${JSON.stringify(line)}\n`));
    return (controller.desiredSize ?? 0) > 0;
  }

  end(): void {
    this.#over = true;
    this.#controller?.close();
    this.#controller = null;
  }
}

async function act(session: Session, action: string | undefined, body: unknown): Promise<unknown> {
  switch (action) {
    case "msg":
      return await session.send(decodeSessionMessage(body));
    case "write": {
      const { hook, base64 } = decodeWriteRequest(body);
      await session.write(hook, decodeBase64(base64));
      return {};
    }
    case "nodes":
      return { nodes: await session.nodes(decodeNodesRequest(body).path) };
    case "types":
      return { types: await session.types() };
    case "close":
      await session.close();
      return {};
    default:
      throw new MalformedError(`Unknown session action "${action}"`);
  }
}

function wireLine(event: SessionEvent): SessionLine {
  if (event.kind !== "data") return event;
  const { octets, ...rest } = event;
  return { ...rest, base64: encodeBase64(octets) };
}
