/**
 * `render` from end to end, and `depends` in a plan.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test as harnessTest } from "../harness.ts";
import { TestFolder } from "./program.ts";

function test(name: string, body: (place: TestFolder) => Promise<void>): void {
  harnessTest(name, { timeoutMs: 60_000 }, async () => {
    await using place = await TestFolder.open();
    await body(place);
  });
}

const WEB = `name: web
include: [common.yaml]
parameters: { ports: 9000-9001, to: "\${TO:-inet/localhost:80}" }
nodes:
  front-\${each.port}:
    each: { port: "\${parameters.ports}" }
    type: ksocket
    hook: inet/stream/tcp
    depends: [log]
    messages:
      - bind: inet/127.0.0.1:\${each.port}
      - listen: 5
      - accept: { template: session, with: { to: "\${parameters.to}" } }
  log: { type: hole }
`;
const COMMON = `templates:
  session:
    parameters: { to: }
    nodes: { up: { type: ksocket, hook: inet/stream/tcp, messages: [{ connect: "\${with.to}" }] } }
`;

test("render prints a topology that needs nothing else, and renders to itself", async (place) => {
  await place.write("web.yaml", WEB);
  await place.write("common.yaml", COMMON);
  const first = await place.call("render", "web.yaml", "--set", "ports=8000-8001");
  assert.equal(first.code, 0, first.stderr);
  assert.match(first.stdout, /^name: web\n\nnodes:\n {2}front-8000:\n/);
  assert.doesNotMatch(first.stdout, /each|include|\$\{parameters|\$\{TO/);
  assert.match(first.stdout, /depends: \[log\]/);
  await place.write("once.yaml", first.stdout);
  const second = await place.call("render", "once.yaml");
  assert.equal(second.stdout, first.stdout, second.stderr);
  const unknown = await place.call("render", "web.yaml", "--set", "port=1");
  assert.deepEqual([unknown.code, unknown.stdout], [65, ""]);
});

test("depends orders the messages of a plan", async (place) => {
  const node = (name: string, depends: string) => {
    return `  ${name}: { type: ksocket, hook: inet/stream/tcp, ${depends} messages: [bind: "inet/127.0.0.1:0"] }\n`;
  };
  const nodes = node("a", "depends: [c, b],") + node("b", "depends: [c],") + node("c", "");
  await place.write("web.yaml", `nodes:\n${nodes}`);
  const { stdout } = await place.call("plan", "web.yaml", "-o", "json");
  const [{ steps }] = JSON.parse(stdout).plans;
  const bound = steps.flatMap(({ node, message }: { node: string; message: { command: string } | null }) => {
    return message?.command === "bind" ? [node] : [];
  });
  assert.deepEqual(bound, ["c", "b", "a"]);
});
