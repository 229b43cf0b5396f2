/**
 * The JSON Schemas of plans: of what `plan -o json` prints, and of what `plan --out` saves. A test holds them against
 * what the program prints.
 *
 * @module
 */

type Schema = Readonly<Record<string, unknown>>;

const DIALECT = "https://json-schema.org/draft/2020-12/schema";

/** An object with these fields, all of them there, and no others. */
function record(description: string, properties: Readonly<Record<string, Schema>>, optional: string[] = []): Schema {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  return { type: "object", description, properties, required, additionalProperties: false };
}

function list(description: string, items: Schema): Schema {
  return { type: "array", description, items };
}

const text = (description: string): Schema => ({ type: "string", description });
const textOrNull = (description: string): Schema => ({ type: ["string", "null"], description });
const count = (description: string): Schema => ({ type: "integer", minimum: 0, description });
const word = (description: string, words: readonly string[]): Schema => ({ type: "string", enum: words, description });
const reference = (name: string): Schema => ({ $ref: `#/$defs/${name}` });

const EFFECT = {
  kept: count("Live connections that go on"),
  closed: count("Live connections that are closed"),
};

const MESSAGE = record("A control message", {
  command: text("Its command, as `sockgraph types` lists them"),
  argument: textOrNull("Its argument in ASCII form; null for none"),
});

const STEP = record("One control message that is sent", {
  number: count("Counted from 1, as printed"),
  path: text("The node that is addressed, such as `web/front:`; `web/:` is the topology itself"),
  text: text("The short form that people read"),
  message: MESSAGE,
  kind: word("What it does to the topology", ["add", "change", "remove"]),
  node: textOrNull("The declared node that it is about; null for the topology itself"),
  cause: text("Why it is done, for people"),
  cost: {
    enum: ["live", "new-connections", "replace", null],
    description:
      "What it costs: `live` is sent to the running node, `new-connections` leaves running ones as they are, `replace` " +
      "recreates the node; null where there is no cost",
  },
  connections: {
    anyOf: [record("What it does to live connections", EFFECT), { type: "null" }],
    description: "What it does to live connections; null when it has nothing to do with any",
  },
});

const PLAN = record("What apply would do to one topology", {
  formatVersion: { const: 1, description: "The version of this shape" },
  topology: text("Whose plan it is"),
  fromGeneration: count("The generation that runs; 0 when nothing does"),
  toGeneration: count("The generation that it leads to; 0 when the topology is removed"),
  steps: list("What is done, in this order; none when nothing changes", reference("step")),
  summary: record("The numbers of the plan's last line", {
    add: count("Nodes and templates that are new"),
    change: count("Nodes and templates that are changed or recreated"),
    remove: count("Nodes and templates that go"),
    ...EFFECT,
  }),
  closedQueues: list(
    "Listeners whose sockets are closed: connections that wait to be accepted by them are closed as well",
    text("The listener's name"),
  ),
});

const END = record("One end of a link", {
  node: text("The node's name"),
  hook: textOrNull("Its hook; null where the node's type picks it"),
});
const NODE = record("A desired node", {
  name: text("Its name"),
  type: text("Its type's name"),
  hook: textOrNull("The hook that decides what it is, such as `inet/stream/tcp`; null for other types"),
  restart: word("When it is recreated after it ended by itself", ["always", "on-failure", "never"]),
  messages: list("What it is sent, in this order", reference("message")),
});
const LINKS = list("Which hooks are joined", record("Two hooks that are joined", { ends: list("Both", END) }));
const NODES = list("Its nodes", reference("node"));
const PARAMETER = record("A parameter", {
  name: text("What `${with.NAME}` refers to"),
  value: textOrNull("Its default; null: it must be given"),
});
const TEMPLATE = record("Nodes that are copied for every accepted connection", {
  name: text("Its name"),
  parameters: list("What its users give", PARAMETER),
  entry: END,
  nodes: NODES,
  links: LINKS,
});

const STATE = record("The desired state in canonical form: environment variables are resolved", {
  name: text("The topology's name"),
  description: textOrNull("What it is for"),
  nodes: NODES,
  links: LINKS,
  templates: list("Its templates", TEMPLATE),
});

const SOURCE = record("Where that was read", {
  kind: text("`file`, `stdin`, `library`"),
  location: text("The absolute path; `-` for standard input"),
  revision: textOrNull("What the content was: `sha256:…`; null if unknown"),
  variables: {
    type: "object",
    additionalProperties: { type: ["string", "null"] },
    description: "The variables of the environment that it was read with; null for one that was not set",
  },
}, ["variables"]);

const BASE = record("What the plan was made against: applying is refused when this has moved", {
  generation: count("The generation that ran; 0 when nothing did"),
  digest: text("`sha256:…` of all that ran and counts for planning"),
});

/** The JSON Schema of what `plan -o json` prints. */
export function planSchema(): Schema {
  return {
    $schema: DIALECT,
    title: "What sockgraph plan -o json prints",
    ...record("Plans, one for each topology", {
      formatVersion: { const: 1, description: "The version of this shape" },
      plans: list("In the order in which the topologies were named", reference("plan")),
      refusals: list("Why apply would refuse it, or fail; absent where nothing is known", text("A sentence")),
    }, ["refusals"]),
    $defs: { plan: PLAN, step: STEP },
  };
}

/** The JSON Schema of what `plan --out` saves. */
export function savedPlanSchema(): Schema {
  return {
    $schema: DIALECT,
    title: "What sockgraph plan --out saves",
    ...record("A plan that apply carries out as long as what it was made against has not moved", {
      kind: { const: "sockgraph-plan", description: "Tells it from a topology" },
      formatVersion: { const: 1, description: "The version of this shape" },
      version: text("The version of sockgraph that made it"),
      createdAt: text("When, in ISO 8601"),
      runtime: text("The socket runtime that it was made for: `deno`, `bun`, `posix`, `memory`"),
      replace: list("Nodes that are recreated although they are unchanged", text("`web/front` or `front`")),
      topologies: list(
        "The desired state",
        record("One topology", { state: STATE, source: SOURCE, base: BASE, plan: reference("plan") }),
      ),
      takeOver: { type: "boolean", description: "True to take topologies that run from elsewhere" },
      removals: list(
        "What is removed, because its source no longer has it",
        record("One topology", { topology: text("By name"), base: BASE, plan: reference("plan") }),
      ),
      digest: text("`sha256:…` of all else, as JSON without blanks: what was edited is refused"),
    }),
    $defs: { plan: PLAN, step: STEP, node: NODE, message: MESSAGE },
  };
}
