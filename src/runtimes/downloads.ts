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
}

/** Reads from the web. */
export interface Downloads {
  /**
   * Asks for an `http:` or `https:` address, following redirections.
   *
   * @throws NetgraphError ETIMEDOUT, E2BIG, ENOTCAPABLE without the permission, ECONNREFUSED, ENOTFOUND; EIO with the
   * host's own words where nothing more is known
   */
  get(url: string, options: { readonly timeoutMs: number; readonly maxBytes: number }): Promise<Download>;
}
