/**
 * `status`: what runs.
 *
 * @module
 */

import { NOT_READY } from "../exit_code.ts";
import { flag, textOption } from "../args/options.ts";
import { control, format, names, nullable } from "../args/parts.ts";
import { CLIENT, type Given, type Verb, verb } from "../verb.ts";

const options = () => ({
  names: names(),
  node: nullable(
    textOption("--node", { metavar: "NODE", hint: "nodes", description: "Show one node with all details" }),
    "all, in a table",
  ),
  all: flag("--all", "Every connection and every copy of a template, as one JSON object per line"),
  watch: flag(["-w", "--watch"], "Show the status after every change, until Ctrl-C"),
  format: format(["table", "tree", "json", "yaml"]),
  control: control(),
});

/** `status [NAME…]` */
export type StatusInvocation = Given<"status", typeof options>;

/** The verb `status`. */
export const STATUS: Verb = verb({
  name: "status",
  summary: "Show what runs",
  usage: "[OPTION…] [NAME…|NAME/NODE]",
  description: `Show what runs. ${NOT_READY.status} ` +
    "--watch prints the status after every " +
    "change: in place on a terminal, with rates; as one table per change in a pipe, as one line of JSON per change with " +
    "-o json. With --watch on a terminal, r sorts nodes by rate, e by errors and f as in the file; the arrow keys " +
    "select a node, Enter shows its details, Esc returns to all nodes, and q quits.",
  examples: [
    ["sockgraph status", "as a table"],
    ["sockgraph status --watch", "after every change, until Ctrl-C"],
    ["sockgraph status web/front", "one node, with its messages and hooks"],
    ["sockgraph status --all | jq .peer", "every connection"],
    ["sockgraph status web -o json", "one topology, for programs"],
  ],
  meaning:
    "show the observed state; `--watch` shows it after every change, on a terminal with rates; `--node NODE` (or `web/front`) shows the details of one node, `--all` every connection; `-o tree`, `-o json`, `-o yaml`. Exits with 3 if a topology is Degraded, Stalled or not Ready",
  synonyms: ["ls", "ps", "list", "get", "show", "describe", "top"],
  permissions: CLIENT,
  readOnly: true,
  // `drain` and `tap` take a node in this form too.
  refine(invocation) {
    const [path, ...others] = invocation.names;
    const [name, node] = path?.split("/") ?? [];
    if (name === undefined || node === undefined || others.length > 0 || invocation.node !== null) return invocation;
    return { ...invocation, names: [name], node };
  },
  options,
  run: async (invocation, context) => await (await import("./status/run.ts")).status(invocation, context),
});
