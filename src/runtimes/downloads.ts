/**
 * Downloads over HTTP.
 *
 * @module
 */

/** The response of a server. */
export interface Download {
  /** The status of the response. */
  readonly status: number;
  /** The body. */
  readonly octets: Uint8Array;
  /** The entity tag of this text; null if the server sends none. */
  readonly etag: string | null;
  /** The date of the last change, as the server sends it; null if it sends none. */
  readonly lastModified: string | null;
}

/** The settings of a request. */
export interface DownloadOptions {
  /** The time limit of the whole download. */
  readonly timeoutMs: number;
  /** The limit of its length. */
  readonly maxBytes: number;
  /** Headers of the request in addition to the host's own. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Cancels it. */
  readonly signal?: AbortSignal;
}

/** Downloads over HTTP. */
export interface Downloads {
  /**
   * Requests an `http:` or `https:` address, and follows redirections.
   *
   * @throws NetgraphError ETIMEDOUT, E2BIG, ENOTCAPABLE without the permission, ECONNREFUSED, ENOTFOUND; ECANCELED by
   * the signal; EIO with the host's message for other errors
   */
  get(url: string, options: DownloadOptions): Promise<Download>;
}
