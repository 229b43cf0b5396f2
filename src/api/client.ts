/**
 * The control API from the other end: an {@linkcode EngineFace} over an injected fetch.
 *
 * What an engine of our own version answers is taken as it is; any other version is refused before its body is read.
 *
 * @module
 */

import { NetgraphError } from "../errors.ts";
import type { LiveNode } from "../reconcile/status/live_node.ts";
import type { Selection } from "../reconcile/status/status_select.ts";
import type { Status } from "../reconcile/status/status_types.ts";
import type { FollowRequest } from "./following.ts";
import { queryOf } from "./look.ts";
import type { DrainOutcome, DrainRequest } from "./draining.ts";
import type { EngineNews } from "./news.ts";
import type { AdoptResult, Confirmed, Generation, ReconcileRequest, RollbackRequest } from "./operations.ts";
import type { ApplyEvent, ApplyOutcome } from "./apply_event.ts";
import {
  type ApplyRequest,
  type DownRequest,
  type DownResult,
  type EngineFace,
  type MsgRequest,
  type MsgResult,
  type PlanRequest,
  type PlanResult,
  VERSION_HEADER,
  type WaitRequest,
  type WaitResult,
} from "./protocol.ts";
import { type ErrorBody, isGraphCode } from "./error_body.ts";
import { RemoteSession } from "./session_client.ts";

/** One exchange with an engine. Rejects with NetgraphError ENOENT or ECONNREFUSED where nobody answers. */
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
export class ControlClient implements EngineFace {
  readonly #fetch: Fetch;
  readonly #version: string;

  /**
   * @param version our own
   */
  constructor(fetch: Fetch, options: { readonly version: string }) {
    this.#fetch = fetch;
    this.#version = options.version;
  }

  /** What runs, or the part of it that is asked for. */
  async status(selection: Selection = ALL): Promise<Status> {
    const response = await this.#ask("GET", `/v1/status${queryOf(selection)}`);
    return await jsonOf(response);
  }

  /** What runs and what was done so far as numbers. */
  async metrics(): Promise<string> {
    return await (await this.#ask("GET", "/metrics")).text();
  }

  /** Connections and copies of a topology. */
  async liveNodes(topology: string): Promise<readonly LiveNode[]> {
    const nodes: LiveNode[] = [];
    for await (const node of this.nodes({ names: [topology], node: null })) nodes.push(node);
    return nodes;
  }

  /** Connections and copies, one by one as they are told. */
  async *nodes(selection: Selection): AsyncGenerator<LiveNode> {
    for await (const line of linesOf(await this.#ask("GET", `/v1/nodes${queryOf(selection)}`))) yield JSON.parse(line);
  }

  /** What `apply` would do. */
  async plan(request: PlanRequest): Promise<readonly PlanResult[]> {
    const response = await this.#ask("POST", "/v1/plan", request);
    const { plans }: { plans: readonly PlanResult[] } = await jsonOf(response);
    return plans;
  }

  /** Makes topologies so. */
  async apply(request: ApplyRequest, tell: (event: ApplyEvent) => void): Promise<readonly ApplyOutcome[]> {
    const outcomes = await this.#follow("/v1/apply", request, tell);
    if (outcomes.length < request.topologies.length) throw endedEarly();
    return outcomes;
  }

  /** Makes so what sources hold, and has the engine follow them. */
  follow(request: FollowRequest, tell: (event: ApplyEvent) => void): Promise<readonly ApplyOutcome[]> {
    return this.#follow("/v1/follow", request, tell);
  }

  /** The generations that are remembered. */
  async history(name: string): Promise<readonly Generation[]> {
    const response = await this.#ask("GET", `/v1/history?${new URLSearchParams({ name })}`);
    const { generations }: { generations: readonly Generation[] } = await jsonOf(response);
    return generations;
  }

  /** Goes back to an earlier generation. */
  async rollback(request: RollbackRequest, tell: (event: ApplyEvent) => void): Promise<ApplyOutcome> {
    const [outcome] = await this.#follow("/v1/rollback", request, tell);
    if (outcome === undefined) throw endedEarly();
    return outcome;
  }

  /** Makes what runs as it was wanted. Of its source others may come, too. */
  async reconcile(request: ReconcileRequest, tell: (event: ApplyEvent) => void): Promise<ApplyOutcome> {
    const outcomes = await this.#follow("/v1/reconcile", request, tell);
    const outcome = outcomes.find(({ topology }) => topology === request.name);
    if (outcome === undefined) throw endedEarly();
    return outcome;
  }

  /** Makes changes last that await their confirmation. */
  async confirm(names: readonly string[]): Promise<readonly Confirmed[]> {
    const response = await this.#ask("POST", "/v1/confirm", { names });
    const { confirmed }: { confirmed: readonly Confirmed[] } = await jsonOf(response);
    return confirmed;
  }

  /** Takes what runs for what is wanted. */
  async adopt(name: string): Promise<AdoptResult> {
    const response = await this.#ask("POST", "/v1/adopt", { name });
    return await jsonOf(response);
  }

  /** Leaves a topology alone. */
  async suspend(name: string): Promise<void> {
    await jsonOf(await this.#ask("POST", "/v1/suspend", { name }));
  }

  /** Looks after a topology again. */
  async resume(name: string): Promise<void> {
    await jsonOf(await this.#ask("POST", "/v1/resume", { name }));
  }

  /** Stops topologies. */
  async down(request: DownRequest): Promise<DownResult> {
    const response = await this.#ask("POST", "/v1/down", request);
    return await jsonOf(response);
  }

  /** Ends connections by a deadline. */
  async drain(request: DrainRequest): Promise<readonly DrainOutcome[]> {
    const response = await this.#ask("POST", "/v1/drain", request);
    const { drained }: { drained: readonly DrainOutcome[] } = await jsonOf(response);
    return drained;
  }

  /** Sends one control message. */
  async msg(request: MsgRequest): Promise<MsgResult> {
    const response = await this.#ask("POST", "/v1/msg", request);
    return await jsonOf(response);
  }

  /**
   * Opens a session, whose node has this name. Its `close` ends it; so does this process's end.
   *
   * @throws NetgraphError EADDRINUSE for a name in use; ENOSYS where the graph can have no sessions
   */
  async session(name: string): Promise<RemoteSession> {
    const response = await this.#ask("POST", "/v1/session", { name });
    const session = await RemoteSession.open(linesOf(response), (target, body) => this.#ask("POST", target, body));
    if (session !== null) return session;
    throw new ControlError("no-engine", "The engine exited before the session began");
  }

  /** What runs as YAML. */
  async export(name: string | null): Promise<string> {
    const query = name === null ? "" : `?${new URLSearchParams({ name })}`;
    return await (await this.#ask("GET", `/v1/export${query}`)).text();
  }

  /** Waits for Ready. */
  async wait(request: WaitRequest, options: { signal?: AbortSignal } = {}): Promise<WaitResult> {
    const query = new URLSearchParams([
      ["timeoutMs", String(request.timeoutMs)],
      ...request.names.map((name) => ["name", name]),
    ]);
    const response = await this.#ask("GET", `/v1/wait?${query}`, undefined, options.signal);
    return await jsonOf(response);
  }

  /** What runs, then what happens. */
  async *events(options: { signal?: AbortSignal } = {}): AsyncGenerator<EngineNews> {
    const response = await this.#ask("GET", "/v1/events", undefined, options.signal);
    for await (const line of linesOf(response)) yield JSON.parse(line);
  }

  /** Asks for a change and tells what happens on its way. */
  async #follow(target: string, request: unknown, tell: (event: ApplyEvent) => void): Promise<readonly ApplyOutcome[]> {
    const response = await this.#ask("POST", target, request);
    const outcomes: ApplyOutcome[] = [];
    for await (const line of linesOf(response)) {
      const event: ApplyEvent = JSON.parse(line);
      if (event.kind === "error") throw errorOf(event.error);
      if (event.kind === "outcome") outcomes.push(event.outcome);
      tell(event);
    }
    return outcomes;
  }

  async #ask(method: string, target: string, body?: unknown, signal?: AbortSignal): Promise<Response> {
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
        throw new ControlError("no-engine", "What answers on the control socket is no sockgraph engine");
      }
      throw new VersionMismatch(`The engine is sockgraph ${version}, this is ${this.#version}`);
    }
    if (response.ok) return response;
    throw errorOf(await errorBodyOf(response));
  }
}

async function errorBodyOf(response: Response): Promise<ErrorBody> {
  const { error }: { error: ErrorBody } = await jsonOf(response);
  return error;
}

/** A failure as the engine's own face would have thrown it. */
function errorOf({ code, message }: ErrorBody): Error {
  return isGraphCode(code) ? new NetgraphError(code, message) : new ControlError(code, message);
}

/** An answer that is whole: one that breaks off may look like text that ends. */
async function jsonOf<T>(response: Response): Promise<T> {
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    throw endedEarly(); // It is our own version that answers, and what it says is JSON.
  }
}

function endedEarly(): ControlError {
  return new ControlError("no-engine", "The engine exited before it had finished");
}

async function* linesOf(response: Response): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of response.body ?? []) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    yield* lines.filter((line) => line !== "");
  }
  if (rest !== "") throw new ControlError("no-engine", "The engine exited in the middle of its answer");
}
