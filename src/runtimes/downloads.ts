/**
 * What is read from the web.
 *
 * @module
 */

/** What a server answered. */
export interface Download {
  /** The status of the response. */
  readonly status: number;
  /** What was sent. */
  readonly octets: Uint8Array;
  /** By what the server tells this text from others; null where it does not say. */
  readonly etag: string | null;
  /** When the text was changed last, as the server writes it; null where it does not say. */
  readonly lastModified: string | null;
}

/** How something is asked for. */
export interface DownloadOptions {
  /** How long all of it may take. */
  readonly timeoutMs: number;
  /** How long it may be. */
  readonly maxBytes: number;
  /** Headers of the request besides the host's own. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Ends the waiting. */
  readonly signal?: AbortSignal;
}

/** Reads from the web. */
export interface Downloads {
  /**
   * Asks for an `http:` or `https:` address, following redirections.
   *
   * @throws NetgraphError ETIMEDOUT, E2BIG, ENOTCAPABLE without the permission, ECONNREFUSED, ENOTFOUND; ECANCELED by
   * the signal; EIO with the host's own words where nothing more is known
   */
  get(url: string, options: DownloadOptions): Promise<Download>;
}
