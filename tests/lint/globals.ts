/**
 * The rule that keeps runtimes and time out of `src/`: their globals belong to runtimes/, everything else gets them by
 * injection.
 *
 * A file that declares such a name itself, as a parameter called `process`, may use it: the rule looks at names, file
 * by file, and does not follow scopes.
 *
 * @module
 */

import { placeOf } from "./place.ts";

/** Names of a runtime, of time, and what is to be used in their place. */
const GLOBALS: ReadonlyMap<string, string> = new Map([
  ["Deno", "the contracts that runtimes/ implements"],
  ["Bun", "the contracts that runtimes/ implements"],
  ["process", "the contracts that runtimes/ implements"],
  ["Buffer", "Uint8Array"],
  ["setTimeout", "Clock.after"],
  ["setInterval", "Clock.after"],
  ["setImmediate", "Clock.after"],
  ["performance", "Clock.now"],
]);

/** Objects through which a global can be reached by name. */
const GLOBAL_OBJECTS = ["globalThis", "self", "window"];

/** Folders that may use them: `page/` runs in a browser, which has no clock of ours. */
const HOMES: readonly string[] = ["runtimes", "page"];

/** Reports runtime and time globals wherever they do not belong: everywhere but in runtimes/ and page/. */
export function checkGlobals(context: Deno.lint.RuleContext): Deno.lint.LintVisitor {
  const place = placeOf(context.filename);
  if (place === null || HOMES.includes(place.folder)) return {};
  const own = new Set<string>();
  const used: { readonly node: Deno.lint.Node; readonly name: string; readonly instead: string }[] = [];
  const use = (node: Deno.lint.Node, name: string, instead: string) => used.push({ node, name, instead });
  return {
    Identifier(node) {
      const instead = GLOBALS.get(node.name);
      if (instead === undefined) return;
      const role = roleOf(node, context);
      if (role === "declared") own.add(node.name);
      if (role === "used") use(node, node.name, instead);
    },
    MemberExpression(node) {
      if (node.object.type !== "Identifier") return;
      const property = propertyName(node);
      if (node.object.name === "Date" && property === "now") use(node, "Date.now", "Clock.now or Clock.wall");
      if (!GLOBAL_OBJECTS.includes(node.object.name) || property === null) return;
      const instead = GLOBALS.get(property);
      if (instead !== undefined) use(node, `${node.object.name}.${property}`, instead);
    },
    NewExpression(node) {
      if (isDate(node.callee) && node.arguments.length === 0) use(node, "new Date()", "Clock.wall");
    },
    CallExpression(node) {
      if (isDate(node.callee)) use(node, "Date()", "Clock.wall");
    },
    "Program:exit"() {
      for (const { node, name, instead } of used) {
        if (own.has(name)) continue;
        context.report({ node, message: `"${name}" must not be used outside src/runtimes/`, hint: `Use ${instead}` });
      }
    },
  };
}

function propertyName(node: Deno.lint.MemberExpression): string | null {
  if (!node.computed && node.property.type === "Identifier") return node.property.name;
  if (node.property.type === "Literal" && typeof node.property.value === "string") return node.property.value;
  return null;
}

function isDate(node: Deno.lint.Node): boolean {
  return node.type === "Identifier" && node.name === "Date";
}

/** Whether an identifier uses a name, declares one of its own, or only names a member, key or type. */
function roleOf(node: Deno.lint.Identifier, context: Deno.lint.RuleContext): "used" | "declared" | "named" {
  const ancestors = context.sourceCode.getAncestors(node);
  const parent = ancestors.at(-1);
  if (parent === undefined) return "used";
  switch (parent.type) {
    case "MemberExpression":
      return parent.object === node || parent.computed ? "used" : "named";
    case "TSQualifiedName":
      return parent.left === node ? "used" : "named";
    case "Property":
      if (parent.value !== node) return "named";
      return ancestors.at(-2)?.type === "ObjectPattern" ? "declared" : "used";
    case "PropertyDefinition":
      return parent.value === node ? "used" : "named";
    case "VariableDeclarator":
      return parent.id === node ? "declared" : "used";
    case "AssignmentPattern":
      return parent.left === node ? "declared" : "used";
    case "ArrowFunctionExpression":
      return parent.body === node ? "used" : "declared";
    case "FunctionDeclaration":
    case "FunctionExpression":
    case "ImportSpecifier":
    case "RestElement":
      return "declared";
    default:
      return NAMING_PARENTS.has(parent.type) ? "named" : "used";
  }
}

/** Nodes whose direct identifiers name something rather than use it. */
const NAMING_PARENTS: ReadonlySet<string> = new Set([
  "LabeledStatement",
  "MethodDefinition",
  "TSFunctionType",
  "TSInterfaceDeclaration",
  "TSMethodSignature",
  "TSPropertySignature",
  "TSTypeAliasDeclaration",
]);
