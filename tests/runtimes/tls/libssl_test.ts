/**
 * OpenSSL where it is missing, and where it may not be called.
 *
 * @module
 */

import assert from "node:assert/strict";
import { describeBuiltinTypes } from "../../../src/nodes/builtin.ts";
import { MEMORY_CAPABILITIES } from "../../../src/runtimes/memory/capabilities.ts";
import { searchFor } from "../../../src/runtimes/tls/library.ts";
import { openOneOf } from "../../../src/runtimes/tls/libssl.ts";
import type { TlsLack } from "../../../src/socket/capability.ts";
import { TestFolder } from "../../cli/program.ts";
import { test } from "../../harness.ts";
import { code } from "../../support/network.ts";
import { tlsFiles, tlsSkip } from "../../support/tls.ts";

test("openOneOf() names the library and its package where OpenSSL is not installed", { skip: tlsSkip }, () => {
  const missing = { ssl: "libssl-missing.so.3", crypto: "libcrypto-missing.so.3" };
  assert.throws(() => openOneOf([missing]), code("ENOSYS"));
  assert.throws(() => openOneOf([missing, missing]), /"libssl\.so\.3" \(OpenSSL 3\).*install package "libssl3"/);
});

test("searchFor() finds libssl in the folders of libraries, then in the cache of the linker", () => {
  const libraries = [{ ssl: "libssl.so.3", crypto: "" }, { ssl: "/opt/x/libssl.3.dylib", crypto: "" }];
  const search = (cache: string, ...files: readonly string[]) => {
    return searchFor(libraries, { read: () => cache, exists: (path) => files.includes(path) });
  };
  assert.equal(search("", "/usr/lib/libssl.so.3"), "/usr/lib/libssl.so.3");
  assert.equal(search("\0/a/libssh.so.4\0/b/c/libssl.so.3\0/d/libz.so\0"), "/b/c/libssl.so.3");
  assert.equal(search("", "/opt/x/libssl.3.dylib"), "/opt/x/libssl.3.dylib");
  assert.equal(search("/a/libssl.so.31\0"), null);
});

test("a topology with TLS gets a warning where OpenSSL is missing", () => {
  const check = (tlsLack: TlsLack | null) => {
    const [type] = describeBuiltinTypes({ ...MEMORY_CAPABILITIES, tlsLack }).filter(({ name }) => name === "ksocket");
    const hook = "inet/stream/tls";
    return type?.check({
      hook,
      messages: [{ command: "settls", args: { ca: "system" } }],
      linked: true,
      inTemplate: true,
    })
      .map(({ code, severity, hint }) => [code, severity, hint?.includes("libssl3") === true]);
  };
  assert.deepEqual(check(null)?.filter(([code]) => code === "no-libssl"), []);
  assert.deepEqual(check("library")?.filter(([code]) => code === "no-libssl"), [["no-libssl", "warning", true]]);
  assert.deepEqual(check("ffi")?.filter(([code]) => code === "no-ffi"), [["no-ffi", "warning", false]]);
});

const ON_DENO = "Deno" in globalThis ? null : "only Deno can forbid FFI";

test("without --allow-ffi validate warns of TLS, and apply names the flag", { skip: ON_DENO ?? tlsSkip }, async () => {
  await using place = await TestFolder.open();
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
