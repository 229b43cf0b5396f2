/**
 * `graph`: a picture of topologies, of files or of what runs.
 *
 * @module
 */

import { choiceOption, flag } from "../args/options.ts";
import { control, nullable, parameters, sources } from "../args/parts.ts";
import { CLIENT, type Given, type Verb, verb } from "../verb.ts";

const options = () => ({
  sources: sources(),
  ...parameters(),
  all: flag("--all", "Draw every node, also those that one each declares"),
  format: nullable(
    choiceOption("--format", {
      metavar: "FORMAT",
      words: ["text", "dot", "mermaid", "svg", "json"],
      description: "The output format: text, dot, mermaid, svg, json",
    }),
    "text on a terminal, dot in a pipe",
  ),
  control: control(),
});

/** `graph [SOURCE…]` */
export type GraphInvocation = Given<"graph", typeof options>;

/** The verb `graph`. */
export const GRAPH: Verb = verb({
  name: "graph",
  summary: "Draw topologies",
  usage: "[OPTION…] [SOURCE…]",
  description: "Draw topologies from files, or what runs with its addresses, states and counters: as a tree on a " +
    "terminal, as Graphviz dot in a pipe, or in another format. --format svg of what runs also shows " +
    "rates, measured for one second; red where connections were refused or back-pressure stopped a sender, amber where " +
    "items were dropped.",
  examples: [
    ["sockgraph graph web.yaml", "as a tree"],
    ["sockgraph graph --format svg web.yaml > web.svg", "a self-contained picture"],
    ["sockgraph graph --format mermaid web.yaml", "for a Markdown page"],
    ["sockgraph graph | dot -Tpng > now.png", "what runs, drawn by Graphviz"],
  ],
  meaning:
    "draw topologies from files, or the observed state with counters: a tree on a terminal, `dot` in a pipe; `--format text`, `dot`, `mermaid`, `svg`, `json`",
  permissions: CLIENT,
  readOnly: true,
  options,
  run: async (invocation, context) => await (await import("./graph/run.ts")).graph(invocation, context),
});
