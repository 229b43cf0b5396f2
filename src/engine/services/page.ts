/**
 * Serves access to the live page.
 *
 * @module
 */

import { PAGE } from "../../api/operations/page.ts";
import { serve, type Service } from "../../api/service.ts";
import { NetgraphError } from "../../errors.ts";

/** Makes addresses of the page. */
export interface PageAddresses {
  /** An address with a token that is valid once; null if the page is not served. */
  newAddress(): string | null;
}

/** Serves access to the page. */
export function pageServices(page: PageAddresses | null): readonly Service[] {
  return [
    serve(PAGE.open, () => {
      const address = page?.newAddress() ?? null;
      if (address !== null) return { address };
      throw new NetgraphError(
        "EOPNOTSUPP",
        'The engine does not serve the live page: start it with --http, such as "sockgraph apply --http 127.0.0.1:9107 FILE"',
      );
    }),
  ];
}
