/**
 * The live page of an engine: access, data and stream together.
 *
 * @module
 */

import type { Handler } from "../../api/server.ts";
import type { Clock } from "../../clock.ts";
import { PageAccess } from "./access.ts";
import { PageData, type PageSource } from "./data.ts";
import { PageFeed } from "./feed.ts";
import { OPEN_PATH, pageHandler } from "./handler.ts";

/** The live page. */
export class LivePage {
  readonly #access: PageAccess;
  readonly #feed: PageFeed;
  #address: string | null = null;

  /** Answers requests. */
  readonly handle: Handler;

  constructor(source: PageSource, clock: Clock) {
    const data = new PageData(source);
    this.#access = new PageAccess(clock);
    this.#feed = new PageFeed({ source, data, clock });
    this.handle = pageHandler({ access: this.#access, feed: this.#feed, data });
  }

  /** Called when it is served at an address. */
  servedAt(address: string): void {
    // An address of all interfaces is not one that a browser should use.
    this.#address = address.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:");
  }

  /** An address with a token that is valid once; null if the page is not served. */
  newAddress(): string | null {
    return this.#address === null ? null : `${this.#address}${OPEN_PATH}?token=${this.#access.issue()}`;
  }

  /** Ends all streams. */
  close(): void {
    this.#feed.close();
  }
}
