/**
 * The thread that loads texts. It keeps the last loaded content until the next text, so that the client thread can read
 * it in parts, at its own pace.
 *
 * @module
 */

import { type LoadedText, loadText } from "../../sources/load.ts";
import { withoutText } from "../../sources/text_loader.ts";
import { MAX_VARIABLES } from "../../topology/parse/text_limits.ts";
import { typesOn } from "../worker/socket_support.ts";
import {
  type FromLoader,
  type LoadedHead,
  partsOf,
  sentListeners,
  type StatePart,
  type ToLoader,
} from "./load_message.ts";
import { packPlaces } from "./place_table.ts";

type LoadRequest = Extract<ToLoader, { readonly kind: "load" }>;

/** `${NAME}` and `${NAME:-…}`, but not `${node.query}`: only the loader can distinguish them. */
const VARIABLE = /\$\{([A-Za-z_]\w*)(?=[}:])/g;

let request: LoadRequest | null = null;
let variables = new Map<string, string | null>();
let parts: readonly (readonly StatePart[])[] = [];

async function answer(message: ToLoader): Promise<FromLoader> {
  switch (message.kind) {
    case "load": {
      request = message;
      variables = new Map();
      const names = variableNames(message.text.octets);
      return names.length > 0 ? { kind: "variables", names } : await load(message);
    }
    case "variables":
      if (request === null) throw new TypeError("There is no text to load");
      for (const [name, value] of message.values) variables.set(name, value);
      return await load(request);
    case "part": {
      const part = parts[message.topology]?.[message.part];
      if (part === undefined) throw new TypeError(`There is no part ${message.part}`);
      return { kind: "part", part };
    }
  }
}

async function load({ runtime, text, known, given }: LoadRequest): Promise<FromLoader> {
  const missing = new Set<string>();
  const env = (name: string): string | undefined => {
    const value = variables.get(name);
    if (value === undefined) missing.add(name);
    return value ?? undefined;
  };
  const loaded = loadText(text, { types: typesOn(runtime), env, ...(given === undefined ? {} : { given }) });
  if (missing.size > 0) return { kind: "variables", names: [...missing] };
  const heads = await Promise.all(loaded.topologies.map((topology) => headOf(topology, known)));
  parts = heads.map(({ parts }) => parts);
  const diagnostics = withoutText(loaded.diagnostics, text.name);
  return { kind: "loaded", diagnostics, topologies: heads.map(({ head }) => head) };
}

async function headOf(
  { state, origins, listeners }: LoadedText["topologies"][number],
  known: ReadonlyMap<string, string>,
): Promise<{ readonly head: LoadedHead; readonly parts: readonly StatePart[] }> {
  const { name, description } = state;
  const digest = await digestOf(JSON.stringify(state));
  const parts = known.get(name) === digest ? null : partsOf(state);
  const places = packPlaces(state, origins);
  const head = { name, description, digest, places, listeners: sentListeners(listeners), parts: parts?.length ?? null };
  return { head, parts: parts ?? [] };
}

async function digestOf(text: string): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The names that the loader will request, up to its limit, because the client thread reads each of them. */
function variableNames(octets: Uint8Array): readonly string[] {
  const names = new Set<string>();
  for (const [, name = ""] of new TextDecoder("latin1").decode(octets).matchAll(VARIABLE)) {
    names.add(name);
    if (names.size >= MAX_VARIABLES) break;
  }
  return [...names];
}

function post(message: FromLoader): void {
  self.postMessage(message);
}

self.onmessage = ({ data }: MessageEvent<ToLoader>) => {
  answer(data).then(post, (error: unknown) => {
    post({ kind: "bug", message: error instanceof Error ? error.stack ?? error.message : String(error) });
  });
};
post({ kind: "ready" });
