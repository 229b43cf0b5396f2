/**
 * A folder of real files, a follower that checks it when a test lets time pass, and an engine that only records calls.
 *
 * @module
 */

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FollowRequest } from "../../src/api/operations/source.ts";
import type { NoticeEvent, SourceEvent } from "../../src/api/source_event.ts";
import type { ApplyEvent, ApplyOutcome } from "../../src/api/apply_event.ts";
import type { NetgraphError } from "../../src/errors.ts";
import { loaderHere } from "../../src/sources/text_loader.ts";
import { Follower } from "../../src/engine/following/follower.ts";
import type { GraphState } from "../../src/graph/data/state.ts";
import { builtinTypes } from "../../src/nodes/builtin.ts";
import type { StallCause } from "../../src/reconcile/status/condition.ts";
import type { AppliedSource } from "../../src/reconcile/status/status_types.ts";
import type { Departure } from "../../src/engine/following/failures.ts";
import { nodeFiles } from "../../src/runtimes/host/node_files.ts";
import { VirtualClock } from "../../src/runtimes/memory/clock.ts";
import { MemoryNetwork } from "../../src/runtimes/memory/network.ts";
import { SourceFingerprint } from "../../src/sources/fingerprint.ts";
import { readAll } from "../../src/sources/source_snapshot.ts";
import { STRICT_OWNERSHIP } from "../../src/sources/ownership.ts";
import type { PlainSource } from "../../src/sources/source.ts";

/** A topology whose description distinguishes one text from another. */
export function topology(description: string, name = "web"): string {
  return `name: ${name}\ndescription: ${description}\nnodes: { sink: { type: hole } }\n`;
}

/** Where files are followed. */
export class FollowedPlace implements AsyncDisposable {
  readonly folder: string;
  readonly clock = new VirtualClock();
  readonly env = new Map<string, string>();
  /** What was applied: for each time the descriptions. */
  readonly applied: (readonly string[])[] = [];
  /** The events of sources. */
  readonly reported: SourceEvent[] = [];
  /** What was said of changes. */
  readonly noticed: NoticeEvent[] = [];
  /** What stands in the way of a topology. */
  readonly stalls = new Map<string, StallCause>();
  /** Topologies of which it was said that their source has them no more. */
  readonly orphans = new Set<string>();
  /** Topologies that never ran and are gone from the source. */
  readonly forgotten = new Set<string>();
  readonly bugs: unknown[] = [];
  /** How the next apply ends: with an error, or so. */
  fault: NetgraphError | null = null;
  result: ApplyOutcome["result"] = "applied";
  generation = 1;
  /** Topologies that fail whatever others do. */
  readonly failing = new Set<string>();
  /** What a client has applied, with its variables. */
  sources: readonly AppliedSource[] = [];
  /** Topologies that are left alone. */
  readonly suspended = new Set<string>();
  /** True where what the source holds of a suspended topology differs from what was applied. */
  held: (name: string, description: string | null) => boolean = () => true;
  /** Which failure it is that topologies fail with. */
  code: ApplyOutcome["code"] = null;
  /** What happens while something is applied. */
  applying: () => Promise<void> = () => Promise.resolve();
  #follower: Follower | null = null;
  readonly #desired = new Map<string, GraphState>();

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Makes the folder. */
  static async open(): Promise<FollowedPlace> {
    return new FollowedPlace(await mkdtemp(join(tmpdir(), "sg-follow-")));
  }

  /** A path in the folder. */
  path(name: string): string {
    return join(this.folder, name);
  }

  /** Writes a file in place, as `cat >` does. */
  async write(name: string, text: string): Promise<void> {
    await writeFile(this.path(name), text);
  }

  /** The follower. */
  get follower(): Follower {
    if (this.#follower === null) throw new RangeError("Nothing is followed yet");
    return this.#follower;
  }

  /** Begins to follow a path, and returns whether its content could be used. */
  async follow(name: string, request: Partial<FollowRequest> = {}): Promise<boolean> {
    const sources: PlainSource[] = [{ kind: "path", name, path: this.path(name) }];
    const fingerprint = new SourceFingerprint(sources, nodeFiles);
    const follower = new Follower({
      loader: loaderHere,
      request: {
        sources,
        intervalMs: 500,
        webIntervalMs: null,
        replace: [],
        rollback: true,
        selfHeal: false,
        waitMs: 0,
        ...STRICT_OWNERSHIP,
        ...request,
      },
      clock: this.clock,
      types: builtinTypes(new MemoryNetwork().openSockets()),
      env: (variable) => this.env.get(variable),
      probe: { fingerprint: () => fingerprint.read(), read: () => readAll(sources, { files: nodeFiles }) },
      target: {
        apply: ({ topologies }, emit) => this.#apply(topologies.map(({ state }) => state), emit),
        orphan: (topology) => void this.orphans.add(topology),
        forget: (topology) => void this.forgotten.add(topology),
        stall: (topology, stallCause) => void this.stalls.set(topology, stallCause),
        holdBack: (name, { description }) => this.held(name, description),
        desired: (name) => this.#desired.get(name) ?? null,
        generation: () => this.generation,
        isSuspended: (name) => this.suspended.has(name),
        sources: () => this.sources,
      },
      emit: (event) => this.#emit(event),
      onBug: (error) => this.bugs.push(error),
    });
    this.#follower = follower;
    const outcomes = await follower.begin((event) => this.#emit(event));
    follower.start();
    return outcomes !== null;
  }

  /** Gives a topology this description by a rollback or an adoption, as a client does. */
  depart(name: string, description: string, how: Departure): void {
    const now = this.#desired.get(name);
    if (now === undefined) throw new RangeError(`Nothing of "${name}" was applied`);
    this.#desired.set(name, { ...now, description });
    this.follower.noteDeparture(name, how);
    this.follower.showDeparture(name);
  }

  /** Notes that a topology with this description ran until its time for confirming was over. */
  notConfirmed(name: string, description: string): void {
    const now = this.#desired.get(name);
    if (now === undefined) throw new RangeError(`Nothing of "${name}" was applied`);
    this.follower.noteUnconfirmed({ ...now, description });
  }

  /** Lets the follower check its source this number of times. */
  async checks(times: number): Promise<void> {
    for (let check = 0; check < times; check++) {
      await this.#rest();
      this.clock.advance(500);
    }
    await this.#rest();
  }

  /** Lets time pass until something is done. */
  async passUntil<T>(done: Promise<T>): Promise<T> {
    let over = false;
    const watched = done.finally(() => {
      over = true;
    });
    while (!over) {
      this.clock.advance(500);
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
    return await watched;
  }

  /**
   * Waits until the follower waits. By timers: without them a test writes a file twice within one tick of the system's
   * clock, and both have the same stamp.
   */
  async #rest(): Promise<void> {
    while (this.clock.pending === 0) await new Promise((resolve) => setTimeout(resolve, 0));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#follower?.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  #emit(event: ApplyEvent): void {
    if (event.kind === "source") this.reported.push(event);
    if (event.kind === "noticed") this.noticed.push(event);
  }

  async #apply(
    states: readonly GraphState[],
    emit: (event: ApplyEvent) => void,
  ): Promise<readonly ApplyOutcome[]> {
    if (this.fault !== null) throw this.fault;
    this.applied.push(states.map(({ description }) => description ?? ""));
    for (const state of states) {
      this.stalls.delete(state.name);
      this.#desired.set(state.name, state);
    }
    const { generation } = this;
    const usual = this.result;
    await this.applying();
    return states.map(({ name }) => {
      const result = this.failing.has(name) ? "rolled-back" : usual;
      const how = {
        result,
        generation,
        closed: 0,
        ready: result === "applied",
        message: null,
        code: this.code,
        at: null,
      };
      const outcome = { topology: name, ...how, confirmUntil: null };
      emit({ kind: "outcome", outcome });
      return outcome;
    });
  }
}
