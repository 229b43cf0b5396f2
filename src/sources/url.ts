/**
 * A text on the web as a source, read once.
 *
 * @module
 */

import { errorText, NetgraphError } from "../errors.ts";
import type { Download, Downloads } from "../runtimes/downloads.ts";
import { MAX_FILE_OCTETS } from "../topology/load.ts";
import { withoutPassword } from "./git_address.ts";
import { digestOf } from "./read.ts";
import type { SourceText, UrlSource } from "./source.ts";
import { SourceError } from "./source_error.ts";

const TIMEOUT_MS = 30_000;

/**
 * Reads it.
 *
 * @throws SourceError where the server does not give it; NetgraphError ENOTCAPABLE
 */
export async function readUrl({ url }: UrlSource, downloads: Downloads): Promise<SourceText> {
  const name = withoutPassword(url);
  const { status, octets } = await asked(url, { name, downloads });
  if (status !== 200) throw new SourceError("invalid", `Cannot read "${name}": the server answers ${status}`);
  return { name, octets, kind: "url", location: name, revision: await digestOf(octets) };
}

async function asked(
  url: string,
  { name, downloads }: { readonly name: string; readonly downloads: Downloads },
): Promise<Download> {
  try {
    return await downloads.get(url, { timeoutMs: TIMEOUT_MS, maxBytes: MAX_FILE_OCTETS });
  } catch (error) {
    if (!(error instanceof NetgraphError) || error.code === "ENOTCAPABLE") throw error;
    throw new SourceError("invalid", `Cannot read "${name}": ${reason(error)}`, { cause: error });
  }
}

function reason(error: NetgraphError): string {
  if (error.code === "E2BIG") return "it is larger than 32 MiB: split it";
  if (error.code === "ETIMEDOUT") return `the server takes longer than ${TIMEOUT_MS / 1_000} s`;
  // What nobody has a name for is told in the host's own words, with the address out of it.
  return error.code === "EIO" ? withoutPassword(error.message) : errorText(error.code);
}
