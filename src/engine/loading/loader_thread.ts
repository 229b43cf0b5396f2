/**
 * One thread that loads texts, for one request at a time.
 *
 * @module
 */

import type { FromLoader, LoadedHead, StatePart, ToLoader } from "./load_message.ts";
import type { TextDiagnostic } from "../../sources/text_loader.ts";

/** Thrown when the thread has ended, on its own or because it was ended. */
export class ThreadFailure extends Error {
  override readonly name: string = "ThreadFailure";
}

/** The content of a text, without the topologies' lists. */
export interface LoadAnswer {
  readonly diagnostics: readonly TextDiagnostic[];
  readonly topologies: readonly LoadedHead[];
  /** The variables on which it depends, with their values. */
  readonly variables: ReadonlyMap<string, string | null>;
}

/** On Bun the thread collects its garbage more often; Deno ignores the last one. */
const OPTIONS: WorkerOptions & { readonly smol: boolean } = { type: "module", name: "sockgraph-loader", smol: true };

/** A thread that loads texts. */
export class LoaderThread {
  readonly #worker: Worker | null = null;
  readonly #ready = Promise.withResolvers<void>();
  #started = false;
  #answer: PromiseWithResolvers<FromLoader> | null = null;
  #failure: ThreadFailure | null = null;

  /** Starts it. If that is not possible, every request fails. */
  constructor() {
    this.#ready.promise.catch(() => {}); // The request receives the error.
    try {
      const worker = new Worker(new URL("./load_worker.ts", import.meta.url), OPTIONS);
      worker.onmessage = ({ data }: MessageEvent<FromLoader>) => this.#take(data);
      worker.onmessageerror = () => this.#fail("Its answer cannot be read");
      worker.onerror = (event) => {
        event.preventDefault();
        this.#fail(event.message);
      };
      this.#worker = worker;
    } catch (error) {
      this.#fail(error instanceof Error ? error.message : String(error));
    }
  }

  /** True when it has run. */
  get started(): boolean {
    return this.#started;
  }

  /** @throws ThreadFailure */
  async load(
    { env, ...request }: Omit<Extract<ToLoader, { readonly kind: "load" }>, "kind"> & {
      readonly env: (name: string) => string | undefined;
    },
  ): Promise<LoadAnswer> {
    const variables = new Map<string, string | null>();
    let answer = await this.#ask({ kind: "load", ...request });
    while (answer.kind === "variables") {
      for (const name of answer.names) variables.set(name, env(name) ?? null);
      answer = await this.#ask({ kind: "variables", values: variables });
    }
    if (answer.kind !== "loaded") throw unexpected(answer);
    return { ...answer, variables };
  }

  /** @throws ThreadFailure */
  async part(topology: number, part: number): Promise<StatePart> {
    const answer = await this.#ask({ kind: "part", topology, part });
    if (answer.kind !== "part") throw unexpected(answer);
    return answer.part;
  }

  /** Ends it immediately. */
  end(): void {
    this.#fail("The thread was ended");
    this.#worker?.terminate();
  }

  async #ask(message: ToLoader): Promise<FromLoader> {
    await this.#ready.promise;
    if (this.#failure !== null) throw this.#failure;
    const answer = Promise.withResolvers<FromLoader>();
    this.#answer = answer;
    this.#worker?.postMessage(message);
    return await answer.promise;
  }

  #take(message: FromLoader): void {
    if (message.kind === "ready") {
      this.#started = true;
      return this.#ready.resolve();
    }
    const answer = this.#answer;
    this.#answer = null;
    answer?.resolve(message);
  }

  #fail(message: string): void {
    if (this.#failure !== null) return;
    this.#failure = new ThreadFailure(message);
    this.#ready.reject(this.#failure);
    this.#answer?.reject(this.#failure);
    this.#answer = null;
  }
}

function unexpected(answer: FromLoader): Error {
  return new TypeError(answer.kind === "bug" ? answer.message : `The thread answers "${answer.kind}"`);
}
