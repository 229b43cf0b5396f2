/**
 * Copies of templates: nodes and links first, then messages in turn; and what is left when that fails.
 *
 * @module
 */

import assert from "node:assert/strict";
import { copyTemplate, makeBlueprint, sharedEnds } from "../../../src/graph/message/bring_up.ts";
import type { Node } from "../../../src/graph/core/node.ts";
import { Pending } from "../../../src/graph/core/pending.ts";
import { canonicalLink, type NodeState, type TemplateState } from "../../../src/graph/data/state.ts";
import { test } from "../../harness.ts";
import { code, type Network, withNetwork } from "../../support/network.ts";

const STREAM = "inet/stream/tcp";
const BACK = "inet/127.0.0.1:9000";

function node(name: string, type: string, messages: readonly string[] = []): NodeState {
  const parse = (text: string) => {
    const blank = text.indexOf(" ");
    return { command: blank < 0 ? text : text.slice(0, blank), argument: blank < 0 ? null : text.slice(blank + 1) };
  };
  return {
    name,
    type,
    hook: type === "ksocket" ? STREAM : null,
    restart: "never",
    messages: messages.map(parse),
  };
}

function template(nodes: readonly NodeState[], links: TemplateState["links"] = []): TemplateState {
  const [first] = nodes;
  return { name: "x", parameters: [], entry: { node: first?.name ?? "", hook: first?.hook ?? "left" }, nodes, links };
}

/** Copies a template for the hub `owner`. */
async function copy(network: Network, what: TemplateState): Promise<{ owner: Node; done: () => Promise<unknown> }> {
  const owner = await network.declare("owner", "hub");
  const done = async (): Promise<unknown> => {
    const answer = copyTemplate(network.graph, makeBlueprint(what, {}), { node: owner, hook: "x" });
    return answer instanceof Pending ? await answer.promise() : answer;
  };
  return { owner, done };
}

/** Ends the remains of a copy, as the end of its clone does. */
function endCopy(network: Network, owner: Node): void {
  for (const one of [...owner.owned]) network.graph.shutdown(one);
  assert.deepEqual([network.undeclared(), owner.hooks.size], [[], 0]);
}

test("copyTemplate() makes nodes and links before any message, and sends each when the one before is answered", () =>
  withNetwork(async (network) => {
    network.serve(BACK);
    const what = template([
      node("tap", "tee"),
      node("up", "ksocket", ["setconfig { idleTimeout=1s }", `connect ${BACK}`, "getpeername"]),
      node("down", "ksocket", ["connect ${up.getpeername}"]),
    ], [
      canonicalLink({ node: "tap", hook: "right" }, { node: "up", hook: null }),
      canonicalLink({ node: "tap", hook: "left2right" }, { node: "down", hook: null }),
    ]);
    const { owner, done } = await copy(network, what);
    // A reference in a template's copy names a node of the topology.
    await network.declare("up", STREAM, [`connect ${BACK}`]);
    const answer = done();
    const [tap, up, down] = [...owner.owned];
    assert.deepEqual([tap?.hooks.size, up?.hooks.size, down?.hooks.size], [3, 1, 1]);
    assert.deepEqual(up?.log.entries().map(({ command, phase }) => [command, phase]), [
      ["setconfig", "done"],
      ["connect", "waiting"],
    ]);
    assert.deepEqual(down?.log.entries(), []);
    assert.equal(await answer, null);
    assert.deepEqual(up?.log.entries().map(({ command, phase }) => [command, phase]), [
      ["setconfig", "done"],
      ["connect", "done"],
      ["getpeername", "done"],
    ]);
    assert.equal(down?.behaviour.report?.().peer, BACK);
    endCopy(network, owner);
  }));

test("copyTemplate() sends nothing that comes behind a message that failed", () =>
  withNetwork(async (network) => {
    const { owner, done } = await copy(network, template([node("up", "ksocket", [`connect ${BACK}`, "getpeername"])]));
    await assert.rejects(done(), code("ECONNREFUSED"));
    const [up] = [...owner.owned];
    assert.deepEqual(up?.log.entries().map(({ command, phase }) => [command, phase]), [["connect", "failed"]]);
    endCopy(network, owner);
  }));

test("copyTemplate() that fails in its first pass, at a node or a link, has sent nothing and leaves no node behind", () =>
  withNetwork(async (network) => {
    const first = node("up", "ksocket", [`connect ${BACK}`]);
    const bad: readonly (readonly [TemplateState, string])[] = [
      [template([first, node("gone", "nosuch")]), "ENXIO"],
      [
        template([first, node("tap", "tee")], [canonicalLink({ node: "tap", hook: "up" }, { node: "up", hook: null })]),
        "EINVAL",
      ],
      [template([first], [canonicalLink({ node: "up", hook: null }, { node: "gone", hook: "x" })]), "ENOENT"],
    ];
    const { owner } = await copy(network, template([first]));
    for (const [what, desired] of bad) {
      const blueprint = makeBlueprint(what, {});
      assert.throws(() => copyTemplate(network.graph, blueprint, { node: owner, hook: "x" }), code(desired), desired);
      assert.ok([...owner.owned].every((one) => one.log.entries().length === 0));
      endCopy(network, owner);
    }
  }));

test("copyTemplate() has the anchor hold a ksocket that nothing joins", () =>
  withNetwork(async (network) => {
    network.serve(BACK);
    const { owner, done } = await copy(
      network,
      template([node("tap", "tee"), node("out", "ksocket", [`connect ${BACK}`])]),
    );
    await done();
    const out = [...owner.owned][1];
    assert.deepEqual([...network.graph.scope("t").anchor.hooks.keys()], [out?.path]);
    endCopy(network, owner);
    assert.equal(network.graph.scope("t").anchor.hooks.size, 0);
  }));

test("copyTemplate() goes on past a node of the copy that has ended meanwhile", () =>
  withNetwork(async (network) => {
    network.serve(BACK);
    const what = template([
      node("tap", "tee"),
      node("up", "ksocket", [`connect ${BACK}`]),
      node("gone", "ksocket", ["getname"]),
    ]);
    const { owner, done } = await copy(network, what);
    const answer = done();
    const gone = [...owner.owned][2];
    if (gone !== undefined) network.graph.shutdown(gone);
    assert.equal(await answer, null);
    assert.deepEqual(gone?.log.entries(), []);
    endCopy(network, owner);
  }));

test("copyTemplate() parses a message once for all copies, but one that refers to a node each time", () =>
  withNetwork(async (network) => {
    network.serve(BACK);
    await network.declare("other", STREAM, [`connect ${BACK}`]);
    const owner = await network.declare("owner", "hub");
    const up = node("up", "ksocket", ["setconfig { idleTimeout=1s }", "connect ${other.getpeername}"]);
    const blueprint = makeBlueprint(template([up]), {});
    for (const hook of ["x", "y"]) {
      const answer = copyTemplate(network.graph, blueprint, { node: owner, hook });
      if (answer instanceof Pending) await answer.promise();
    }
    assert.deepEqual(blueprint.sends.map(({ prepared }) => prepared?.message.command ?? null), ["setconfig", null]);
    assert.deepEqual([...owner.owned].map(({ behaviour }) => behaviour.report?.().peer), [BACK, BACK]);
    endCopy(network, owner);
  }));

test("sharedEnds() finds what a template joins of its topology", () => {
  const links = [canonicalLink({ node: "tap", hook: "left2right" }, { node: "bus", hook: null })];
  assert.deepEqual(sharedEnds(template([node("tap", "tee")], links)), [{ node: "bus", hook: null }]);
});

test("copyTemplate() joins hooks that are named before those that are picked, the clone's too", () =>
  withNetwork(async (network) => {
    const entry = { node: "fan", hook: "many1" };
    const links = [
      canonicalLink({ node: "a", hook: null }, { node: "fan", hook: null }),
      canonicalLink({ node: "b", hook: "x" }, { node: "fan", hook: "many0" }),
    ];
    const what = { ...template([node("fan", "one2many"), node("a", "hub"), node("b", "hub")], links), entry };
    const { owner, done } = await copy(network, what);
    await done();
    const [fan] = owner.owned;
    const peers = new Map(fan?.hooks.list().map(({ name, peer }) => [name, peer?.node.origin.template ?? "clone"]));
    assert.deepEqual(peers, new Map([["many0", "x/b"], ["many1", "clone"], ["many2", "x/a"]]));
    endCopy(network, owner);
  }));
