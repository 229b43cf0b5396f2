/**
 * The verbs as people read of them: the overall help and the help of each are made from this one table.
 *
 * @module
 */

import { nearHint } from "../../ascii/near.ts";
import type { Verb } from "../invocation.ts";

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
    summary: "Apply topologies and keep them applied",
    usage: "[OPTION…] SOURCE…",
    description: "Apply topologies and keep them applied. A running engine takes them over; otherwise this process " +
      "becomes the engine, in the foreground, until it is stopped.",
    examples: [
      ["sockgraph apply topologies/echo.yaml", "run an echo server; apply again to change it"],
      ["sockgraph apply topologies/", "all files of a folder"],
      ["sockgraph apply --detach topologies/", "run the engine in the background"],
      ["sockgraph apply --watch topologies/", "apply changes of the folder as they are made"],
      ["sockgraph apply --git file:///srv/net.git --path net", "a branch of a repository"],
      ["PORT=9000 sockgraph apply topologies/echo.yaml", "set a variable that the topology reads"],
    ],
  },
  plan: {
    summary: "Show what apply would do",
    usage: "[OPTION…] SOURCE…",
    description:
      "Show the control messages that apply would send. Changes nothing. A saved plan can be applied like a source, " +
      "as long as the observed state has not changed since it was made.",
    examples: [
      ["sockgraph plan topologies/echo.yaml", "show the changes"],
      ["sockgraph plan --out next.json topologies/chat.yaml", "review first, then: sockgraph apply next.json"],
    ],
  },
  validate: {
    summary: "Check topologies without opening anything",
    usage: "[OPTION…] SOURCE…",
    description: "Check topologies and show all problems with file, line and column. Opens no socket.",
    examples: [["sockgraph validate topologies/", "check all files of a folder"]],
  },
  status: {
    summary: "Show what runs",
    usage: "[OPTION…] [NAME…]",
    description: "Show what runs. Exits with 3 if a topology is not Ready. --watch prints the status after every " +
      "change: in place on a terminal, as one table per change in a pipe, as one line of JSON per change with -o json.",
    examples: [
      ["sockgraph status", "as a table"],
      ["sockgraph status --watch", "after every change, until Ctrl-C"],
      ["sockgraph status --node front", "one node, with its messages and hooks"],
      ["sockgraph status --all | jq .peer", "every connection"],
      ["sockgraph status web -o json", "one topology, for programs"],
    ],
  },
  wait: {
    summary: "Wait until topologies are Ready",
    usage: "[OPTION…] [NAME…]",
    description: "Wait until topologies are Ready. Exits with 3 if they are not Ready in time, or cannot become Ready.",
    examples: [["sockgraph wait --timeout 10s web", "at most ten seconds"]],
  },
  down: {
    summary: "Stop topologies",
    usage: "[OPTION…] [NAME…]",
    description:
      "Stop topologies by name; without a name, all of them. If all are stopped and the engine runs in the " +
      "background, the engine exits too; an engine in the foreground keeps running.",
    examples: [
      ["sockgraph down web", "stop one topology"],
      ["sockgraph down", "stop all"],
      ["sockgraph down --drain 10s web", "wait up to ten seconds for its connections to end"],
    ],
  },
  drain: {
    summary: "Accept no new connections and end open ones by a deadline",
    usage: "[OPTION…] [NAME[/NODE]]",
    description: "Accept no new connections and let open ones end. During the first half of the time they may end by " +
      "themselves; during the second half the rest are closed one after the other. Returns when none is open. The next " +
      "apply or reconcile accepts connections again. With --generation, only connections that began under that " +
      "generation are drained, and new ones are accepted.",
    examples: [
      ["sockgraph drain web --timeout 30s", "all listeners of a topology"],
      ["sockgraph drain web/front", "one listener"],
      ["sockgraph drain web --generation 3", "only connections from before the last change"],
    ],
  },
  confirm: {
    summary: "Keep what apply --confirm changed",
    usage: "[OPTION…] [NAME…]",
    description: "Keep what apply --confirm changed, which is otherwise rolled back when its time is over. Without a " +
      "name, confirms every topology that awaits it. Exits with 1 if none does.",
    examples: [
      ["sockgraph apply --confirm 60s web.yaml", "try a change that may lock you out"],
      ["sockgraph confirm web", "you can still connect: keep it"],
    ],
  },
  history: {
    summary: "Show the generations of a topology",
    usage: "[OPTION…] [NAME]",
    description: "Show the last 16 generations of a topology: when each was applied, and from which source. The name " +
      "may be omitted if only one topology runs.",
    examples: [["sockgraph history web", "what rollback can go back to"]],
  },
  rollback: {
    summary: "Roll back to an earlier generation",
    usage: "[OPTION…] [NAME] [GENERATION]",
    description: "Roll back to an earlier generation, or to the previous one if none is given. The result is a new " +
      "generation. Prints the plan, and exits with the same codes as apply. A number alone is a generation. Does not " +
      "change the file.",
    examples: [
      ["sockgraph rollback", "revert the last change"],
      ["sockgraph rollback web 3", "to generation 3 of history"],
    ],
  },
  adopt: {
    summary: "Accept manual changes as the desired state",
    usage: "[OPTION…] [NAME]",
    description:
      "Accept the observed state, manual changes included, as the desired state, in a new generation. Does " +
      "not change the file: export prints what to write into it.",
    examples: [["sockgraph adopt web", "keep what msg changed"]],
  },
  reconcile: {
    summary: "Revert manual changes and retry now",
    usage: "[OPTION…] [NAME]",
    description: "Read the followed source now, retry a generation that failed, revert manual changes, and retry now " +
      "what would be retried later or was given up. Exits with the same codes as apply.",
    examples: [
      ["sockgraph reconcile web", "after OutOfSync, after an outage of the target, or to fetch --git now"],
    ],
  },
  suspend: {
    summary: "Suspend reconciliation",
    usage: "[OPTION…] [NAME]",
    description: "Suspend the reconciliation of a topology: it keeps running, and is not repaired until resume.",
    examples: [["sockgraph suspend web", "before changing it with msg"]],
  },
  resume: {
    summary: "Resume reconciliation",
    usage: "[OPTION…] [NAME]",
    description: "Resume the reconciliation of a topology, and repair what broke meanwhile.",
    examples: [["sockgraph resume web", "after suspend"]],
  },
  events: {
    summary: "Print events as NDJSON",
    usage: "[OPTION…]",
    description:
      "Print one JSON object per line: first a snapshot of what runs, then every event: failures, retries, " +
      "recoveries, changes, drift, connections that could not be set up. Ctrl-C ends it.",
    examples: [["sockgraph events | jq -c 'select(.kind == \"failed\")'", "only failures"]],
  },
  msg: {
    summary: "Send a control message to a running node",
    usage: "[OPTION…] PATH COMMAND [ARG…]",
    description: "Send one control message to a running node and print its reply. Options come before the path; " +
      "everything behind it is the message.",
    examples: [
      ["sockgraph msg web/front: getname", "the address of a node"],
      ["sockgraph msg web/front: setopt '{ SO_KEEPALIVE=1 }'", "quote what the shell would interpret"],
    ],
  },
  ngctl: {
    summary: "Work on the running graph like ngctl(8)",
    usage: "[OPTION…] [COMMAND [ARG…]]",
    description:
      "Run one ngctl command, a file of commands, or an interactive session on a terminal. It has a socket node of " +
      "its own in the engine's graph until it ends. Options come before the command. Exits with 71 if a command fails, " +
      "with 66 if the file cannot be read.",
    examples: [
      ["sockgraph ngctl", "an interactive session; incoming data is shown"],
      ["sockgraph ngctl list", "all nodes, also those that were created manually"],
      ["sockgraph ngctl help", "all commands"],
      ["sockgraph ngctl -f script.ng", "a script; - is standard input"],
    ],
  },
  export: {
    summary: "Print the running graph as a topology",
    usage: "[OPTION…] [NAME]",
    description: "Print what runs as topologies that apply accepts; several are documents of one file. With " +
      "--format ngctl, print a script for ngctl(8), with comments for everything that FreeBSD does not have.",
    examples: [
      ["sockgraph export web > web.yaml", "save what runs"],
      ["sockgraph export --format ngctl web > web.ng", "build it on FreeBSD: ngctl -f web.ng"],
    ],
  },
  import: {
    summary: "Convert a file of another tool to a topology",
    usage: "[OPTION…] FILE",
    description: "Convert an ngctl script, socat command lines or a rinetd.conf to a topology, and print it. What is " +
      "left out or behaves differently is listed in comments and on standard error. Exits with 65 if the file cannot be " +
      "parsed.",
    examples: [
      ["sockgraph import /etc/rinetd.conf > web.yaml", "then: sockgraph validate web.yaml"],
      ["sockgraph import --from socat - < start.sh", "socat command lines from standard input"],
    ],
  },
  init: {
    summary: "Write a first topology to edit",
    usage: "[OPTION…] [FILE|NAME]",
    description: "Write a small topology with comments, an echo server, to NAME.yaml. Never overwrites a file.",
    examples: [["sockgraph init web", "then: sockgraph apply web.yaml"]],
  },
  permissions: {
    summary: "Print the Deno permissions that topologies need",
    usage: "[OPTION…] SOURCE…",
    description:
      "Print the --allow flags that an engine on Deno needs for these topologies, with hosts, ports, paths " +
      "and variables by name. What cannot be known beforehand is listed on standard error.",
    examples: [
      ["sockgraph permissions web.yaml", "for your own task or systemd unit"],
      ["sockgraph permissions --runtime posix web.yaml", "with the posix runtime"],
    ],
  },
  graph: {
    summary: "Draw topologies",
    usage: "[OPTION…] [SOURCE…]",
    description: "Draw topologies from files, or what runs with its addresses, states and counters: as a tree on a " +
      "terminal, as Graphviz dot in a pipe, or in another format.",
    examples: [
      ["sockgraph graph web.yaml", "as a tree"],
      ["sockgraph graph --format svg web.yaml > web.svg", "a self-contained picture"],
      ["sockgraph graph --format mermaid web.yaml", "for a Markdown page"],
      ["sockgraph graph | dot -Tpng > now.png", "what runs, drawn by Graphviz"],
    ],
  },
  types: {
    summary: "Show the node types",
    usage: "[NAME]",
    description: "Show the node types, or the hooks, messages and defaults of one type.",
    examples: [
      ["sockgraph types", "all types"],
      ["sockgraph types ksocket", "one type in full"],
    ],
  },
  schema: {
    summary: "Print the JSON Schema of topology files",
    usage: "[OPTION…]",
    description:
      "Print the JSON Schema of topology files, for editors, or of the plans that plan -o json prints and --out saves.",
    examples: [
      ["sockgraph schema > topology.schema.json", "then name it in the first line of the file"],
      ["sockgraph schema --of plan", "the schema of plan -o json"],
    ],
  },
  doctor: {
    summary: "Check this machine and report problems",
    usage: "[OPTION…] [SOURCE…]",
    description:
      "Check this machine: what each socket runtime can do, which process has the control socket, and on which " +
      "runtimes the given topologies work. Changes nothing. Exits with 1 if there is a problem, with 65 if a topology " +
      "is invalid.",
    examples: [
      ["sockgraph doctor", "this machine"],
      ["sockgraph doctor topologies/", "also where these topologies work"],
    ],
  },
  completions: {
    summary: "Print a shell completion script",
    usage: "SHELL",
    description:
      "Print a completion script for bash, zsh or fish. It completes verbs, options, values, files and the " +
      "names of running topologies and nodes. The script asks the program at every Tab, so it never goes stale.",
    examples: [
      ['eval "$(sockgraph completions bash)"', "in ~/.bashrc; for zsh behind compinit in ~/.zshrc"],
      ["sockgraph completions fish > ~/.config/fish/completions/sockgraph.fish", "for fish, once"],
    ],
  },
  version: {
    summary: "Print the version",
    usage: "[OPTION…]",
    description: "Print the version of sockgraph and of the JavaScript runtime.",
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
    "Runs graphs of sockets that are declared in YAML: netgraph for user space.",
    "",
    "Usage: sockgraph VERB [OPTION…] [ARGUMENT…]",
    "",
    ...verbs,
    `  ${"help".padEnd(width)}Show this help, or the help of one verb`,
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
