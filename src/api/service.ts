/**
 * An operation with its implementation: what the server serves. The engine's are in `engine/services/`.
 *
 * @module
 */

import { Channel } from "../channel.ts";
import type { ApplyEvent } from "./apply_event.ts";
import type { ErrorBody } from "./error_body.ts";
import type { Asked, Operation } from "./operation.ts";
import { json, lines, text } from "./respond.ts";

/** One request to a service. */
export interface Call extends Asked {
  /** An error as it crosses the wire. */
  readonly errorBody: (error: unknown) => ErrorBody;
}

/** An operation with its implementation. */
export interface Service {
  readonly operation: Operation<unknown, unknown>;
  /** Answers a request; throws where that fails. */
  readonly answer: (call: Call) => Promise<Response>;
}

/** Serves one value. */
export function serve<Request, Response>(
  operation: Operation<Request, Response, "value">,
  run: (request: Request) => Response | Promise<Response>,
): Service {
  return { operation, answer: async (call) => json(await run(await operation.request.read(call))) };
}

/** Serves text. */
export function serveText<Request>(
  operation: Operation<Request, string, "text">,
  run: (request: Request) => Promise<string | { readonly status: number; readonly text: string }>,
): Service {
  return {
    operation,
    answer: async (call) => {
      const said = await run(await operation.request.read(call));
      return typeof said === "string" ? text(said, operation) : text(said.text, { ...operation, status: said.status });
    },
  };
}

/** Serves values as they arrive, as long as the client reads them; a slow client slows them down. */
export function serveLines<Request, Line>(
  operation: Operation<Request, Line, "lines">,
  run: (request: Request, closed: AbortSignal) => AsyncIterator<Line> | Promise<AsyncIterator<Line>>,
): Service {
  return {
    operation,
    answer: async (call) => {
      const closed = new AbortController();
      return lines(await run(await operation.request.read(call), closed.signal), closed);
    },
  };
}

/** Serves a change and its events. A client that disconnects does not stop it: a change is a transaction. */
export function serveChange<Request>(
  operation: Operation<Request, ApplyEvent, "lines">,
  run: (request: Request, emit: (event: ApplyEvent) => void) => Promise<unknown>,
): Service {
  return {
    operation,
    answer: async (call) => {
      const request = await operation.request.read(call);
      const closed = new AbortController();
      // As many events as the change has, which ends with them.
      const events = new Channel<ApplyEvent>({ signal: closed.signal });
      void run(request, (event) => void events.send(event))
        .catch((error: unknown) => void events.send({ kind: "error", error: call.errorBody(error) }))
        .finally(() => events.end());
      return lines(events[Symbol.asyncIterator](), closed);
    },
  };
}
