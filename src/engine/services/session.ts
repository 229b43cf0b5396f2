/**
 * The engine's end of sessions: which are open, and what each is asked.
 *
 * @module
 */

import { decodeBase64, encodeBase64, SESSION, type SessionLine } from "../../api/operations/session.ts";
import { serve, serveStream, type Service } from "../../api/service.ts";
import { NetgraphError } from "../../errors.ts";
import type { GraphPort } from "../../graph/port/port.ts";
import type { Session, SessionEvent } from "../../graph/session/session.ts";
import type { ClientReport } from "../client_changes.ts";

/** How much may wait for a client that reads slowly, before its data has to wait in the graph. */
const MAX_WAITING_BYTES = 1024 * 1024;

/** Serves sessions over a graph. */
export function sessionServices(
  port: Pick<GraphPort, "openSession">,
  report: ClientReport,
): readonly Service[] {
  const sessions = new Sessions(port);
  return [
    serveStream(SESSION.open, ({ name }) => sessions.open(name)),
    serve(SESSION.send, async ({ id, ...message }) => {
      const answer = await sessions.at(id).send(message);
      report.message(absolute(message.path, sessions.nameOf(id)), message);
      return answer;
    }),
    serve(SESSION.write, async ({ id, hook, base64 }) => {
      await sessions.at(id).write(hook, decodeBase64(base64));
      return {};
    }),
    serve(SESSION.nodes, async ({ id, path }) => ({ nodes: await sessions.at(id).nodes(path) })),
    serve(SESSION.types, async ({ id }) => ({ types: await sessions.at(id).types() })),
    serve(SESSION.close, async ({ id }) => {
      await sessions.at(id).close();
      return {};
    }),
  ];
}

/** The sessions that clients have. */
class Sessions {
  readonly #port: Pick<GraphPort, "openSession">;
  readonly #open = new Map<string, Session>();
  readonly #names = new Map<string, string>();

  constructor(port: Pick<GraphPort, "openSession">) {
    this.#port = port;
  }

  /** @throws NetgraphError ENOENT for a session that has ended */
  at(id: string): Session {
    const session = this.#open.get(id);
    if (session === undefined) throw new NetgraphError("ENOENT", `Cannot use session "${id}": it has ended`);
    return session;
  }

  /** What its node was named. */
  nameOf(id: string): string {
    return this.#names.get(id) ?? `[${id}]`;
  }

  async open(name: string): Promise<ReadableStream<Uint8Array>> {
    const lines = new Lines();
    const session = await this.#port.openSession(name, {
      emit: (event) => lines.write(wireLine(event)),
      ended: () => {
        this.#open.delete(session.id);
        this.#names.delete(session.id);
        lines.end();
      },
    });
    this.#open.set(session.id, session);
    this.#names.set(session.id, name);
    return lines.stream({
      first: { kind: "open", id: session.id, node: `[${session.id}]` },
      pull: () => session.resume(),
      cancel: () => session.close(),
    });
  }
}

/** A session's path with the node that it begins at, which is its own where it names none. */
function absolute(path: string, own: string): string {
  const rest = path.startsWith(".:") ? path.slice(2) : path === "." ? "" : path;
  return rest.includes(":") ? rest : `${own}:${rest}`;
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

function wireLine(event: SessionEvent): SessionLine {
  if (event.kind !== "data") return event;
  const { octets, ...rest } = event;
  return { ...rest, base64: encodeBase64(octets) };
}
