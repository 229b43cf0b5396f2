/**
 * The last good generation of each topology, stored in a folder for a start whose source cannot be used.
 *
 * One file for each, written as a temporary file, synced and renamed, readable by its owner only: after a crash there
 * is the old or the new one, never half of one.
 *
 * @module
 */

import { STATE } from "../../api/state_shape.ts";
import { digestOfJson, isSealed } from "../../api/digest.ts";
import { Fields, MalformedError } from "../../api/fields.ts";
import { errorText, NetgraphError } from "../../errors.ts";
import { parseScopeName } from "../../graph/data/name.ts";
import type { GraphState } from "../../graph/data/state.ts";
import type { SourceStatus } from "../../reconcile/status/status_types.ts";
import type { ControlTransport, FileLock, Files } from "../../runtimes/runtime.ts";

/** The saved state of a topology. */
export interface SavedTopology {
  readonly state: GraphState;
  readonly source: SourceStatus;
  /** ISO 8601. */
  readonly keptAt: string;
}

/** The part of the machine that is needed. */
export type StateFiles = Pick<Files, "read" | "list" | "write" | "remove" | "makeDirectory">;

const KIND = "sockgraph-state";
/** 2: with a digest. */
const FORMAT_VERSION = 2;
/** Temporary files of a process that was killed during a write. */
const LEFTOVER = /\.json\.[0-9a-f-]+\.tmp$/;
const SUFFIX = ".json";
/** Beside the generations, with a name that none of them has. */
const LOCK = ".lock";
const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;
/** A state is not much longer than its text. */
const MAX_BYTES = 128 * 1024 * 1024;

/** The named folder cannot be used. */
export class StateFolderError extends NetgraphError {}

/** Saves states in a folder. */
export class StateStore implements AsyncDisposable {
  readonly #folder: string;
  readonly #files: StateFiles;
  readonly #takeLock: ControlTransport["lock"] | null;
  #lock: FileLock | null = null;

  /** @param takeLock locks the folder against other engines; null if there are none */
  constructor(folder: string, files: StateFiles, takeLock: ControlTransport["lock"] | null = null) {
    this.#folder = folder;
    this.#files = files;
    this.#takeLock = takeLock;
  }

  /**
   * Creates the folder if it is missing, and locks it until it is released: two engines would delete and replace each
   * other's generations. The lock of a killed engine is released by the system or by the next engine.
   *
   * @throws StateFolderError if it cannot be created or read, or if another engine uses it; NetgraphError ENOTCAPABLE
   */
  async open(): Promise<void> {
    try {
      await this.#openFolder();
    } catch (error) {
      const isSaid = !(error instanceof NetgraphError) || error instanceof StateFolderError;
      if (isSaid || error.code === "ENOTCAPABLE") throw error;
      const why = error.code === "ENOENT"
        ? "its parent folder does not exist, or does not allow new files"
        : errorText(error.code);
      throw new StateFolderError(error.code, `Cannot save generations in "${this.#folder}": ${why}`, { cause: error });
    }
  }

  /** Releases the folder. */
  async [Symbol.asyncDispose](): Promise<void> {
    const lock = this.#lock;
    this.#lock = null;
    await lock?.release();
  }

  async #openFolder(): Promise<void> {
    const names = await this.#namesOrMake();
    await this.#hold();
    for (const name of names.filter((one) => LEFTOVER.test(one))) await this.#files.remove(`${this.#folder}/${name}`);
  }

  async #namesOrMake(): Promise<readonly string[]> {
    try {
      return await this.#files.list(this.#folder);
    } catch (error) {
      if (!(error instanceof NetgraphError) || error.code !== "ENOENT") throw error;
      await this.#files.makeDirectory(this.#folder, { mode: FOLDER_MODE });
      return [];
    }
  }

  async #hold(): Promise<void> {
    if (this.#takeLock === null) return;
    this.#lock = await this.#takeLock(`${this.#folder}/${LOCK}`);
    if (this.#lock !== null) return;
    const message = `Cannot save generations in "${this.#folder}": another engine uses this folder; ` +
      "name another folder with --state";
    throw new StateFolderError("EBUSY", message);
  }

  /** Replaces the kept state of a topology. */
  async save({ state, source, keptAt }: SavedTopology): Promise<void> {
    const { kind, location, revision } = source;
    const kept = { kind: KIND, formatVersion: FORMAT_VERSION, keptAt, source: { kind, location, revision }, state };
    const sealed = { ...kept, digest: await digestOfJson(kept) };
    await this.#files.write(this.#path(state.name), `${JSON.stringify(sealed)}\n`, { mode: FILE_MODE });
  }

  /** Removes the state of a topology. */
  async remove(name: string): Promise<void> {
    await this.#files.remove(this.#path(name));
  }

  /**
   * All kept states. Unusable files do not affect the others.
   *
   * @param unusable receives the reason why a file cannot be used
   */
  async load(unusable: (error: NetgraphError) => void): Promise<readonly SavedTopology[]> {
    const names = (await this.#files.list(this.#folder)).filter((name) => name.endsWith(SUFFIX));
    const kept = await Promise.all(names.map(async (name) => {
      try {
        return [await this.#read(name.slice(0, -SUFFIX.length))];
      } catch (error) {
        if (!(error instanceof NetgraphError)) throw error;
        unusable(error);
        return [];
      }
    }));
    return kept.flat();
  }

  async #read(name: string): Promise<SavedTopology> {
    const path = this.#path(name);
    const octets = await this.#files.read(path, { maxBytes: MAX_BYTES });
    try {
      const kept = await decodeSaved(JSON.parse(new TextDecoder().decode(octets)));
      if (kept.state.name !== name) throw new MalformedError(`it contains "${kept.state.name}"`);
      parseScopeName(name);
      return kept;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new NetgraphError("EINVAL", `Cannot use the state saved in "${path}": ${why}`, { cause: error });
    }
  }

  #path(name: string): string {
    return `${this.#folder}/${name}${SUFFIX}`;
  }
}

async function decodeSaved(value: unknown): Promise<SavedTopology> {
  const fields = new Fields(value, "", ["kind", "formatVersion", "keptAt", "source", "state", "digest"]);
  fields.word("kind", [KIND]);
  if (fields.count("formatVersion", 0) !== FORMAT_VERSION) throw new MalformedError("it has another format version");
  if (!(await isSealed(value))) throw new MalformedError("it is damaged: its digest does not match");
  const source = fields.value("source", (given, at): SourceStatus => {
    const place = new Fields(given, at, ["kind", "location", "revision"]);
    return { kind: place.text("kind"), location: place.text("location"), revision: place.textOrNull("revision") };
  });
  return { state: fields.value("state", STATE.decode), source, keptAt: fields.text("keptAt") };
}
