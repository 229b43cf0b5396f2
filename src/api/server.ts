/**
 * The control API as a function from request to response: independent of the runtime.
 *
 * Every response has the engine's version, every failure is `{ "error": { "code", "message" } }`, and a request is
 * decoded before anything happens. The routes follow from the services.
 *
 * @module
 */

import type { Clock } from "../clock.ts";
import type { Pace } from "../cooperative.ts";
import { NetgraphError } from "../errors.ts";
import type { ErrorBody } from "./error_body.ts";
import { MalformedError } from "./fields.ts";
import { type Asked, type Nothing, type Operation, query, value, VERSION_HEADER } from "./operation.ts";
import { RequestBodies, TooLargeError } from "./request_body.ts";
import { failure } from "./respond.ts";
import { serve, type Service } from "./service.ts";
import { anyObject, decodePieces, named, type Schema } from "./shape.ts";

/** The parts of the server. */
export interface ServerOptions {
  readonly services: readonly Service[];
  /** The engine's version. */
  readonly version: string;
  /** Receives errors that are the program's own fault. */
  readonly onBug: (error: unknown) => void;
  /** Limits the time of a large request; by default there is no limit. */
  readonly clock?: Clock;
  /** Yields the thread to other work for a turn while a large request is read. */
  readonly yieldToLoop?: Pace["yieldToLoop"];
}

/** Answers one request. */
export type Handler = (request: Request) => Promise<Response>;

const DESCRIPTION: Operation<Nothing, Schema, "value"> = value({
  name: "description",
  method: "GET",
  path: "/v1/openapi.json",
  summary: "This description",
  request: query<Nothing>({}),
  response: named("Description", anyObject()),
});

/** The pattern of `{id}` in a path. */
const ID = "([0-9a-f]+)";

interface Route {
  readonly pattern: RegExp;
  readonly methods: ReadonlyMap<string, Service>;
}

/** Makes the handler of an engine's control API. */
export function controlHandler(options: ServerOptions): Handler {
  const { version, clock, yieldToLoop } = options;
  const operations = [...options.services.map(({ operation }) => operation), DESCRIPTION];
  const routes = routesOf([...options.services, description(version, operations)]);
  const bodies = new RequestBodies(clock === undefined ? null : { clock, yieldToLoop });
  return async (request) => {
    const response = await answer(request, { ...options, routes, bodies });
    response.headers.set(VERSION_HEADER, version);
    return response;
  };
}

/** Serves the description of everything that is served. */
function description(version: string, operations: readonly Operation<unknown, unknown>[]): Service {
  return serve(DESCRIPTION, async () => (await import("./openapi.ts")).describeApi(version, operations));
}

function routesOf(services: readonly Service[]): readonly Route[] {
  const byPath = new Map<string, Map<string, Service>>();
  for (const service of services) {
    const { path, method } = service.operation;
    const methods = byPath.get(path) ?? new Map<string, Service>();
    byPath.set(path, methods.set(method, service));
  }
  return [...byPath].map(([path, methods]) => ({ pattern: patternOf(path), methods }));
}

function patternOf(path: string): RegExp {
  const [before = "", ...rest] = path.split("{id}").map((part) => part.replaceAll(".", "\\."));
  return new RegExp(`^${[before, ...rest].join(ID)}$`);
}

type Answering = ServerOptions & { readonly routes: readonly Route[]; readonly bodies: RequestBodies };

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
  const route = options.routes.find(({ pattern }) => pattern.test(url.pathname));
  if (route === undefined) return failure(404, { code: "not-found", message: `No route "${url.pathname}"` });
  const service = route.methods.get(request.method);
  if (service === undefined) {
    const allowed = [...route.methods.keys()].join(", ");
    const message = `"${url.pathname}" accepts ${allowed}, not ${request.method}`;
    return failure(405, { code: "method-not-allowed", message }, { allow: allowed });
  }
  const [, id = ""] = route.pattern.exec(url.pathname) ?? [];
  try {
    const body: Asked["body"] = async (shape) => {
      return await options.bodies.run(decodePieces(shape, await options.bodies.read(request), ""));
    };
    const errorBody = (error: unknown) => errorBodyOf(error, options);
    return await service.answer({ query: url.searchParams, id, body, errorBody });
  } catch (error) {
    return failed(error, options);
  }
}

/** The request's address; null if its header `Host` is not valid. */
function targetOf(request: Request): URL | null {
  try {
    return new URL(request.url);
  } catch {
    return null; // Both runtimes build the address from that header, and on Bun it is missing without it.
  }
}

function failed(error: unknown, options: ServerOptions): Response {
  if (error instanceof TooLargeError) return failure(413, { code: "too-large", message: error.message });
  const body = errorBodyOf(error, options);
  return failure(body.code === "bad-request" ? 400 : body.code === "internal" ? 500 : 422, body);
}

/** An error as it crosses the wire. */
function errorBodyOf(error: unknown, options: ServerOptions): ErrorBody {
  if (error instanceof MalformedError) return { code: "bad-request", message: error.message };
  if (error instanceof NetgraphError) return { code: error.code, message: error.message };
  options.onBug(error);
  return { code: "internal", message: error instanceof Error ? error.message : String(error) };
}
