/**
 * The engine's end of sessions: the open ones, and their requests.
 *
 * @module
 */

import { decodeBase64, encodeBase64, SESSION, type SessionLine } from "../../api/operations/session.ts";
import { serve, serveLines, type Service } from "../../api/service.ts";
import { Channel } from "../../channel.ts";
import { NetgraphError } from "../../errors.ts";
import type { GraphPort } from "../../graph/port/port.ts";
import { costOfEvent, type Session, type SessionEvent } from "../../graph/session/session.ts";
import type { ClientReport } from "../client_changes.ts";

/** The limit of data that waits for a slow client before further data waits in the graph. */
const MAX_WAITING_BYTES = 1024 * 1024;

/** Serves sessions over a graph. */
export function sessionServices(
  port: Pick<GraphPort, "openSession">,
  report: ClientReport,
): readonly Service[] {
  const sessions = new Sessions(port);
  return [
    serveLines(SESSION.open, ({ name }, closed) => sessions.open(name, closed)),
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

/** The sessions of clients. */
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

  /** The name of its node. */
  nameOf(id: string): string {
    return this.#names.get(id) ?? `[${id}]`;
  }

  async open(name: string, closed: AbortSignal): Promise<AsyncGenerator<SessionLine, void, void>> {
    const events = new Channel<SessionEvent>({
      limit: MAX_WAITING_BYTES,
      costOf: costOfEvent,
      overflow: "block",
      onRoom: () => session.resume(),
      signal: closed,
    });
    const session = await this.#port.openSession(name, {
      emit: (event) => events.send(event),
      ended: () => {
        this.#open.delete(session.id);
        this.#names.delete(session.id);
        events.end();
      },
    });
    this.#open.set(session.id, session);
    this.#names.set(session.id, name);
    // The end of the graph has closed it.
    closed.addEventListener("abort", () => void session.close().catch(() => {}), { once: true });
    return linesOf(session.id, events);
  }
}

async function* linesOf(id: string, events: AsyncIterable<SessionEvent>): AsyncGenerator<SessionLine, void, void> {
  yield { kind: "open", id, node: `[${id}]` };
  for await (const event of events) yield wireLine(event);
}

/** A session's path with its first node, which is the session's own if it names none. */
function absolute(path: string, own: string): string {
  const rest = path.startsWith(".:") ? path.slice(2) : path === "." ? "" : path;
  return rest.includes(":") ? rest : `${own}:${rest}`;
}

function wireLine(event: SessionEvent): SessionLine {
  if (event.kind !== "data") return event;
  const { octets, ...rest } = event;
  return { ...rest, base64: encodeBase64(octets) };
}
