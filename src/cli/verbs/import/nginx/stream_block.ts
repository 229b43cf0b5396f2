/**
 * The `stream` block without its servers: what they inherit and refer to.
 *
 * @module
 */

import { findKeyword, type KeywordRow, noteKeyword } from "../keyword.ts";
import type { ImportContext } from "../reading.ts";
import { NGINX_KEYWORDS } from "./keywords.ts";
import type { Directive } from "./parse.ts";
import { readUpstream, type Upstream } from "./upstream.ts";

/** The parts of `stream` that servers refer to. */
export interface StreamBlock {
  readonly upstreams: ReadonlyMap<string, Upstream>;
  /** By the name of the variable that they set. */
  readonly maps: ReadonlyMap<string, Directive>;
  /** The keys of `limit_conn_zone`, by the name of the zone. */
  readonly zones: ReadonlyMap<string, string>;
  /** Directives that servers inherit. */
  readonly inherited: readonly Directive[];
  /** Directives that keep every server from being imported. */
  readonly refused: readonly Directive[];
}

/** Notes what the import does with a directive; null for an unknown one. */
export function note(place: string, { name }: Directive, context: ImportContext): KeywordRow | null {
  return noteKeyword(NGINX_KEYWORDS, { place, word: name.text, span: name.span }, context);
}

/** Reads the directives of `stream`; servers are read later. */
export function readStream(blocks: readonly Directive[], context: ImportContext): StreamBlock {
  const upstreams = new Map<string, Upstream>();
  const maps = new Map<string, Directive>();
  const zones = new Map<string, string>();
  const inherited: Directive[] = [];
  const refused: Directive[] = [];
  for (const one of blocks) {
    const { name: { text: word }, args, block } = one;
    const known = findKeyword(NGINX_KEYWORDS, "stream", word);
    if (known?.effect === "refused") {
      refused.push(one);
      continue;
    }
    if (note("stream", one, context)?.effect === "left-out" || known === null) continue;
    const [first, second] = args;
    if (word === "upstream" && first !== undefined && block !== null) {
      upstreams.set(first.text, readUpstream({ name: first.text, block, span: first.span }, context));
    } else if (word === "map" && second !== undefined && block !== null) maps.set(second.text, one);
    else if (word === "limit_conn_zone" && first !== undefined) {
      zones.set(/^zone=([^:]+)/.exec(second?.text ?? "")?.[1] ?? "", first.text);
    } else if (word !== "server") inherited.push(one);
  }
  return { upstreams, maps, zones, inherited, refused };
}
