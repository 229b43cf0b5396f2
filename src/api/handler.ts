/**
 * The control API as a function from request to response: no runtime inside.
 *
 * Every answer names the engine's version, every failure is `{ "error": { "code", "message" } }`, and what is asked is
 * decoded before anything happens.
 *
 * @module
 */

import type { Clock } from "../clock.ts";
import { NetgraphError } from "../errors.ts";
import type { Pace, Task } from "../cooperative.ts";
import type { GraphPort } from "../graph/port/port.ts";
import { decodeDrainRequest } from "./draining.ts";
import { OPEN_METRICS } from "../telemetry/openmetrics.ts";
import { MalformedError } from "./fields.ts";
import { decodeFollowRequest } from "./following.ts";
import { lookAt, lookAtLive, selectionOf } from "./look.ts";
import { decodeName, decodeNames, decodeReconcileRequest, decodeRollbackRequest } from "./operations.ts";
import type { ApplyEvent } from "./apply_event.ts";
import {
  decodeApplyRequest,
  decodeDownRequest,
  decodeMsgRequest,
  decodePlanRequest,
  type EngineFace,
  NDJSON,
  VERSION_HEADER,
} from "./protocol.ts";
import type { ErrorBody } from "./error_body.ts";
import { RequestBodies, TooLargeError } from "./request_body.ts";
import { failure, json, lines } from "./respond.ts";
import { SessionServer } from "./session_handler.ts";
import { Telling } from "./telling.ts";

/** What the handler is for. */
export interface HandlerOptions {
  readonly face: EngineFace;
  /** Where sessions are had. */
  readonly port: Pick<GraphPort, "openSession">;
  /** The engine's version. */
  readonly version: string;
  /** Is told of what should not happen: errors that are nobody's fault but ours. */
  readonly onBug: (error: unknown) => void;
  /** Limits how long a large request may take to arrive; without it there is no limit. */
  readonly clock?: Clock;
  /** Lets everything else in this thread go on for a turn while a large request is read. */
  readonly yieldToLoop?: Pace["yieldToLoop"];
}

/** Answers one request. */
export type Handler = (request: Request) => Promise<Response>;

type Route = (call: Call) => Promise<Response>;

interface Call extends HandlerOptions {
  readonly server: SessionServer;
  readonly url: URL;
  /** Reads the request's JSON; `undefined` fields are told from malformed ones by the decoders. */
  readonly body: () => Promise<unknown>;
  /** The same for what may be long: reading its values rests as parsing does. */
  readonly large: <T>(decode: (value: unknown) => Task<T>) => Promise<T>;
}

const ROUTES: Readonly<Record<string, Readonly<Partial<Record<string, Route>>>>> = {
  "/livez": { GET: () => Promise.resolve(new Response("ok\n")) },
  "/readyz": { GET: readyz },
  "/metrics": {
    GET: async ({ face }) => new Response(await face.metrics(), { headers: { "content-type": OPEN_METRICS } }),
  },
  "/v1/openapi.json": {
    GET: async ({ version }) => json((await import("./openapi/description.ts")).describeApi(version)),
  },
  "/v1/version": { GET: async ({ face }) => json((await face.status()).engine) },
  "/v1/status": { GET: async ({ face, url }) => json(await lookAt(face, selectionOf(url.searchParams))) },
  "/v1/nodes": { GET: nodes },
  "/v1/wait": { GET: wait },
  "/v1/plan": {
    POST: async ({ face, large }) => json({ plans: await face.plan(await large(decodePlanRequest)) }),
  },
  "/v1/apply": {
    POST: async (call) => {
      const wanted = await call.large(decodeApplyRequest);
      return follow(call, (tell) => call.face.apply(wanted, tell));
    },
  },
  "/v1/follow": {
    POST: async (call) => {
      const wanted = decodeFollowRequest(await call.body());
      return follow(call, (tell) => call.face.follow(wanted, tell));
    },
  },
  "/v1/rollback": {
    POST: async (call) => {
      const wanted = decodeRollbackRequest(await call.body());
      return follow(call, (tell) => call.face.rollback(wanted, tell));
    },
  },
  "/v1/reconcile": {
    POST: async (call) => {
      const wanted = decodeReconcileRequest(await call.body());
      return follow(call, (tell) => call.face.reconcile(wanted, tell));
    },
  },
  "/v1/history": { GET: history },
  "/v1/events": { GET: (call) => Promise.resolve(events(call)) },
  "/v1/confirm": {
    POST: async ({ face, body }) => json({ confirmed: await face.confirm(decodeNames(await body())) }),
  },
  "/v1/adopt": {
    POST: async ({ face, body }) => json(await face.adopt(decodeName(await body()))),
  },
  "/v1/suspend": {
    POST: async ({ face, body }) => json(await face.suspend(decodeName(await body())) ?? {}),
  },
  "/v1/resume": {
    POST: async ({ face, body }) => json(await face.resume(decodeName(await body())) ?? {}),
  },
  "/v1/down": {
    POST: async ({ face, body }) => json(await face.down(decodeDownRequest(await body()))),
  },
  "/v1/drain": {
    POST: async ({ face, body }) => json({ drained: await face.drain(decodeDrainRequest(await body())) }),
  },
  "/v1/msg": {
    POST: async ({ face, body }) => json(await face.msg(decodeMsgRequest(await body()))),
  },
  "/v1/export": {
    GET: async ({ face, url }) => {
      const yaml = await face.export(url.searchParams.get("name"));
      return new Response(yaml, { headers: { "content-type": "application/yaml; charset=utf-8" } });
    },
  },
};

/** What there is to ask, as `GET /v1/status`; sessions apart. */
export function controlRoutes(): readonly string[] {
  return Object.entries(ROUTES).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method} ${path}`));
}

const SESSION_METHODS: Readonly<Partial<Record<string, Route>>> = { POST: session };

/** Makes the handler of an engine's control API. */
export function controlHandler(options: HandlerOptions): Handler {
  const server = new SessionServer(options.port);
  const bodies = new RequestBodies(
    options.clock === undefined ? null : { clock: options.clock, yieldToLoop: options.yieldToLoop },
  );
  return async (request) => {
    const response = await answer(request, { ...options, server, bodies });
    response.headers.set(VERSION_HEADER, options.version);
    return response;
  };
}

type Answering = HandlerOptions & Pick<Call, "server"> & { readonly bodies: RequestBodies };

async function answer(request: Request, options: Answering): Promise<Response> {
  const url = targetOf(request);
  if (url === null) return failure(400, { code: "bad-request", message: 'The header "Host" is missing or not valid' });
  const asked = request.headers.get(VERSION_HEADER);
  if (asked !== null && asked !== options.version) {
    return failure(409, {
      code: "wrong-version",
      message: `The engine is sockgraph ${options.version}, the client ${asked}`,
    });
  }
  const methods = options.server.serves(url.pathname)
    ? SESSION_METHODS
    : Object.hasOwn(ROUTES, url.pathname)
    ? ROUTES[url.pathname]
    : undefined;
  if (methods === undefined) return failure(404, { code: "not-found", message: `No route "${url.pathname}"` });
  const route = Object.hasOwn(methods, request.method) ? methods[request.method] : undefined;
  if (route === undefined) {
    const allowed = Object.keys(methods).join(", ");
    const message = `"${url.pathname}" takes ${allowed}, not ${request.method}`;
    return failure(405, { code: "method-not-allowed", message }, { allow: allowed });
  }
  const body = () => options.bodies.read(request);
  const large: Call["large"] = async (decode) => options.bodies.run(decode(await body()));
  try {
    return await route({ ...options, url, body, large });
  } catch (error) {
    return failed(error, options);
  }
}

/** What is asked for; null where that cannot be told, as the header `Host` is not one. */
function targetOf(request: Request): URL | null {
  try {
    return new URL(request.url);
  } catch {
    return null; // Both runtimes make the address from that header, and Bun leaves it out where there is none.
  }
}

function failed(error: unknown, options: HandlerOptions): Response {
  if (error instanceof TooLargeError) return failure(413, { code: "too-large", message: error.message });
  const body = errorBody(error, options);
  return failure(body.code === "bad-request" ? 400 : body.code === "internal" ? 500 : 422, body);
}

/** An error as it crosses the wire. */
function errorBody(error: unknown, options: HandlerOptions): ErrorBody {
  if (error instanceof MalformedError) return { code: "bad-request", message: error.message };
  if (error instanceof NetgraphError) return { code: error.code, message: error.message };
  options.onBug(error);
  return { code: "internal", message: error instanceof Error ? error.message : String(error) };
}

async function session({ server, url, body }: Call): Promise<Response> {
  const answer = await server.answer(url.pathname, await body());
  return answer instanceof ReadableStream
    ? new Response(answer, { headers: { "content-type": NDJSON } })
    : json(answer);
}

async function readyz({ face }: Call): Promise<Response> {
  const { ready, waiting } = await face.wait({ names: [], timeoutMs: 0 });
  return ready ? new Response("ok\n") : new Response(`${waiting.join("\n")}\n`, { status: 503 });
}

async function wait({ face, url }: Call): Promise<Response> {
  const given = url.searchParams.get("timeoutMs") ?? "0";
  if (!/^\d{1,9}$/.test(given)) throw new MalformedError(`"timeoutMs" must be a whole number, not "${given}"`);
  const names = url.searchParams.getAll("name");
  // The request's signal is left alone: on Deno 2.9 it also aborts when all went well, and warns of that.
  return json(await face.wait({ names, timeoutMs: Number(given) }));
}

/** What does not run is told before anything is streamed. */
async function nodes({ face, url }: Call): Promise<Response> {
  const selection = selectionOf(url.searchParams);
  await lookAt(face, { ...selection, node: null });
  return lines(lookAtLive(face, selection));
}

async function history({ face, url }: Call): Promise<Response> {
  const name = url.searchParams.get("name");
  if (name === null) throw new MalformedError('"name" must be given');
  return json({ generations: await face.history(name) });
}

/** Streams news for as long as somebody reads; what is not read in time is the engine's to drop. */
function events({ face }: Call): Response {
  const gone = new AbortController();
  return lines(face.events({ signal: gone.signal })[Symbol.asyncIterator](), gone);
}

/** Streams what happens. A client that goes away stops nothing: a change is a transaction. */
function follow(call: Call, change: (tell: (event: ApplyEvent) => void) => Promise<unknown>): Response {
  const gone = new AbortController();
  const telling = new Telling<ApplyEvent>(gone.signal);
  void change(telling.tell)
    .catch((error: unknown) => telling.tell({ kind: "error", error: errorBody(error, call) }))
    .finally(() => telling.end());
  return lines(telling.told(), gone);
}
