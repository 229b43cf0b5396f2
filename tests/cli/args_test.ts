/**
 * The command line, as a table.
 *
 * @module
 */

import assert from "node:assert/strict";
import { parseArgs } from "../../src/cli/args.ts";
import { suggest } from "../../src/cli/args/suggest.ts";
import { isVerb, VERBS } from "../../src/cli/verbs/table.ts";
import { test } from "../harness.ts";

const OPTIONS = { columns: 80, runtimes: ["deno", "memory"] } as const;

const parse = (line: string) => parseArgs(line.split(" ").filter((word) => word !== ""), OPTIONS);

function invocationOf(line: string): Readonly<Record<string, unknown>> {
  const parsed = parse(line);
  assert.equal(parsed.kind, "run", `"${line}" is an invocation`);
  return parsed.kind === "run" ? { ...parsed.invocation } : {};
}

test("parseArgs() names the verb for a word of another tool, and what --all is", () => {
  const rows = [["start", "apply"], ["stop web", "down"], ["ls", "status"], ["ps", "status"], [
    "logs",
    "events",
  ]] as const;
  for (const [line, verb] of rows) {
    const parsed = parse(line);
    assert.match(parsed.kind === "usage" ? parsed.text : "", new RegExp(`: did you mean "${verb}"\\?`));
  }
  const all = parse("down --all");
  assert.match(all.kind === "usage" ? all.text : "", /^Unknown option "--all": without NAME, all topologies are used$/);
});

test("parseArgs() refuses an empty operand, and an empty value of every option", () => {
  // The words of ngctl's commands are not ours: an argument there may be empty.
  const own: readonly string[] = ["--control", "-f", "--file", "-n", "--name"];
  for (const verb of Object.keys(VERBS).filter(isVerb)) {
    const words = suggest([verb, "-"], OPTIONS).words.map(({ text }) => text);
    const options = words.filter((word) => word !== "--help" && (verb !== "ngctl" || own.includes(word)));
    for (const args of [...(verb === "ngctl" ? [] : [[""]]), ...options.map((option) => [option, ""])]) {
      assert.equal(parseArgs([verb, ...args], OPTIONS).kind, "usage", JSON.stringify([verb, ...args]));
    }
  }
  for (const line of [["apply", "--state="], ["apply", "a.yaml", "--git="], ["plan", "a.yaml", ""]]) {
    assert.equal(parseArgs(line, OPTIONS).kind, "usage", JSON.stringify(line));
  }
});

const RUNS: readonly (readonly [line: string, fields: Readonly<Record<string, unknown>>])[] = [
  ["apply a.yaml b.yaml", {
    verb: "apply",
    sources: ["a.yaml", "b.yaml"],
    waitMs: 30_000,
    rollback: true,
    format: "text",
  }],
  ["apply", { sources: [], dryRun: false, replace: [], runtime: null, control: null }],
  ["apply -", { sources: ["-"] }],
  ["apply --wait x.yaml", { waitMs: 30_000, sources: ["x.yaml"] }],
  ["apply --wait 5s x.yaml", { waitMs: 5_000, sources: ["x.yaml"] }],
  ["apply --wait=250ms x.yaml", { waitMs: 250 }],
  ["apply --wait=2 x.yaml", { waitMs: 2_000 }],
  ["apply x --replace a --replace web/b", { replace: ["a", "web/b"] }],
  ["apply x --no-rollback --dry-run -o json", { rollback: false, dryRun: true, format: "json" }],
  ["apply x --runtime memory --control /tmp/s", { runtime: "memory", control: "/tmp/s" }],
  ["apply x --confirm 60s", { confirmMs: 60_000 }],
  ["apply x --self-heal", { selfHeal: true }],
  ["apply x --threads 4", { threads: 4 }],
  ["apply x", { threads: null }],
  ["apply -- --wait", { sources: ["--wait"] }],
  ["plan x --detailed-exitcode", { verb: "plan", detailedExitCode: true }],
  ["validate x y", { verb: "validate", sources: ["x", "y"] }],
  ["status", { verb: "status", names: [], format: "table" }],
  ["status", { watch: false, node: null, all: false }],
  ["status web --node front -o tree", { names: ["web"], node: "front", format: "tree" }],
  ["status --all", { all: true }],
  ["status -w", { watch: true }],
  ["status web -o yaml", { names: ["web"], format: "yaml" }],
  ["wait --for Ready --timeout 1m web", { verb: "wait", timeoutMs: 60_000, names: ["web"] }],
  ["down web", { verb: "down", names: ["web"] }],
  ["down --drain 5s", { names: [], drainMs: 5_000 }],
  ["apply x --drain 5s", { drainMs: 5_000 }],
  ["drain", { verb: "drain", target: null, generation: null, timeoutMs: 10_000 }],
  ["drain web/front --generation 3 --timeout 1m", { target: "web/front", generation: 3, timeoutMs: 60_000 }],
  ["history", { verb: "history", name: null, format: "table" }],
  ["history web -o json", { name: "web", format: "json" }],
  ["rollback", { verb: "rollback", name: null, generation: null, waitMs: 30_000 }],
  ["rollback web", { name: "web", generation: null }],
  ["rollback 3", { name: null, generation: 3 }],
  ["rollback web 3 --wait 5s -o json", { name: "web", generation: 3, waitMs: 5_000, format: "json" }],
  ["rollback 3 4", { name: "3", generation: 4 }],
  ["rollback -- 3", { name: null, generation: 3 }],
  ["confirm", { verb: "confirm", names: [] }],
  ["confirm web b", { verb: "confirm", names: ["web", "b"] }],
  ["schema --of saved-plan", { verb: "schema", of: "saved-plan" }],
  ["schema", { verb: "schema", of: "topology" }],
  ["plan x --out p.json", { verb: "plan", out: "p.json" }],
  ["adopt web", { verb: "adopt", name: "web" }],
  ["reconcile --wait=5s", { verb: "reconcile", name: null, waitMs: 5_000, format: "text" }],
  ["suspend", { verb: "suspend", name: null }],
  ["resume web", { verb: "resume", name: "web" }],
  ["events --control /s", { verb: "events", control: "/s" }],
  ["msg web/front: getname", { verb: "msg", path: "web/front:", command: "getname", argument: null }],
  ["msg --control /s a: setopt { SO_KEEPALIVE=1 }", { control: "/s", argument: "{ SO_KEEPALIVE=1 }" }],
  ["msg a: send -x --control y --help", { argument: "-x --control y --help", control: null }],
  ["msg -- a: send -- x", { path: "a:", argument: "-- x" }],
  ["export web", { verb: "export", name: "web", format: "yaml" }],
  ["export --format ngctl", { verb: "export", name: null, format: "ngctl" }],
  ["import a.ng", { verb: "import", file: "a.ng", from: null, runtime: null }],
  ["import --from rinetd -", { verb: "import", file: "-", from: "rinetd", runtime: null }],
  ["import a.ng --runtime memory", { verb: "import", file: "a.ng", from: null, runtime: "memory" }],
  ["types", { verb: "types", name: null }],
  ["schema", { verb: "schema" }],
  ["permissions x --runtime memory", { verb: "permissions", sources: ["x"], runtime: "memory", format: "text" }],
  ["graph", { verb: "graph", sources: [], format: null }],
  ["graph --format svg x", { sources: ["x"], format: "svg" }],
  ["init", { verb: "init", file: null }],
  ["init web", { file: "web" }],
  ["version", { verb: "version" }],
  ["--version", { verb: "version" }],
];

for (const [line, fields] of RUNS) {
  test(`parseArgs() reads "${line}"`, () => {
    const invocation = invocationOf(line);
    for (const [name, value] of Object.entries(fields)) assert.deepEqual(invocation[name], value, name);
  });
}

const USAGE: readonly (readonly [line: string, said: RegExp])[] = [
  ["", /Missing command/],
  ["aply x", /"aply": did you mean "apply"/],
  ["frobnicate", /--help/],
  ["--colour", /option "--colour"/],
  ["apply --contrl x", /"--contrl": did you mean "--control"/],
  ["apply --wait=5x y", /"5x"/],
  ["apply --wait 5x y", /"5x"/],
  ["apply --wait 1000h y", /"1000h" is longer than 240h/],
  ["wait --timeout 1000h", /"1000h" is longer than 240h/],
  ["apply -f web.yaml", /"-f": files are arguments: sockgraph apply web\.yaml/],
  ["apply x --runtime bun", /"bun" needs Bun: start with "bun run src\/cli\/main\.ts"/],
  ["apply x --runtime bum", /^Unknown value "bum" of --runtime: expected "/],
  ["apply x --threads 0", /^Invalid value "0" of --threads: expected a number from 1 to 64/],
  ["apply x --threads 65", /"65"/],
  ["plan x --threads 2", /"--threads"/],
  ["status -o xml", /^Unknown value "xml" of --output: expected "/],
  ["version extra", /"extra"/],
  ["export a b", /"b"/],
  ["msg", /^Missing PATH$/],
  ["msg a:", /COMMAND/],
  ["import", /^Missing FILE$/],
  ["rollback web x", /^Invalid generation "x": expected a number, such as 3/],
  ["rollback web 0", /"0"/],
  ["rollback web 3 4", /"4"/],
  ["suspend a b", /"b"/],
  ["help aply", /did you mean "apply"/],
];

for (const [line, said] of USAGE) {
  test(`parseArgs() refuses "${line}"`, () => {
    const parsed = parse(line);
    assert.equal(parsed.kind, "usage");
    if (parsed.kind === "usage") assert.match(parsed.text, said);
  });
}

for (const verb of Object.keys(VERBS)) {
  test(`parseArgs() helps with "${verb}", with an example`, () => {
    for (const line of [`${verb} --help`, `${verb} -h`, `help ${verb}`]) {
      const parsed = parse(line);
      assert.equal(parsed.kind, "help");
      if (parsed.kind !== "help") continue;
      assert.match(parsed.text, new RegExp(`^Usage: sockgraph ${verb}`));
      assert.match(parsed.text, /\nExamples:\n/);
      for (const shown of parsed.text.split("\n")) assert.ok(shown.length <= 80, `"${shown}" fits 80 columns`);
    }
  });
}

test("parseArgs() shows the overall help for help on help", () => {
  assert.deepEqual(parse("help help"), parse("--help"));
});

test("parseArgs() lists every verb in its help", () => {
  const parsed = parse("--help");
  assert.equal(parsed.kind, "help");
  if (parsed.kind === "help") {
    for (const verb of Object.keys(VERBS)) assert.match(parsed.text, new RegExp(`^  ${verb} `, "m"));
  }
});

test("parseArgs() knows --no-color before and behind the verb", () => {
  for (const line of ["--no-color status", "status --no-color"]) {
    const parsed = parse(line);
    assert.equal(parsed.kind === "run" && parsed.color, false);
  }
});
