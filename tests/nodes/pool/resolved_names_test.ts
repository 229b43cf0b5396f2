/**
 * Targets with `resolve: all`: each address of a name is a target.
 *
 * @module
 */

import assert from "node:assert/strict";
import { isShownTarget } from "../../../src/graph/data/target_report.ts";
import { test } from "../../harness.ts";
import { code, type Network, withNetwork } from "../../support/network.ts";

const NAME = "inet/db.test:9000";

function rows(network: Network): readonly string[] {
  const shown = (network.report("db").targets ?? []).filter(isShownTarget);
  return shown.map(({ name, of, state, active }) => `${name} ${of} ${state} ${active}`);
}

async function start(network: Network, spec: string): Promise<void> {
  await network.declare("db", "pool", [`settargets [ ${spec} ]`]);
  await network.listen("{ connect=pool/db }");
  await network.idle();
}

async function clients(network: Network, count: number): Promise<void> {
  for (let client = 0; client < count; client++) {
    await network.connect();
    await network.idle();
  }
}

test("resolve=all makes each address of a name a target, and follows its changes; connections go on", () =>
  withNetwork(async (network) => {
    network.memory.name("db.test", ["10.0.0.1", "10.0.0.2"]);
    const one = network.serve("inet/10.0.0.1:9000");
    const two = network.serve("inet/10.0.0.2:9000");
    await start(network, `{ to=${NAME} resolve=all refresh=5s }`);
    await clients(network, 4);
    assert.deepEqual(rows(network), [
      `inet/10.0.0.1:9000 ${NAME} up 2`,
      `inet/10.0.0.2:9000 ${NAME} up 2`,
    ]);
    network.memory.name("db.test", ["10.0.0.3", "10.0.0.2"]);
    network.serve("inet/10.0.0.3:9000");
    await network.memory.advance(5_100);
    assert.deepEqual(rows(network), [
      `inet/10.0.0.2:9000 ${NAME} up 2`,
      `inet/10.0.0.3:9000 ${NAME} unknown 0`,
      "inet/10.0.0.1:9000 undefined removed 2",
    ]);
    await clients(network, 2);
    assert.deepEqual([one, two].map(({ peers }) => peers.length), [2, 3]);
    assert.equal((await network.msg("db", "gettargets"))?.includes("of="), true);
  }));

test("resolve=all keeps the last answer of a lookup that succeeded, and reports it", () =>
  withNetwork(async (network) => {
    network.memory.name("db.test", ["10.0.0.1", "10.0.0.2"]);
    network.serve("inet/10.0.0.1:9000");
    network.serve("inet/10.0.0.2:9000");
    await start(network, `{ to=${NAME} name="db" resolve=all }`);
    assert.deepEqual(rows(network), ["db/10.0.0.1 db unknown 0", "db/10.0.0.2 db unknown 0"]);
    network.memory.fail("lookup db.test", "EAGAIN", { times: Infinity });
    await network.memory.advance(30_100);
    assert.equal(rows(network).length, 2);
    assert.match(network.report("db").notes.join(), /^Cannot look up .*; its last 2 addresses stay in use$/);
    await clients(network, 2);
    network.memory.repair("lookup db.test");
    await network.memory.advance(30_100);
    assert.deepEqual(network.report("db").notes, []);
  }));

test("resolve=all is one target while no lookup has succeeded, and an order for it holds for all its addresses", () =>
  withNetwork(async (network) => {
    await start(network, `{ to=${NAME} name="db" resolve=all refresh=1s }`);
    assert.deepEqual(rows(network), ["db undefined down 0"]);
    assert.match(network.report("db").notes.join(), /^Cannot look up inet\/db\.test:9000: /);
    await network.msg("db", 'draintarget "db"');
    network.memory.name("db.test", ["10.0.0.1", "10.0.0.2"]);
    await network.memory.advance(1_100);
    assert.deepEqual(rows(network), ["db/10.0.0.1 db draining 0", "db/10.0.0.2 db draining 0"]);
    await network.msg("db", 'enabletarget "db"');
    await network.msg("db", 'disabletarget "db/10.0.0.2"');
    assert.deepEqual(rows(network), ["db/10.0.0.1 db unknown 0", "db/10.0.0.2 db disabled 0"]);
  }));

test("resolve=all of a name without an address is known to be down when settargets is answered, until a probe reaches it", () =>
  withNetwork(async (network) => {
    network.serve("inet/10.0.0.1:9000");
    await network.declare("db", "pool", ["settargets [ inet/10.0.0.1:9000 ]"]);
    await network.msg("db", `settargets [ { to=${NAME} resolve=all } ]`);
    const faults = () =>
      (network.report("db").faults ?? []).map(({ reason, code, serving }) => [reason, code, serving]);
    assert.deepEqual(faults(), [["NoTargetUp", "ENOTFOUND", false]]);
    network.memory.name("db.test", ["10.0.0.1"]);
    await network.memory.advance(5_000);
    assert.deepEqual(faults(), []);
    await network.memory.advance(30_000);
    assert.deepEqual(rows(network), [`inet/10.0.0.1:9000 ${NAME} unknown 0`]);
  }));

test("resolve=all repeats a first lookup that fails, after 250 ms and then with pauses that double up to refresh", () =>
  withNetwork(async (network) => {
    network.memory.fail("lookup db.test", "EAGAIN", { times: 3 });
    network.memory.name("db.test", ["10.0.0.1"]);
    await network.declare("db", "pool", [`settargets [ { to=${NAME} resolve=all } ]`]);
    await network.memory.advance(700);
    assert.match(network.report("db").notes.join(), /^Cannot look up /, "failed at 0 ms, 250 ms and 750 ms");
    await network.memory.advance(1_100);
    assert.deepEqual(rows(network), [`inet/10.0.0.1:9000 ${NAME} unknown 0`]);
    assert.deepEqual(network.report("db").notes, []);
  }));

test("accept with a list is answered when its names are looked up", () =>
  withNetwork(async (network) => {
    await network.listen(`{ connect=[ { to=${NAME} resolve=all } ] }`);
    const [fault] = network.report("front").faults ?? [];
    assert.deepEqual([fault?.reason, fault?.code], ["NoTargetUp", "ENOTFOUND"]);
  }));

test("resolve=all needs a name, and refresh needs resolve=all", () =>
  withNetwork(async (network) => {
    await network.declare("db", "pool");
    for (const spec of ["{ to=inet/10.0.0.1:80 resolve=all }", `{ to=${NAME} refresh=5s }`]) {
      await assert.rejects(network.msg("db", `settargets [ ${spec} ]`), code("EINVAL"), spec);
    }
  }));
