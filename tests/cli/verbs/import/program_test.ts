/**
 * `export --format ngctl` and `import` from end to end.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "../../../harness.ts";
import { TestFolder } from "../../program.ts";

const WEB = `
name: web
nodes:
  in: { type: ksocket, hook: inet/dgram/udp, messages: [{ bind: "inet/127.0.0.1:5140" }] }
  echo: { type: echo }
links: [[in, echo]]
`;

test(
  "import reads what export --format ngctl writes, and errors end as such",
  { timeoutMs: 60_000 },
  async () => {
    await using place = await TestFolder.open();
    await place.write("web.yaml", WEB);
    await place.start("apply", "--runtime", "memory", "web.yaml").says(/generation 1 is Ready/);
    const script = await place.run("export", "--format", "ngctl");
    assert.equal(script.code, 0, script.stderr);
    assert.match(script.stdout, /^# sockgraph: topology web\nmkpeer \. echo tmp0 /m);
    await place.write("web.ng", script.stdout);
    const imported = await place.run("import", "web.ng");
    assert.deepEqual([imported.code, imported.stderr], [0, ""]);
    await place.write("again.yaml", imported.stdout);
    const planned = await place.run("apply", "again.yaml", "--dry-run");
    assert.match(planned.stdout + planned.stderr, /^No changes\.$/m);

    await place.write("bad.conf", "0.0.0.0 8080 10.0.0.2 httpx\n");
    await place.write("what.txt", "hello world\n");
    const codes = [];
    for (const args of [["bad.conf"], ["what.txt"], ["--from", "rinetd", "bad.conf"], ["nothing.ng"], []]) {
      codes.push((await place.run("import", ...args)).code);
    }
    assert.deepEqual(codes, [64, 64, 65, 1, 64]);

    // What is left out ends the import with 0, and is named on standard error and in the file.
    await place.write("some.conf", "0.0.0.0 8080 10.0.0.2\n0.0.0.0 8081 10.0.0.2 80\n");
    const some = await place.run("import", "some.conf");
    assert.equal(some.code, 0, some.stderr);
    assert.match(some.stderr, /^some\.conf:1:1 warning\[left-out\]: The rule is left out: /m);
    assert.match(some.stdout, /^# line 1: The rule is left out: [^]*^ {2}tcp-8081:$/m);
    // Raw sockets are there on one runtime.
    await place.write("raw.ng", "mkpeer ksocket k inet/raw/icmp\n");
    const posix = await place.run("import", "--runtime", "posix", "raw.ng");
    assert.deepEqual([posix.code, posix.stdout.includes("hook: inet/raw/icmp")], [0, true], posix.stderr);
    const other = await place.run("import", "--runtime", "Deno" in globalThis ? "deno" : "bun", "raw.ng");
    assert.equal(other.code, 65);
    assert.match(other.stderr, /raw\.ng:1:1 error\[[^]*--runtime posix/);
  },
);
