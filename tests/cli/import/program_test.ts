/**
 * `export --format ngctl` and `import` from end to end.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "../../harness.ts";
import { Workplace } from "../program.ts";

const WEB = `
name: web
nodes:
  in: { type: ksocket, hook: inet/dgram/udp, messages: [{ bind: "inet/127.0.0.1:5140" }] }
  echo: { type: echo }
links: [[in, echo]]
`;

test(
  "export --format ngctl and import are each other's undoing, and errors end as such",
  { timeoutMs: 60_000 },
  async () => {
    await using place = await Workplace.open();
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
  },
);
