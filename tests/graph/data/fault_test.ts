import { strict as assert } from "node:assert";
import { type Fault, mergeFaults, type ThreadFaults } from "../../../src/graph/data/fault.ts";
import { test } from "../../harness.ts";

const at = (second: number): string => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();
const fault = (rest: Partial<Fault> = {}): Fault => {
  return { reason: "NoTargetUp", code: "ECONNREFUSED", message: "x", count: 2, since: at(10), serving: false, ...rest };
};

const CASES: readonly (readonly [string, ThreadFaults, boolean])[] = [
  ["had no clients", {}, false],
  ["served clients only before the fault began", { servedAt: at(9) }, false],
  ["has served a client since then", { servedAt: at(11) }, true],
  ["has the same fault", { faults: [fault({ since: at(12) })], servedAt: at(11) }, false],
];

for (const [what, other, serving] of CASES) {
  test(`mergeFaults() of a thread with a fault and one that ${what}: serving is ${serving}`, () => {
    for (const merged of [mergeFaults({ faults: [fault()] }, other), mergeFaults(other, { faults: [fault()] })]) {
      assert.deepEqual(merged.map((one) => [one.serving, one.since]), [[serving, at(10)]]);
    }
  });
}

test("mergeFaults() takes room in a thread for room for clients", () => {
  const [merged] = mergeFaults({ faults: [fault({ reason: "LimitReached" })] }, {});
  assert.equal(merged?.serving, true);
});
