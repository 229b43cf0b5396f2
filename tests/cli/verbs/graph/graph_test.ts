/**
 * `graph`: what is drawn, in every form, and that Graphviz and a reader of SVG take it.
 *
 * @module
 */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Drawing, drawingOf } from "../../../../src/drawing/drawing.ts";
import { toSvg } from "../../../../src/cli/verbs/graph/svg.ts";
import { toDot, toMermaid, toText } from "../../../../src/cli/verbs/graph/texts.ts";
import { builtinTypes } from "../../../../src/nodes/builtin.ts";
import { MemoryNetwork } from "../../../../src/runtimes/memory/network.ts";
import { loadTopology } from "../../../../src/topology/load/load.ts";
import { renderDiagnostics } from "../../../../src/topology/parse/render.ts";
import { peer, test } from "../../../harness.ts";
import { withFolder } from "../../../support/folder.ts";
import { textFrom } from "../../../support/process.ts";
import { TestFolder } from "../../program.ts";

const ROOT = new URL("../../../../", import.meta.url);
const SHIPPED = readdirSync(new URL("topologies/", ROOT)).filter((name) =>
  name.endsWith(".yaml") && name !== "include.yaml"
); // Its templates are in another file.
const STRANGE = "a\"<b>&\\n{|}`#'";
const dot = peer("dot");

function draw(text: string): Drawing {
  const types = builtinTypes(new MemoryNetwork().openSockets());
  const source = { name: "web.yaml", text };
  const { topologies, diagnostics } = loadTopology({
    source,
    types,
    env: () => null,
    defaultName: "web",
    baseDirectory: "/",
  });
  const [topology] = topologies;
  assert.ok(topology !== undefined, renderDiagnostics(diagnostics));
  return drawingOf(topology.state, types, null);
}

const shipped = (name: string) => draw(readFileSync(new URL(`topologies/${name}`, ROOT), "utf8"));

const SESSION = `
nodes:
  far: { type: hole }
  front:
    type: ksocket
    hook: inet/stream/tcp
    messages: [bind: "inet/127.0.0.1:80", listen: 1, accept: { template: s, with: { to: "inet/127.0.0.1:81" } }]
templates:
  s:
    parameters: { to: }
    entry: tap:left
    nodes:
      tap: { type: tee }
      up: { type: ksocket, hook: inet/stream/tcp, messages: [connect: "\${with.to}"] }
    links: [[tap:right, up], [tap:left2right, far]]
`;

test("drawingOf() shows the conditions of each rule of route beside its address", () => {
  const [front] = shipped("ssh-and-https.yaml").nodes;
  assert.deepEqual(front?.addresses, [
    "bind inet/127.0.0.1:8022",
    'accept starts="SSH-" silent=true, connect inet/127.0.0.1:22',
    "accept tls=true, connect inet/127.0.0.1:443",
  ]);
});

test("drawingOf() shows all targets of a list in accept, and in a rule", () => {
  const list = '[inet/127.0.0.1:81, { to: "inet/127.0.0.1:82", name: b }]';
  const lines = [`connect: ${list}`, `route: [{ starts: A, connect: ${list} }]`].map((accept) => {
    const messages = `[bind: "inet/127.0.0.1:80", listen: 1, accept: { ${accept} }]`;
    const text = `nodes: { front: { type: ksocket, hook: inet/stream/tcp, messages: ${messages} } }`;
    return draw(text).nodes[0]?.addresses.at(-1);
  });
  const targets = "connect inet/127.0.0.1:81, inet/127.0.0.1:82";
  assert.deepEqual(lines, [`accept, ${targets}`, `accept starts="A", ${targets}`]);
});

test("drawingOf() points edges from where traffic comes in, and leaves a ksocket's hook unsaid", () => {
  const { nodes, edges } = draw(SESSION);
  assert.deepEqual(nodes.map(({ name, template }) => [name, template]), [
    ["far", null],
    ["front", null],
    ["s/tap", "s"],
    ["s/up", "s"],
  ]);
  assert.deepEqual(edges.map(({ kind, from, to }) => [kind, from.node, from.label, to.node]), [
    ["accept", "front", "accept", "s/tap"],
    ["link", "s/tap", "left2right", "far"],
    ["link", "s/tap", "right", "s/up"],
  ]);
  assert.deepEqual([edges[0]?.to.label, edges[2]?.to.label], ["left", null]);
  assert.deepEqual(nodes.map(({ addresses }) => addresses), [
    [],
    ["bind inet/127.0.0.1:80"],
    [],
    ["connect ${with.to}"],
  ]);
});

test("toText() shows every node once, in the order in which traffic meets them", () => {
  const text = toText(draw(SESSION), (name) => `<${name}>`);
  assert.deepEqual([...text.matchAll(/<(.*?)>/g)].map(([, name]) => name), ["web", "front", "s/tap", "far", "s/up"]);
});

for (const name of SHIPPED) {
  test(`graph draws ${name} in every form`, () => {
    const drawing = shipped(name);
    for (const text of [toDot([drawing]), toMermaid([drawing]), toSvg([drawing]), toText(drawing, String)]) {
      for (const node of drawing.nodes) {
        assert.ok(text.includes(node.name.slice(node.name.indexOf("/") + 1)), `${node.name} in\n${text}`);
      }
      assert.doesNotMatch(text, /NaN|undefined|Infinity/);
    }
  });
}

/** Boxes of an SVG, as numbers. */
function boxesOf(svg: string): readonly (readonly number[])[] {
  return [...svg.matchAll(/<rect class="box[^"]*" x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"/g)]
    .map(([, ...numbers]) => numbers.map(Number));
}

test("toSvg() lets no boxes overlap, and names nothing outside of itself", () => {
  for (const drawing of [draw(SESSION), ...SHIPPED.map(shipped)]) {
    const svg = toSvg([drawing]);
    const boxes = boxesOf(svg);
    assert.equal(boxes.length, drawing.nodes.length);
    for (const [index, [x = 0, y = 0, width = 0, height = 0]] of boxes.entries()) {
      for (const [left = 0, top = 0, w = 0, h = 0] of boxes.slice(index + 1)) {
        const apart = x + width <= left || left + w <= x || y + height <= top || top + h <= y;
        assert.ok(apart, `${drawing.name}: ${x} ${y} and ${left} ${top}`);
      }
    }
    assert.doesNotMatch(svg.replace('xmlns="http://www.w3.org/2000/svg"', ""), /https?:|<script|@import|url\((?!#)/);
    assert.match(svg, /prefers-color-scheme: dark/);
  }
});

/** What is left of a picture below its lowest rectangle. */
function roomBelow(svg: string): number {
  const rects = [...svg.matchAll(/<rect class="\w+" .*? y="(.*?)" .*? height="(.*?)"/g)];
  const height = Number(/ height="(.*?)"/.exec(svg)?.[1]);
  return height - Math.max(...rects.map(([, y, tall]) => Number(y) + Number(tall)));
}

test("toSvg() leaves as much room below a template's frame as below a box", () => {
  assert.match(toSvg([draw(SESSION)]), /<rect class="frame"/);
  assert.equal(roomBelow(toSvg([draw(SESSION)])), roomBelow(toSvg([strange()])));
});

const strange = () => draw(`nodes: { '${STRANGE.replaceAll("'", "''")}': { type: hole } }`);

test("toSvg() and toMermaid() escape every name", () => {
  assert.ok(toSvg([strange()]).includes(`>${"a&#34;&#60;b&#62;&#38;\\n{|}`#'"}</text>`));
  const label = /n0\["(.*?)<br>/.exec(toMermaid([strange()]))?.[1] ?? "";
  const read = label.replace(/#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)));
  assert.equal(read, STRANGE);
  assert.doesNotMatch(label, /["<>`]/);
});

test("Graphviz takes what toDot() prints, with every name as it is", { skip: dot.skip }, async () => {
  await withFolder(async (folder) => {
    for (const drawing of [strange(), draw(SESSION), ...SHIPPED.map(shipped)]) {
      const file = join(folder, "graph.dot");
      await writeFile(file, toDot([drawing]));
      const svg = await textFrom(dot.path ?? "dot", ["-Tsvg", file]);
      for (const node of drawing.nodes) {
        const name = node.name.slice(node.name.indexOf("/") + 1);
        const text = svg.replace(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)))
          .replaceAll("&quot;", '"').replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
        assert.ok(text.includes(`>${name}</text>`), `${name} in\n${svg}`);
      }
    }
  });
});

test("graph draws what runs with its address, and dot in a pipe", { timeoutMs: 60_000 }, async () => {
  await using place = await TestFolder.open();
  assert.equal((await place.run("graph")).code, 75);
  await place.write("web.yaml", SESSION.replace(':80"', ':0"'));
  const engine = place.start("apply", "web.yaml");
  await engine.says(/is Ready/);
  const json = await place.run("graph", "--format", "json");
  assert.equal(json.code, 0, json.stderr);
  const { topologies: [running] }: { topologies: Drawing[] } = JSON.parse(json.stdout);
  const front = running?.nodes.find(({ name }) => name === "front");
  assert.equal(front?.state, "ready");
  assert.match(front?.addresses[0] ?? "", /^inet\/127\.0\.0\.1:[1-9]/);
  assert.match((await place.run("graph")).stdout, /^digraph sockgraph \{/);
  assert.equal((await place.run("graph", "nothing.yaml")).code, 64);
  engine.signal("SIGTERM");
  await engine.ended;
});

test("drawingOf() shows the targets of a pool, of many the first", () => {
  const targets = Array.from({ length: 9 }, (_, at) => `"inet/10.0.0.${at + 1}:80"`);
  targets[0] = '{ to: "inet/10.0.0.1:80", name: "inet/one" }';
  const { nodes: [pool] } = draw(`nodes:\n  w: { type: pool, messages: [settargets: [${targets.join(", ")}]] }\n`);
  const shown = [1, 2, 3, 4, 5, 6].map((host) => `target inet/10.0.0.${host}:80`);
  assert.deepEqual(pool?.addresses, [...shown, "3 more targets"]);
});
