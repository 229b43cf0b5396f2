/**
 * A text on the web as a source: read once, or requested repeatedly, as rarely as the server allows.
 *
 * @module
 */

import type { Clock } from "../clock.ts";
import { errorText, NetgraphError } from "../errors.ts";
import type { Download, DownloadOptions, Downloads } from "../runtimes/downloads.ts";
import { MAX_FILE_BYTES, MAX_FILE_TEXT } from "../topology/parse/text_limits.ts";
import { addressWithoutSecrets, withoutSecrets } from "./secret_text.ts";
import { digestOf } from "./digest.ts";
import { printable } from "../printable.ts";
import { type IncludeReader, pathInside, withIncluded } from "./include.ts";
import { readAgainAfterMs } from "./retry_delay.ts";
import type { SourceText, UrlSource } from "./source.ts";
import { SourceError } from "./source_error.ts";

const TIMEOUT_MS = 30_000;
const OK = 200;
const NOT_MODIFIED = 304;
/** Not found, and gone permanently. */
const GONE: readonly number[] = [404, 410];

/**
 * Reads it.
 *
 * @throws SourceError if the server does not return it; NetgraphError ENOTCAPABLE
 */
export async function readUrl({ url }: UrlSource, downloads: Downloads): Promise<SourceText> {
  const name = addressWithoutSecrets(url);
  const text = await textOf(name, await asked(url, { name, downloads }));
  return await withIncluded(text, urlIncludes(url, { name, downloads }));
}

/** Included files of a text on the web: they are in its folder, or below it. */
function urlIncludes(url: string, { name: location, downloads, how = {} }: Asking): IncludeReader {
  const paths = new Map([[location, new URL(url).pathname.slice(1)]]);
  return {
    resolve: (from, word) => {
      const path = word.split("/").includes("..") ? null : pathInside(paths.get(from) ?? "", word);
      if (path === null) {
        return { problem: `Cannot include "${printable(word)}": it is outside the folder of the source` };
      }
      const key = addressWithoutSecrets(addressOf(url, path));
      paths.set(key, path);
      return { key };
    },
    read: async (key) => {
      const download = await asked(addressOf(url, paths.get(key) ?? ""), { name: key, downloads, how });
      return (await textOf(key, download)).octets;
    },
    directoryOf: () => null,
  };
}

function addressOf(url: string, path: string): string {
  const address = new URL(url);
  address.pathname = `/${path}`;
  address.search = "";
  address.hash = "";
  return address.href;
}

/** The settings of repeated requests. */
export interface UrlReaderOptions {
  readonly downloads: Downloads;
  readonly clock: Clock;
  /** How long the last response counts as current. */
  readonly freshMs: number;
}

/** Reads a text on the web repeatedly. The server does not send an unchanged text again. */
export class UrlReader {
  readonly source: UrlSource;
  readonly #options: UrlReaderOptions;
  readonly #closing = new AbortController();
  /** The last response of the server, and its entity tag or date. */
  #known: { readonly text: SourceText; readonly validators: Readonly<Record<string, string>> } | null = null;
  /** The result of the last request, and its time. */
  #last: { readonly at: number; readonly found: SourceText | SourceError } | null = null;
  /** The number of requests in a row that failed. */
  #failures = 0;
  /** The number of requests. */
  #reads = 0;

  constructor(source: UrlSource, options: UrlReaderOptions) {
    this.source = source;
    this.#options = options;
  }

  /**
   * The current text, as far as it is known.
   *
   * @throws SourceError if the server does not return it; NetgraphError ENOTCAPABLE, ECANCELED once it is closed
   */
  async read(): Promise<SourceText> {
    const found = this.#fresh ?? await this.#ask();
    if (found instanceof SourceError) throw found;
    return found;
  }

  /** A text that changes when it is time to send the next request. */
  fingerprint(): string {
    return `${this.#fresh === null ? ++this.#reads : this.#reads}`;
  }

  get #fresh(): SourceText | SourceError | null {
    const { clock, freshMs } = this.#options;
    const currentMs = this.#failures === 0 ? freshMs : Math.min(freshMs, readAgainAfterMs(this.#failures));
    return this.#last !== null && clock.now() - this.#last.at < currentMs ? this.#last.found : null;
  }

  /** Makes the next read send a request. */
  again(): void {
    this.#last = null;
  }

  /** Cancels a read in progress. */
  close(): void {
    this.#closing.abort();
  }

  async #ask(): Promise<SourceText | SourceError> {
    const found = await this.#answer();
    this.#failures = found instanceof SourceError ? this.#failures + 1 : 0;
    this.#last = { at: this.#options.clock.now(), found };
    return found;
  }

  /** An unchanged text: what it includes may have changed. */
  async #again(text: SourceText): Promise<SourceText> {
    if (text.included === undefined) return text;
    const { included: _included, ...own } = text;
    const { downloads } = this.#options;
    const how = { signal: this.#closing.signal };
    const revision = await digestOf(text.octets);
    return await withIncluded({ ...own, revision }, urlIncludes(this.source.url, { name: text.name, downloads, how }));
  }

  async #answer(): Promise<SourceText | SourceError> {
    const { url } = this.source;
    const name = addressWithoutSecrets(url);
    try {
      const how = { signal: this.#closing.signal, headers: this.#known?.validators ?? {} };
      const download = await asked(url, { name, downloads: this.#options.downloads, how });
      if (download.status === NOT_MODIFIED && this.#known !== null) return await this.#again(this.#known.text);
      const { downloads } = this.#options;
      const signal = { signal: this.#closing.signal };
      const text = await withIncluded(await textOf(name, download), urlIncludes(url, { name, downloads, how: signal }));
      this.#known = { text, validators: validatorsOf(download) };
      return text;
    } catch (error) {
      if (error instanceof SourceError) return error;
      throw error;
    }
  }
}

function validatorsOf({ etag, lastModified }: Download): Readonly<Record<string, string>> {
  return {
    // Fresh: no proxy may answer from its cache.
    "cache-control": "no-cache",
    ...(etag === null ? {} : { "if-none-match": etag }),
    ...(lastModified === null ? {} : { "if-modified-since": lastModified }),
  };
}

async function textOf(name: string, { status, octets }: Download): Promise<SourceText> {
  if (status !== OK) {
    const said = `the server answers ${status}`;
    const cause = new NetgraphError(GONE.includes(status) ? "ENOENT" : "EIO", said);
    throw new SourceError("unreachable", `Cannot read "${name}": ${said}`, { cause });
  }
  return { name, octets, kind: "url", location: name, revision: await digestOf(octets) };
}

interface Asking {
  readonly name: string;
  readonly downloads: Downloads;
  readonly how?: Pick<DownloadOptions, "headers" | "signal">;
}

async function asked(url: string, { name, downloads, how = {} }: Asking): Promise<Download> {
  try {
    return await downloads.get(url, { ...how, timeoutMs: TIMEOUT_MS, maxBytes: MAX_FILE_BYTES });
  } catch (error) {
    if (!(error instanceof NetgraphError) || error.code === "ENOTCAPABLE" || error.code === "ECANCELED") throw error;
    const fault = error.code === "E2BIG" ? "invalid" : "unreachable";
    throw new SourceError(fault, `Cannot read "${name}": ${reason(error)}`, { cause: error });
  }
}

function reason(error: NetgraphError): string {
  if (error.code === "E2BIG") return `it is larger than ${MAX_FILE_TEXT}: split it`;
  if (error.code === "ETIMEDOUT") return `the server takes longer than ${TIMEOUT_MS / 1_000} s`;
  // Errors without a name have the host's message, without the address.
  return error.code === "EIO" ? withoutSecrets(error.message) : errorText(error.code);
}
