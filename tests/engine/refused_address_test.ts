import assert from "node:assert/strict";
import type { ApplyOutcome } from "../../src/api/apply_event.ts";
import { withOwner } from "../../src/engine/refused_address.ts";
import { describeBuiltinTypes } from "../../src/nodes/builtin.ts";
import type { AddressUser, BoundAddress } from "../../src/runtimes/address_users.ts";
import { DENO_CAPABILITIES } from "../../src/runtimes/deno/capabilities.ts";
import { diagnosticOfStep } from "../../src/topology/load/failed_step.ts";
import { loadTopology } from "../../src/topology/load/load.ts";
import { test } from "../harness.ts";

const TYPES = describeBuiltinTypes(DENO_CAPABILITIES);
const TABLE = new Map(TYPES.map((type) => [type.name, type]));
const TEXT = `name: web
nodes:
  front:
    type: ksocket
    hook: inet/stream/tcp
    messages:
      - setopt: { SO_KEEPALIVE: 1 }
      - bind: inet/127.0.0.1:80
      - listen: 5
      - accept: { peer: back }
  back: { type: echo }
`;
const SOURCE = { name: "web.yaml", text: TEXT };
const REFUSED = 'Cannot listen on "web/front" at inet/127.0.0.1:80: address is already in use';
const LISTEN = 2;
const BIND = 1;

const OUTCOME: ApplyOutcome = {
  topology: "web",
  result: "rolled-back",
  generation: 0,
  closed: 0,
  ready: false,
  confirmUntil: null,
  message: REFUSED,
  code: "EADDRINUSE",
  at: { node: "front", messageIndex: LISTEN },
};

function load() {
  const { topologies: [web] } = loadTopology({
    source: SOURCE,
    types: TYPES,
    env: () => null,
    defaultName: null,
    baseDirectory: null,
  });
  assert.ok(web !== undefined);
  return web;
}

async function explain(outcome: ApplyOutcome, found: readonly AddressUser[]): Promise<ApplyOutcome> {
  const asked: BoundAddress[] = [];
  const find = (addresses: readonly BoundAddress[]) => {
    asked.push(...addresses);
    return Promise.resolve([found]);
  };
  const result = await withOwner(outcome, load().state, { types: TABLE, pid: 7, users: { find } });
  for (const { space, place } of asked) assert.deepEqual([space, place], ["tcp", "80"]);
  return result;
}

test("withOwner() names the process that has the address, at the message that names it", async () => {
  const { message, at } = await explain(OUTCOME, [{ pid: 412, name: "nginx", uid: 33 }]);
  assert.equal(message, `${REFUSED} by pid 412 (nginx)`);
  assert.deepEqual(at, { node: "front", messageIndex: BIND });
});

test("withOwner() knows its own process, and leaves a node that is named already", async () => {
  assert.equal((await explain(OUTCOME, [{ pid: 7, name: "deno", uid: 0 }])).message, `${REFUSED} by this engine`);
  const named = { ...OUTCOME, message: `${REFUSED} by "other/front"` };
  assert.equal((await explain(named, [{ pid: 7, name: "deno", uid: 0 }])).message, named.message);
});

test("withOwner() does not change errors of addresses without an owner, and other failures", async () => {
  assert.equal((await explain(OUTCOME, [])).message, REFUSED);
  const other = { ...OUTCOME, code: "EINVAL" } as const;
  assert.equal(await explain(other, [{ pid: 412, name: "nginx", uid: 33 }]), other);
});

test("withOwner() points every error about the address at the message that names it, with no owner", async () => {
  for (const code of ["EACCES", "EADDRNOTAVAIL", "ENOENT", "ENOTDIR", "EPERM"] as const) {
    const refused = { ...OUTCOME, code, message: 'Cannot listen on "web/front" at inet/127.0.0.1:80: no' };
    const { message, at } = await explain(refused, [{ pid: 412, name: "nginx", uid: 33 }]);
    assert.deepEqual([message, at], [refused.message, { node: "front", messageIndex: BIND }], code);
    const elsewhere = { ...refused, message: 'Cannot connect "web/front" to inet/127.0.0.1:8080: no' };
    assert.equal(await explain(elsewhere, []), elsewhere, code);
  }
});

test("diagnosticOfStep() points at doctor where no process is named", () => {
  const topology = load();
  const at = { node: "front", messageIndex: BIND };
  const hint = (message: string) => diagnosticOfStep(topology, { code: "EADDRINUSE", message, at })?.hint;
  assert.equal(hint(REFUSED), '"sockgraph doctor web.yaml" shows which process has it');
  assert.equal(hint(`${REFUSED} by pid 412 (nginx)`), null);
});

test("diagnosticOfStep() has doctor read the same variables, where they fit into a line", () => {
  const at = { node: "front", messageIndex: BIND };
  const callWith = (values: Readonly<Record<string, string | null>>) => {
    const topology = { ...load(), variables: new Map(Object.entries(values)) };
    return diagnosticOfStep(topology, { code: "EADDRINUSE", message: REFUSED, at })?.hint?.split('"')[1];
  };
  assert.equal(callWith({ PORT: "7099", HOST: null }), "PORT=7099 sockgraph doctor web.yaml");
  assert.equal(callWith({ HOST: "::1", PORT: "80" }), "HOST=::1 PORT=80 sockgraph doctor web.yaml");
  for (const value of ["", "a b", "$(x)", "'", "a\nb"]) {
    assert.equal(callWith({ V: value }), "sockgraph doctor web.yaml");
  }
});
