/**
 * Downloads by `fetch`, on both hosts.
 *
 * @module
 */

import { NetgraphError } from "../../errors.ts";
import { GrowingBuffer } from "../../growing_buffer.ts";
import type { Downloads } from "../downloads.ts";
import { systemError, systemErrorCode } from "../system_error.ts";

/** The messages of Deno and Bun for a server that does not listen; neither has a POSIX code. */
const REFUSED = /connection refused|unable to connect/i;
const UNKNOWN = /dns error|failed to lookup/i;

/** Downloads with the machine's network. */
export const fetchDownloads: Downloads = {
  get: async (url, { timeoutMs, maxBytes, headers = {}, signal }) => {
    const limit = AbortSignal.timeout(timeoutMs);
    try {
      const response = await fetch(url, {
        headers,
        signal: signal === undefined ? limit : AbortSignal.any([limit, signal]),
      });
      const [etag, lastModified] = ["etag", "last-modified"].map((name) => response.headers.get(name));
      return {
        status: response.status,
        octets: await gather(response, maxBytes),
        etag: etag ?? null,
        lastModified: lastModified ?? null,
      };
    } catch (error) {
      if (signal?.aborted === true) throw new NetgraphError("ECANCELED", "Cannot download: cancelled");
      throw failureOf(error);
    }
  },
};

async function gather({ body }: Response, maxBytes: number): Promise<Uint8Array> {
  const gathered = new GrowingBuffer(maxBytes);
  for await (const piece of body ?? []) {
    if (gathered.add(piece)) continue;
    // Leaving the loop cancels the rest of the body.
    throw new NetgraphError("E2BIG", `Cannot download: it is longer than ${maxBytes} bytes`);
  }
  return gathered.whole();
}

function failureOf(error: unknown): NetgraphError {
  const known = systemErrorCode(error);
  if (known !== "EIO" || !(error instanceof Error)) return systemError(error, "Cannot download");
  const cause = error.cause instanceof Error ? error.cause.message : "";
  const text = `${error.message} ${cause} ${"code" in error ? error.code : ""}`;
  const code = REFUSED.test(text) || text.includes("ConnectionRefused")
    ? "ECONNREFUSED"
    : UNKNOWN.test(text)
    ? "ENOTFOUND"
    : null;
  if (code === null) return systemError(error, "Cannot download");
  return new NetgraphError(code, "Cannot download", { cause: error });
}
