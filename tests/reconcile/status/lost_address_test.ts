import { strict as assert } from "node:assert";
import { NO_UNNAMED, type ScopeSnapshot } from "../../../src/graph/data/snapshot.ts";
import { LostAddresses } from "../../../src/reconcile/status/lost_address.ts";
import { VirtualClock } from "../../../src/runtimes/memory/clock.ts";
import { test } from "../../harness.ts";
import { nodeSnapshot } from "../../support/samples.ts";

function bound(local: string, command = "bind"): ScopeSnapshot {
  const record = { command, argument: local, phase: "done", reply: null, error: null, declared: true } as const;
  const report = { local, peer: null, connections: null, reasons: {}, notes: [] };
  const node = nodeSnapshot({ name: "front", type: "ksocket", hook: "inet/stream/tcp", messages: [record], report });
  const unnamed = NO_UNNAMED;
  return { name: "t", description: null, generation: 1, templates: [], nodes: [node], unnamed, links: [], manual: [] };
}

test("LostAddresses.marked() states an address that has left the machine, until it returns", () => {
  const clock = new VirtualClock();
  let own: boolean | null = true;
  const lost = new LostAddresses(() => own, { clock, changed: () => {} });
  const seen = (local: string, command?: string): readonly string[] => {
    clock.advance(1_000);
    const [node] = lost.marked(bound(local, command)).nodes;
    return (node?.report?.faults ?? []).map(({ reason, code, since }) => `${reason} ${code} ${since}`);
  };
  const front = "inet/192.0.2.7:80";
  assert.deepEqual(seen(front), []);
  own = false;
  const since = "2000-01-01T00:00:02.000Z";
  assert.deepEqual(seen(front), [`AddressGone EADDRNOTAVAIL ${since}`]);
  assert.deepEqual(seen(front), [`AddressGone EADDRNOTAVAIL ${since}`], "since it was gone");
  assert.deepEqual(seen("inet6/[2001:db8::7]:80"), [], "it was never seen here");
  assert.deepEqual(seen("inet/127.0.0.2:80"), []);
  assert.deepEqual(seen("inet/0.0.0.0:80"), []);
  assert.deepEqual(seen(front, "connect"), [], "an address that the system chose");
  own = true;
  assert.deepEqual(seen(front), []);
  own = null;
  assert.deepEqual(seen(front), [], "not known");
});

test("LostAddresses.marked() asks the system now and then, and not for every look", () => {
  const clock = new VirtualClock();
  let asked = 0;
  const lost = new LostAddresses(() => ++asked > 0, { clock, changed: () => {} });
  for (let look = 0; look < 10; look++) lost.marked(bound("inet/192.0.2.7:80"));
  assert.equal(asked, 1);
  clock.advance(1_000);
  lost.marked(bound("inet/192.0.2.7:80"));
  assert.equal(asked, 2);
});

test("LostAddresses reports that an address has left or returned without a request, and stops with its topology", () => {
  const clock = new VirtualClock();
  let own = true;
  const changed: string[] = [];
  const lost = new LostAddresses(() => own, { clock, changed: (topology) => changed.push(topology) });
  lost.marked(bound("inet/192.0.2.7:80"));
  clock.advance(5_000);
  assert.deepEqual(changed, []);
  own = false;
  clock.advance(1_000);
  assert.deepEqual(changed, ["t"]);
  clock.advance(5_000);
  own = true;
  clock.advance(1_000);
  assert.deepEqual(changed, ["t", "t"]);
  lost.forget("t");
  assert.equal(clock.pending, 0);
});
