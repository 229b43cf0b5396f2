/**
 * The loaded content of a text, without the text, and joined with it again.
 *
 * @module
 */

import type { NodeOrigin } from "../../topology/resolve/build_state.ts";
import { countProblems } from "../../topology/parse/diagnostic.ts";
import { decodeSource } from "../../topology/load/load.ts";
import { joinSource, NOTHING_INCLUDED } from "../../topology/parse/include.ts";
import type { SourceFile, SourcePart } from "../../topology/parse/source.ts";
import type { LoadedText } from "../../sources/load.ts";
import type { SourceText } from "../../sources/source.ts";
import type { KnownText } from "../../sources/text_loader.ts";
import { unpackPlaces } from "./place_table.ts";

/** The content of a text, with its places, which are decoded when they are read. */
export function fromKnown({ topologies, diagnostics, variables }: KnownText, text: SourceText): LoadedText {
  const source = fileOf(text);
  return {
    diagnostics: diagnostics.map((diagnostic) => ({ file: source, ...diagnostic })),
    variables,
    topologies: topologies.map(({ state, places, listeners }) => {
      let nodes: ReadonlyMap<string, NodeOrigin> | null = null;
      const origins = {
        get nodes(): ReadonlyMap<string, NodeOrigin> {
          return nodes ??= unpackPlaces(state, places);
        },
      };
      return { state, source, origins, listeners, variables };
    }),
  };
}

/** The same with only the number of its problems. */
export function withoutProblems({ diagnostics, ...known }: KnownText): KnownText {
  return { ...known, diagnostics: [countProblems(diagnostics)] };
}

/** The problem of a text that needed too many resources. */
export function tooLarge({ revision }: SourceText, message: string): KnownText {
  const place = { span: null, hint: "split it into several files", related: [] };
  return {
    revision,
    variables: new Map(),
    topologies: [],
    diagnostics: [{ code: "too-large", severity: "error", message, ...place }],
  };
}

/** The text, decoded when it is read. */
function fileOf({ name, octets, included = NOTHING_INCLUDED }: SourceText): SourceFile {
  let joined: SourceFile | null = null;
  const join = (): SourceFile => {
    if (joined !== null) return joined;
    const decoded = decodeSource(name, octets);
    return joined = joinSource({ name, text: decoded.ok ? decoded.source.text : "" }, included);
  };
  return {
    name,
    get text(): string {
      return join().text;
    },
    get parts(): readonly SourcePart[] {
      return join().parts ?? [];
    },
  };
}
