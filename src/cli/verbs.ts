/**
 * The verbs as people read of them: the overall help and the help of each are made from this one table.
 *
 * @module
 */

import { nearHint } from "../ascii/near.ts";
import type { Verb } from "./invocation.ts";

/** What help says of a verb. */
export interface VerbHelp {
  /** One line, for the list of verbs. */
  readonly summary: string;
  /** What may follow the verb. */
  readonly usage: string;
  /** More, for its own help. */
  readonly description: string;
  /** Calls to copy, each with what it is for. */
  readonly examples: readonly (readonly [call: string, purpose: string])[];
}

/** Words of other tools, and the verb for the same thing. */
const FOREIGN_VERBS: Readonly<Record<string, Verb>> = {
  start: "apply",
  up: "apply",
  run: "apply",
  create: "apply",
  serve: "apply",
  reload: "reconcile",
  restart: "apply",
  stop: "down",
  delete: "down",
  remove: "down",
  rm: "down",
  kill: "down",
  destroy: "down",
  ls: "status",
  ps: "status",
  list: "status",
  get: "status",
  show: "status",
  describe: "status",
  top: "status",
  diff: "plan",
  check: "validate",
  lint: "validate",
  test: "validate",
  log: "events",
  logs: "events",
  undo: "rollback",
  pause: "suspend",
  new: "init",
  dump: "export",
};

/** All verbs, in the order in which help shows them. */
export const VERBS: Readonly<Record<Verb, VerbHelp>> = {
  apply: {
    summary: "Make topologies so, and keep them so",
    usage: "[OPTION…] SOURCE…",
    description: "Make topologies so. Where an engine runs it takes them over; else this process becomes the engine, " +
      "in the foreground, until it is told to end.",
    examples: [
      ["sockgraph apply topologies/echo.yaml", "run an echo server; apply again to change it"],
      ["sockgraph apply topologies/", "all files of a folder"],
      ["sockgraph apply --detach topologies/", "with the engine in the background, until down"],
      ["sockgraph apply --watch topologies/", "and what changes in it from now on"],
      ["sockgraph apply --git file:///srv/net.git --path net", "a branch of a repository"],
      ["PORT=9000 sockgraph apply topologies/echo.yaml", "topologies read ${PORT:-7007}"],
    ],
  },
  plan: {
    summary: "Show what apply would do",
    usage: "[OPTION…] SOURCE…",
    description:
      "Show what apply would do to what runs, message by message. Changes nothing. A plan that is saved is " +
      "applied as a source is, as long as what it was made against has not changed.",
    examples: [
      ["sockgraph plan topologies/echo.yaml", "what would change"],
      ["sockgraph plan --out next.json topologies/", "for sockgraph apply next.json, after somebody looked at it"],
    ],
  },
  validate: {
    summary: "Check topologies without opening anything",
    usage: "[OPTION…] SOURCE…",
    description: "Check topologies. Every problem is shown at once, with its place. Opens no socket.",
    examples: [["sockgraph validate topologies/", "check all files of a folder"]],
  },
  status: {
    summary: "Show what runs",
    usage: "[OPTION…] [NAME…]",
    description: "Show what runs. Ends 3 when something is not Ready. With --watch it is shown anew whenever it " +
      "changes: in place on a terminal; in a pipe a table for each change, with -o json a line, counters too.",
    examples: [
      ["sockgraph status", "as a table"],
      ["sockgraph status --watch", "as it changes, until Ctrl-C"],
      ["sockgraph status --node front", "one node, with its messages and hooks"],
      ["sockgraph status --all | jq .peer", "every connection"],
      ["sockgraph status web -o json", "one topology, for programs"],
    ],
  },
  wait: {
    summary: "Wait until topologies are Ready",
    usage: "[OPTION…] [NAME…]",
    description: "Wait until topologies are Ready. Ends 3 when they are not in time, or cannot become so.",
    examples: [["sockgraph wait --timeout 10s web", "at most ten seconds"]],
  },
  down: {
    summary: "Stop topologies",
    usage: "[OPTION…] [NAME…]",
    description:
      "Stop topologies by name; without a name all of them. The engine runs on, empty, unless it is in the " +
      "background: then it ends too.",
    examples: [
      ["sockgraph down web", "stop one topology"],
      ["sockgraph down", "stop all"],
      ["sockgraph down --drain 10s web", "let its connections end before, for ten seconds at most"],
    ],
  },
  drain: {
    summary: "End connections by a deadline, and take no new ones",
    usage: "[OPTION…] [NAME[/NODE]]",
    description: "Take no new connections and let those that live end: for the first half of the time by themselves; " +
      "over the second half the rest are closed, one after the other. Ends when none is left. The next apply or " +
      "reconcile takes connections again. With a generation only its connections end, and new ones are taken.",
    examples: [
      ["sockgraph drain web --timeout 30s", "all listeners of a topology"],
      ["sockgraph drain web/front", "one listener"],
      ["sockgraph drain web --generation 3", "what began before the last change"],
    ],
  },
  confirm: {
    summary: "Keep what apply --confirm changed",
    usage: "[OPTION…] [NAME…]",
    description: "Keep what apply --confirm changed, which is undone else when its time is over; without a name " +
      "everything that awaits it. Ends 1 when nothing does.",
    examples: [
      ["sockgraph apply --confirm 60s web.yaml", "try a change that may cut you off"],
      ["sockgraph confirm web", "you still get in: keep it"],
    ],
  },
  history: {
    summary: "Show the generations of a topology",
    usage: "[OPTION…] [NAME]",
    description: "Show the last 16 generations of a topology: when and from what each came. The name may be left out " +
      "where one topology runs.",
    examples: [["sockgraph history web", "what rollback can go back to"]],
  },
  rollback: {
    summary: "Go back to an earlier generation",
    usage: "[OPTION…] [NAME] [GENERATION]",
    description: "Go back to an earlier generation, under a new number; without one, to the one before. Prints its " +
      "plan and ends as apply does. A number alone is a generation. The file is left as it is.",
    examples: [
      ["sockgraph rollback", "undo the last change"],
      ["sockgraph rollback web 3", "as history shows them"],
    ],
  },
  adopt: {
    summary: "Take what hands changed for what is wanted",
    usage: "[OPTION…] [NAME]",
    description: "Take what runs, with all that hands changed, for what is wanted, as a new generation. The file is " +
      "left as it is: export prints what to write into it.",
    examples: [["sockgraph adopt web", "keep what msg did"]],
  },
  reconcile: {
    summary: "Undo what hands changed, and try again at once",
    usage: "[OPTION…] [NAME]",
    description: "Look at the source that is followed, and try again a generation of it that failed. Make what runs " +
      "as it was wanted last, undoing what hands changed, and try at once what would be tried later or was given up. " +
      "Ends as apply does.",
    examples: [
      ["sockgraph reconcile web", "after OutOfSync, when the upstream is back, or to fetch --git now"],
    ],
  },
  suspend: {
    summary: "Leave a topology alone",
    usage: "[OPTION…] [NAME]",
    description: "Leave a topology alone: what runs goes on, what breaks stays broken until resume.",
    examples: [["sockgraph suspend web", "before working on it by hand"]],
  },
  resume: {
    summary: "Look after a topology again",
    usage: "[OPTION…] [NAME]",
    description: "Look after a topology again, and heal what broke meanwhile.",
    examples: [["sockgraph resume web", "after suspend"]],
  },
  events: {
    summary: "Follow what happens, as NDJSON",
    usage: "[OPTION…]",
    description: "Print one JSON object a line: first a snapshot of what runs, then what happens: failures, retries, " +
      "recoveries, changes, drift, connections of which nothing could be made. Ends with Ctrl-C.",
    examples: [["sockgraph events | jq -c 'select(.kind == \"failed\")'", "failures alone"]],
  },
  msg: {
    summary: "Send a control message to a running node",
    usage: "[OPTION…] PATH COMMAND [ARG…]",
    description: "Send one control message to a running node and print its reply. Options stand before the path; " +
      "all that follows is the message.",
    examples: [
      ["sockgraph msg web/front: getname", "the address that a node has"],
      ["sockgraph msg web/front: setopt '{ SO_KEEPALIVE=1 }'", "quote what the shell would read"],
    ],
  },
  ngctl: {
    summary: "Work on the live graph as ngctl(8) does",
    usage: "[OPTION…] [COMMAND [ARG…]]",
    description:
      "Carry out one command of ngctl, a file of them, or at a terminal what is typed, with a node of our own in the " +
      "engine's graph that lasts as long. Options stand before the command. Ends 71 when a command fails, 66 when the " +
      "file cannot be read.",
    examples: [
      ["sockgraph ngctl", "type commands; data is shown as it comes in"],
      ["sockgraph ngctl list", "all nodes, those made by hand too"],
      ["sockgraph ngctl help", "all commands"],
      ["sockgraph ngctl -f script.ng", "a script; - is standard input"],
    ],
  },
  export: {
    summary: "Print the running graph as a topology",
    usage: "[OPTION…] [NAME]",
    description: "Print what runs as topologies that apply accepts; several are the documents of one file. Or as a " +
      "script for ngctl(8), with comments for what FreeBSD has no counterpart of.",
    examples: [
      ["sockgraph export web > web.yaml", "keep what runs"],
      ["sockgraph export --format ngctl web > web.ng", "build it on FreeBSD: ngctl -f web.ng"],
    ],
  },
  import: {
    summary: "Make a topology from a file of another tool",
    usage: "[OPTION…] FILE",
    description: "Print the topology that a script of ngctl, lines of socat or a rinetd.conf come to. What means " +
      "something else, or is left out, stands in comments and is told on standard error. Ends 65 when the file cannot " +
      "be read as what it is.",
    examples: [
      ["sockgraph import /etc/rinetd.conf > web.yaml", "then: sockgraph validate web.yaml"],
      ["sockgraph import --from socat - < start.sh", "lines of socat from standard input"],
    ],
  },
  init: {
    summary: "Write a first topology to change",
    usage: "[OPTION…] [FILE|NAME]",
    description: "Write a small topology with comments, to begin with: an echo server, in NAME.yaml. Never over " +
      "something that is there.",
    examples: [["sockgraph init web", "then: sockgraph apply web.yaml"]],
  },
  permissions: {
    summary: "Print the permissions of Deno that topologies need",
    usage: "[OPTION…] SOURCE…",
    description: "Print the --allow flags with which an engine on Deno can run these topologies, with hosts, ports, " +
      "paths and variables by name. What cannot be named beforehand is told on standard error.",
    examples: [
      ["sockgraph permissions web.yaml", "for a task, or a unit, of your own"],
      ["sockgraph permissions --runtime posix web.yaml", "with sockets by FFI"],
    ],
  },
  graph: {
    summary: "Draw topologies",
    usage: "[OPTION…] [SOURCE…]",
    description: "Draw topologies of files, or what runs, with its addresses, states and counters: as a tree on a " +
      "terminal, for Graphviz in a pipe, or in the form that is named.",
    examples: [
      ["sockgraph graph web.yaml", "as a tree"],
      ["sockgraph graph --format svg web.yaml > web.svg", "a picture that needs nothing besides"],
      ["sockgraph graph --format mermaid web.yaml", "for a page in Markdown"],
      ["sockgraph graph | dot -Tpng > now.png", "what runs, by Graphviz"],
    ],
  },
  types: {
    summary: "Show the node types",
    usage: "[NAME]",
    description: "Show the node types, or the hooks and messages of one.",
    examples: [
      ["sockgraph types", "all types"],
      ["sockgraph types ksocket", "one of them in full"],
    ],
  },
  schema: {
    summary: "Print the JSON Schema of topology files",
    usage: "[OPTION…]",
    description:
      "Print the JSON Schema of topology files, for editors; or of what plan prints and saves, for programs.",
    examples: [
      ["sockgraph schema > topology.schema.json", "then name it in the file's first line"],
      ["sockgraph schema --of plan", "of what plan -o json prints"],
    ],
  },
  doctor: {
    summary: "Show what works here, and what stands in the way",
    usage: "[OPTION…] [SOURCE…]",
    description:
      "Show what this machine and each socket runtime can do, who has the control socket, and which of the " +
      "topologies work where. Changes nothing. Ends 1 when something stands in the way, 65 when a topology is invalid.",
    examples: [
      ["sockgraph doctor", "this machine"],
      ["sockgraph doctor topologies/", "and where these topologies work"],
    ],
  },
  completions: {
    summary: "Print what makes a shell complete",
    usage: "SHELL",
    description: "Print the lines by which bash, zsh or fish completes verbs, options, their values, files, and the " +
      "names of what runs. The shell asks the program at each Tab, so that they never have to be printed again.",
    examples: [
      ['eval "$(sockgraph completions bash)"', "in ~/.bashrc; for zsh behind compinit in ~/.zshrc"],
      ["sockgraph completions fish > ~/.config/fish/completions/sockgraph.fish", "for fish, once"],
    ],
  },
  version: {
    summary: "Print the version",
    usage: "[OPTION…]",
    description: "Print the version of sockgraph and of the runtime below it.",
    examples: [
      ["sockgraph version", "such as sockgraph 0.1.0 (deno 2.9.6)"],
      ["sockgraph version -o json", "for programs, with commit and date of a single binary"],
    ],
  },
};

/** True when `word` is a verb. */
export function isVerb(word: string): word is Verb {
  return Object.hasOwn(VERBS, word);
}

/** What `sockgraph --help` prints. */
export function overallHelp(): string {
  const width = Math.max(...Object.keys(VERBS).map((verb) => verb.length)) + 2;
  const verbs = Object.entries(VERBS).map(([verb, { summary }]) => `  ${verb.padEnd(width)}${summary}`);
  return [
    "Runs graphs of sockets that are written down in YAML: netgraph for user space.",
    "",
    "Usage: sockgraph VERB [OPTION…] [ARGUMENT…]",
    "",
    ...verbs,
    `  ${"help".padEnd(width)}Show this, or all about one verb`,
    "",
    "Examples:",
    "  sockgraph apply topologies/echo.yaml",
    "  sockgraph status",
    "  sockgraph apply --help",
  ].join("\n");
}

/** What is wrong with a first word that is no verb. */
export function unknownVerb(word: string): string {
  const meant = Object.hasOwn(FOREIGN_VERBS, word) ? FOREIGN_VERBS[word] : undefined;
  const hint = meant !== undefined
    ? `did you mean "${meant}"?`
    : nearHint(word, [...Object.keys(VERBS), "help"]) ?? `"sockgraph --help" lists the verbs`;
  const kind = word.startsWith("-") ? "option" : "verb";
  return `Unknown ${kind} "${word}": ${hint}`;
}
