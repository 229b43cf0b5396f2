/**
 * OpenSSL where it is missing, and where it may not be called.
 *
 * @module
 */

import assert from "node:assert/strict";
import { openOneOf } from "../../../src/runtimes/tls/libssl.ts";
import { Workplace } from "../../cli/program.ts";
import { test } from "../../harness.ts";
import { code } from "../../support/network.ts";
import { tlsFiles, tlsSkip } from "../../support/tls.ts";

test("openOneOf() names the library and its package where OpenSSL is not installed", { skip: tlsSkip }, () => {
  const missing = { ssl: "libssl-missing.so.3", crypto: "libcrypto-missing.so.3" };
  assert.throws(() => openOneOf([missing]), code("ENOSYS"));
  assert.throws(() => openOneOf([missing, missing]), /"libssl\.so\.3" \(OpenSSL 3\).*install package "libssl3"/);
});

const ON_DENO = "Deno" in globalThis ? null : "only Deno can forbid FFI";

test("without --allow-ffi validate warns of TLS, and apply names the flag", { skip: ON_DENO ?? tlsSkip }, async () => {
  await using place = await Workplace.open();
  await place.write(
    "t.yaml",
    `
nodes:
  front:
    type: ksocket
    hook: inet/stream/tls
    messages:
      - settls: { cert: "${tlsFiles?.server.cert}", key: "${tlsFiles?.server.key}" }
      - bind: inet/127.0.0.1:0
      - listen: 8
      - accept: { connect: inet/127.0.0.1:9 }
`,
  );
  const validated = await place.run("validate", "t.yaml");
  assert.equal(validated.code, 0, validated.stderr);
  assert.match(validated.stdout + validated.stderr, /no-ffi.*runtime "deno" calls OpenSSL by FFI/s);
  const applied = await place.run("apply", "t.yaml");
  assert.notEqual(applied.code, 0);
  assert.match(applied.stdout + applied.stderr, /Cannot use TLS: Deno was started without "--allow-ffi"/);
});
