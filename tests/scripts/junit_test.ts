/**
 * What the runners of both runtimes write must be counted alike.
 *
 * @module
 */

import assert from "node:assert/strict";
import { parseJunit } from "../../scripts/junit.ts";
import { test } from "../harness.ts";

const DENO = `<testsuites name="deno test" tests="3" failures="1" errors="0" time="0.009">
    <testsuite name="./tests/harness.ts" tests="3" disabled="1" errors="0" failures="1">
        <testcase name="a passes" classname="./tests/harness.ts" time="0.001" line="111" col="8">
        </testcase>
        <testcase name="b &lt;fails&gt;" classname="./tests/harness.ts" time="0.333">
            <failure message="Uncaught Error: &lt;skipped/&gt;">Error: late</failure>
        </testcase>
        <testcase name="c &amp;lt; &quot;d&quot; (skipped: socat is not installed)" time="0.000">
            <skipped/>
        </testcase>
    </testsuite>
</testsuites>`;

const BUN = `<testsuites name="bun test" tests="4" failures="1" skipped="1" time="0.47">
  <testsuite name="tests/a_test.ts" file="tests/a_test.ts" tests="4">
    <testcase name="a passes" classname="" time="0.000061" file="tests/a_test.ts" line="3" assertions="0" />
    <testcase name="b waits" classname="" time="0.200282" file="tests/a_test.ts" line="4" assertions="0">
      <failure type="TimeoutError" message="test timed out" />
    </testcase>
    <testcase name="c (skipped: why)" classname="" time="0" file="tests/a_test.ts" line="77" assertions="0">
      <skipped />
    </testcase>
    <testcase name="d passes" classname="" time="0.000546" file="tests/a_test.ts" line="6" assertions="0" />
  </testsuite>
</testsuites>`;

test("parseJunit() counts what deno test writes", () => {
  const skipped = ['c &lt; "d" (skipped: socat is not installed)'];
  assert.deepEqual(parseJunit(DENO), { passed: 1, failed: 1, skipped });
});

test("parseJunit() counts what bun test writes", () => {
  assert.deepEqual(parseJunit(BUN), { passed: 2, failed: 1, skipped: ["c (skipped: why)"] });
});

test("parseJunit() counts nothing in an empty file", () => {
  assert.deepEqual(parseJunit(""), { passed: 0, failed: 0, skipped: [] });
});
