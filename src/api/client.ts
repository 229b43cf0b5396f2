/**
 * The client of the control API, over an injected fetch: each call names its operation.
 *
 * Answers of an engine of the same version are not checked; answers of any other version are rejected before the body
 * is read.
 *
 * @module
 */

import { NetgraphError } from "../errors.ts";
import type { Selection } from "../reconcile/status/status_select.ts";
import type { Status } from "../reconcile/status/status_types.ts";
import type { ApplyEvent, ApplyOutcome } from "./apply_event.ts";
import { type ErrorBody, isGraphCode } from "./error_body.ts";
import { type Operation, VERSION_HEADER } from "./operation.ts";
import { type TapLine, type TapQuery, TAPS } from "./operations/tap.ts";
import { CONNECTION_STREAM, type ConnectionLine } from "./operations/connection_events.ts";
import { type ControlEvent, EVENT_STREAM } from "./operations/events.ts";
import { STATUS } from "./operations/status.ts";
import { RemoteSession } from "./session_client.ts";

/** One exchange with an engine. Rejects with NetgraphError ENOENT or ECONNREFUSED if no engine answers. */
export type Fetch = (request: {
  readonly method: string;
  readonly target: string;
  readonly body?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}) => Promise<Response>;

const ALL: Selection = { names: [], node: null };

/** Thrown when an engine of another version answers. */
export class VersionMismatch extends Error {
  override readonly name: string = "VersionMismatch";
}

/** Thrown when the engine refuses a request, or what answers is no engine. */
export class ControlError extends Error {
  override readonly name: string = "ControlError";
  readonly code: Exclude<ErrorBody["code"], NetgraphError["code"]> | "no-engine";

  /**
   * @param message for people
   */
  constructor(code: ControlError["code"], message: string) {
    super(message);
    this.code = code;
  }
}

/** Talks to an engine. */
export class ControlClient {
  readonly #fetch: Fetch;
  readonly #version: string;

  /** @param version the client's own */
  constructor(fetch: Fetch, options: { readonly version: string }) {
    this.#fetch = fetch;
    this.#version = options.version;
  }

  /** Requests one value. */
  async ask<Request, Answer>(operation: Operation<Request, Answer, "value">, request: Request): Promise<Answer> {
    const text = await (await this.#send(operation, request)).text();
    try {
      return operation.parse(text);
    } catch {
      throw endedEarly(); // The engine has the same version, and answers with JSON.
    }
  }

  /** Requests text. */
  async text<Request>(operation: Operation<Request, string, "text">, request: Request): Promise<string> {
    return await (await this.#send(operation, request)).text();
  }

  /** Requests values, which arrive one by one. */
  async *lines<Request, Line>(
    operation: Operation<Request, Line, "lines">,
    request: Request,
    options: { signal?: AbortSignal } = {},
  ): AsyncGenerator<Line> {
    const response = await this.#send(operation, request, options.signal);
    for await (const line of linesOf(response)) yield operation.parse(line);
  }

  /**
   * Requests a change, and emits its events.
   *
   * @param expected the topologies that must have an outcome
   * @throws ControlError if the engine ends before
   */
  async change<Request>(
    operation: Operation<Request, ApplyEvent, "lines">,
    request: Request,
    { emit, expected = [] }: { emit: (event: ApplyEvent) => void; expected?: readonly string[] },
  ): Promise<readonly ApplyOutcome[]> {
    const outcomes: ApplyOutcome[] = [];
    for await (const event of this.lines(operation, request)) {
      if (event.kind === "error") throw errorOf(event.error);
      if (event.kind === "outcome") outcomes.push(event.outcome);
      emit(event);
    }
    if (outcomes.length < expected.length) throw endedEarly();
    return outcomes;
  }

  /** Requests a change of one topology. Others of its source may be included. */
  async changeOne<Request extends { readonly name: string }>(
    operation: Operation<Request, ApplyEvent, "lines">,
    request: Request,
    emit: (event: ApplyEvent) => void,
  ): Promise<ApplyOutcome> {
    const outcomes = await this.change(operation, request, { emit });
    const outcome = outcomes.find(({ topology }) => topology === request.name);
    if (outcome === undefined) throw endedEarly();
    return outcome;
  }

  /** The status, or a part of it. */
  status(selection: Selection = ALL): Promise<Status> {
    return this.ask(STATUS.status, selection);
  }

  /** The status, then events. */
  events(options: { signal?: AbortSignal } = {}): AsyncGenerator<ControlEvent> {
    return this.lines(EVENT_STREAM.events, {}, options);
  }

  /** Connections that end from now on. */
  connectionEvents(options: { signal?: AbortSignal } = {}): AsyncGenerator<ConnectionLine> {
    return this.lines(CONNECTION_STREAM.connectionEvents, {}, options);
  }

  /** Copies of what passes through connections from now on. */
  tap(query: TapQuery, options: { signal?: AbortSignal } = {}): AsyncGenerator<TapLine> {
    return this.lines(TAPS.tap, query, options);
  }

  /**
   * Opens a session, whose node has this name. Its `close` ends it, as does the end of this process.
   *
   * @throws NetgraphError EADDRINUSE for a name in use; ENOSYS if the graph can have no sessions
   */
  async session(name: string): Promise<RemoteSession> {
    const session = await RemoteSession.open(this, name);
    if (session !== null) return session;
    throw new ControlError("no-engine", "The engine exited before the session began");
  }

  async #send<Request>(
    { method, path, request: shape }: Operation<Request, unknown>,
    request: Request,
    signal?: AbortSignal,
  ): Promise<Response> {
    const { target, body } = shape.write(request, path);
    const response = await this.#fetch({
      method,
      target,
      headers: { [VERSION_HEADER]: this.#version },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    });
    const version = response.headers.get(VERSION_HEADER);
    if (version !== this.#version) {
      await response.body?.cancel();
      if (version === null) {
        throw new ControlError("no-engine", "The process at the control socket is not a sockgraph engine");
      }
      throw new VersionMismatch(`The engine is sockgraph ${version}, this is ${this.#version}`);
    }
    if (response.ok) return response;
    throw errorOf(await errorBodyOf(response));
  }
}

async function errorBodyOf(response: Response): Promise<ErrorBody> {
  try {
    const { error }: { error: ErrorBody } = await response.json();
    return error;
  } catch {
    throw endedEarly();
  }
}

/** A failure as the engine's own face would have thrown it. */
function errorOf({ code, message }: ErrorBody): Error {
  return isGraphCode(code) ? new NetgraphError(code, message) : new ControlError(code, message);
}

function endedEarly(): ControlError {
  return new ControlError("no-engine", "The engine exited before the operation was complete");
}

async function* linesOf(response: Response): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of response.body ?? []) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    yield* lines.filter((line) => line !== "");
  }
  if (rest !== "") throw new ControlError("no-engine", "The engine exited before its answer was complete");
}
