/**
 * Access to the live page, which the engine serves over TCP.
 *
 * @module
 */

import { body, NOTHING, type Nothing, type Operation, value } from "../operation.ts";
import { looseRecord, named, text } from "../shape.ts";

/** The address of the page. */
export interface PageAddress {
  /** With a token that is valid once. */
  readonly address: string;
}

const OPEN: Operation<Nothing, PageAddress, "value"> = value({
  name: "openPage",
  method: "POST",
  path: "/v1/page",
  summary: "Makes a token for the live page",
  request: body<Nothing>(named("NoFields", NOTHING)),
  response: named("PageAddress", looseRecord({ address: text("The page's address, with a token that is valid once") })),
});

/** The live page. */
export const PAGE = { open: OPEN };
