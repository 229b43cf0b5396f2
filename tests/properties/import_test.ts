/**
 * Laws of `import`: whatever a file holds, it becomes topologies that load, or errors with places in it.
 */
import fc from "fast-check";
import assert from "node:assert/strict";
import { detectFormat } from "../../src/cli/verbs/import/detect.ts";
import { FORMAT_NAMES } from "../../src/cli/verbs/import/format.ts";
import { importText } from "../../src/cli/verbs/import/import_text.ts";
import { describeBuiltinTypes } from "../../src/nodes/builtin.ts";
import { MEMORY_CAPABILITIES } from "../../src/runtimes/memory/capabilities.ts";
import { test } from "../harness.ts";

const TYPES = describeBuiltinTypes(MEMORY_CAPABILITIES);
const seed = (Date.now() ^ (Math.random() * 0x1_0000_0000)) | 0;
// deno-lint-ignore no-console -- a failure is found again by its seed only
console.log(`properties/import: seed ${seed}`);

const WORDS =
  `mkpeer connect name rmhook shutdown msg list ngctl . a b .:a a: b: a.b tee left right hub ksocket inet/dgram/udp
  inet/stream/tcp iface x-y setopt { } [ ] level=0xffff name=4 data=[ 1 bind inet/127.0.0.1:80 accept listen 5 connect
  # sockgraph: topology web holds no description socat TCP-LISTEN:80,fork TCP:[::1]:80 UNIX-LISTEN:/tmp/s,mode=9 UDP:a:1
  UDP4-RECV:1 -d & TCP:h,bind=x,range=1.2.3.4/33,max-children=-1 - 0.0.0.0 80 10.0.0.2 80/udp :: allow deny 1.2.* *
  stream { server { listen 80; proxy_pass a; } upstream map $ssl_preread_server_name $x limit_conn 9; proxy_timeout 1y; ssl on;
  frontend backend defaults mode tcp bind :80-90 *:1 server 10.0.0.1:1 check inter use_backend if acl src ! balance timeout client 1s
  [Socket] ListenStream=80 [Service] ExecStart=systemd-socket-proxyd services: web: ports: - "80:81" gost -L tcp://:1/2:3?ttl=1x
  [timeout=99999999999] "é" \\ [1f]: ::: , = : \u0000`.split(/\s+/);

test("importText() gives topologies that load, or errors inside the text", () => {
  const line = fc.array(fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...WORDS) }, fc.string()), { maxLength: 7 });
  const text = fc.array(line.map((words) => words.join(" ")), { maxLength: 9 }).map((lines) => lines.join("\n"));
  fc.assert(
    fc.property(text, fc.constantFrom(...FORMAT_NAMES), (given, format) => {
      detectFormat(given);
      const { yaml, diagnostics } = importText({ name: "a.ng", text: given }, format, TYPES);
      const errors = diagnostics.filter(({ severity }) => severity === "error");
      assert.equal(yaml === null, errors.length > 0);
      for (const { span, file } of diagnostics) {
        assert.ok(span === null || (span.start >= 0 && span.start <= span.end && span.end <= file.text.length));
      }
    }),
    { numRuns: 600, seed },
  );
});
