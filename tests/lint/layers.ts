/**
 * The lint plugin that holds `src/` to its layers: which folder may import which, and where a runtime, the clock and
 * each npm package may be touched.
 *
 * A file outside `src/` passes unseen, so that tests and scripts may reach everything. Files directly in `src/`
 * (errors.ts, clock.ts, buffer.ts) are open to all and may import only each other.
 *
 * @module
 */

import { checkGlobals } from "./globals.ts";
import { type Place, placeAt, placeOf } from "./place.ts";

type Visitor = Deno.lint.LintVisitor;
type Context = Deno.lint.RuleContext;

/** What each folder may import besides its own files and the files directly in `src/`. */
export const ALLOWED: ReadonlyMap<string, readonly string[]> = new Map([
  ["", []],
  ["ascii", []],
  ["graph", ["ascii"]],
  ["socket", ["ascii"]],
  ["nodes", ["ascii", "graph", "socket"]],
  ["topology", ["ascii", "graph"]],
  ["reconcile", ["ascii", "graph"]],
  ["telemetry", ["graph", "reconcile"]],
  ["drawing", ["ascii", "graph", "reconcile"]],
  ["runtimes", ["socket"]],
  ["sources", ["ascii", "graph", "topology", "runtimes"]],
  ["api", ["ascii", "graph", "topology", "reconcile", "telemetry", "drawing", "sources"]],
  [
    "engine",
    [
      "ascii",
      "graph",
      "socket",
      "nodes",
      "topology",
      "reconcile",
      "telemetry",
      "drawing",
      "api",
      "runtimes",
      "sources",
    ],
  ],
  ["page", ["graph", "reconcile", "drawing", "api"]],
  ["cli", ["ascii", "graph", "topology", "reconcile", "telemetry", "drawing", "api", "runtimes", "sources", "engine"]],
]);

/**
 * The rooms of a folder, lowest first: a file may import from its own room and from rooms that stand before it.
 */
export const ROOMS: ReadonlyMap<string, readonly string[]> = new Map([
  ["graph", ["data", "core", "fan_out", "message", "snapshot", "session", "port"]],
  ["topology", ["parse", "resolve", "check", "print", "load"]],
  ["reconcile", ["diff", "plan", "apply", "status", "loop"]],
]);

/** The files that may import an npm package. */
const PACKAGE_HOMES: ReadonlyMap<string, readonly string[]> = new Map([
  ["@dagrejs/dagre", ["drawing/layout.ts"]],
  ["string-width", ["display_width.ts"]],
  ["yaml", ["topology/parse/document.ts"]],
  ["@optique/core", [
    "cli/args.ts",
    "cli/args/grammar.ts",
    "cli/args/hint.ts",
    "cli/args/options.ts",
    "cli/args/parts.ts",
    "cli/args/suggest.ts",
  ]],
]);

/** The plugin as deno.json loads it; the default export is what Deno asks for. */
export default {
  name: "layers",
  rules: {
    "imports": { create: checkImports },
    "packages": { create: checkPackages },
    "globals": { create: checkGlobals },
    "no-default-export": { create: checkDefaultExports },
  },
} satisfies Deno.lint.Plugin;

/** Relative imports point where the table allows. */
function checkImports(context: Context): Visitor {
  const place = placeOf(context.filename);
  if (place === null) return {};
  const allowed = ALLOWED.get(place.folder);
  return onSpecifier((specifier, node) => {
    if (!specifier.startsWith(".")) return;
    const target = targetOf(place, specifier);
    if (target === null) {
      return context.report({ node, message: `Import "${specifier}" leaves src/` });
    }
    if (allowed === undefined) {
      return context.report({ node, message: `Folder "${place.folder}" has no row in the table of imports` });
    }
    if (target.folder === place.folder) return checkRooms(context, node, { place, target });
    if (target.folder === "" || allowed.includes(target.folder)) return;
    context.report({
      node,
      message: `${describe(place.folder)} must not import from "${target.folder}"`,
      hint: `It may import ${allowed.length === 0 ? "no other folder" : allowed.join(", ")}`,
    });
  });
}

/** Within a folder that has rooms, imports point to rooms below. */
function checkRooms(context: Context, node: Deno.lint.Node, { place, target }: { place: Place; target: Place }): void {
  const rooms = ROOMS.get(place.folder);
  if (rooms === undefined) return;
  const from = roomOf(place);
  const to = roomOf(target);
  if (from === to) return;
  const own = rooms.indexOf(from);
  const other = rooms.indexOf(to);
  if (own < 0) {
    return context.report({ node, message: `"${place.folder}" has no room "${from}": add it to ROOMS in its order` });
  }
  if (other >= 0 && other < own) return;
  context.report({
    node,
    message: `${place.folder}/${from} must not import from ${place.folder}/${to}`,
    hint: `It may import ${rooms.slice(0, own).join(", ") || "no other room"}`,
  });
}

function roomOf({ path }: Place): string {
  return path.split("/")[1] ?? "";
}

/** Each npm package has one home, and `node:` and the like are for runtimes/. */
function checkPackages(context: Context): Visitor {
  const place = placeOf(context.filename);
  if (place === null) return {};
  return onSpecifier((specifier, node) => {
    if (specifier.startsWith(".")) return;
    if (specifier.includes(":")) {
      if (place.folder === "runtimes" && /^(node|bun):/.test(specifier)) return;
      return context.report({ node, message: `"${specifier}" must not be imported outside src/runtimes/` });
    }
    const name = packageOf(specifier);
    const home = PACKAGE_HOMES.get(name);
    if (home === undefined) return context.report({ node, message: `Package "${name}" has no home in src/` });
    if (home.includes(place.path)) return;
    context.report({ node, message: `Package "${name}" must be imported only by src/${home.join(", src/")}` });
  });
}

/** What a file gives away has a name. */
function checkDefaultExports(context: Context): Visitor {
  if (placeOf(context.filename) === null) return {};
  const message = "A default export has no name to search for: export it by name";
  return {
    ExportDefaultDeclaration: (node) => context.report({ node, message }),
    ExportSpecifier(node) {
      if (node.exported.type === "Identifier" && node.exported.name === "default") context.report({ node, message });
    },
  };
}

/** Calls `check` for every specifier that a file names: imports, re-exports, dynamic imports and import types. */
function onSpecifier(check: (specifier: string, node: Deno.lint.Node) => void): Visitor {
  return {
    ImportDeclaration: (node) => check(node.source.value, node),
    ExportAllDeclaration: (node) => check(node.source.value, node),
    ExportNamedDeclaration(node) {
      if (node.source !== null) check(node.source.value, node);
    },
    ImportExpression(node) {
      if (node.source.type === "Literal" && typeof node.source.value === "string") check(node.source.value, node);
    },
    TSImportType(node) {
      const argument = node.argument;
      if (argument.type === "TSLiteralType" && argument.literal.type === "Literal") {
        check(String(argument.literal.value), node);
      }
    },
  };
}

/** Where a relative specifier of `from` points, or null when that is outside `src/`. */
function targetOf(from: Place, specifier: string): Place | null {
  const segments = from.path.split("/").slice(0, -1);
  for (const segment of specifier.split("/")) {
    if (segment === "." || segment === "") continue;
    if (segment !== "..") segments.push(segment);
    else if (segments.pop() === undefined) return null;
  }
  return placeAt(segments.join("/"));
}

function packageOf(specifier: string): string {
  const segments = specifier.split("/");
  return segments.slice(0, specifier.startsWith("@") ? 2 : 1).join("/");
}

function describe(folder: string): string {
  return folder === "" ? "A file directly in src/" : `Folder "${folder}"`;
}
