import assert from "node:assert/strict";
import { MAX_HELLO_BYTES, readClientHello } from "../../src/socket/client_hello.ts";
import { test } from "../harness.ts";
import { alpn, extension, GREASE, hello, records, serverName } from "../support/client_hello.ts";

const FUZZ_RUNS = 5_000;

const WHOLE = hello(GREASE, serverName("WWW.Example."), alpn("h2", "http/1.1"));

test("readClientHello() finds name and protocols, however it is divided", () => {
  for (const size of [1, 2, 7, 1 << 14]) {
    const bytes = records(WHOLE, size);
    for (let length = 0; length < bytes.length; length++) {
      const part = readClientHello(bytes.subarray(0, length));
      assert.ok(part.kind === "more", `${length} of ${bytes.length}`);
      // It is never too late, and not called for each byte of a record.
      assert.ok(part.atLeast > length && part.atLeast <= bytes.length, `${part.atLeast} after ${length}`);
    }
    const result = readClientHello(bytes);
    assert.ok(result.kind === "hello");
    assert.deepEqual([result.hello.serverName, result.hello.alpn], ["www.example", ["h2", "http/1.1"]]);
  }
});

test("readClientHello() takes a long one, and refuses one that is too long", () => {
  const long = hello(serverName("a.test"), extension(21, Array<number>(16_000).fill(0)));
  const result = readClientHello(records(long));
  assert.ok(result.kind === "hello");
  assert.equal(result.hello.serverName, "a.test");
  const tooLong = hello(extension(21, Array<number>(MAX_HELLO_BYTES).fill(0)));
  assert.deepEqual(readClientHello(records(tooLong)), { kind: "refused", reason: "too-long" });
});

test("readClientHello() refuses what is none", () => {
  const cases: readonly (readonly [Uint8Array, string])[] = [
    [new TextEncoder().encode("GET / HTTP/1.1\r\n"), "not-tls"],
    [new Uint8Array([22, 2, 0]), "not-tls"],
    [new Uint8Array([0x80, 0x2e, 1, 3, 1]), "sslv2"],
    [new Uint8Array([22, 3, 1, 0, 0]), "malformed"],
    [new Uint8Array([22, 3, 1, 0, 1, 2]), "malformed"],
    [records(hello(serverName("a.test"), serverName("b.test"))), "malformed"],
    [records(hello(serverName("a.test", "b.test"))), "malformed"],
    [records(hello(serverName("a\0b.test"))), "bad-name"],
    [records(hello(serverName("a..test"))), "bad-name"],
    [records(hello(serverName("../../etc"))), "bad-name"],
    [records(hello(alpn(""))), "malformed"],
  ];
  for (const [bytes, reason] of cases) assert.deepEqual(readClientHello(bytes), { kind: "refused", reason });
});

test("readClientHello() takes an IP address for no name, and may find none", () => {
  for (const bytes of [hello(serverName("10.0.0.1")), hello(serverName("::1")), hello(GREASE), hello()]) {
    const result = readClientHello(records(bytes));
    assert.ok(result.kind === "hello");
    assert.equal(result.hello.serverName, null);
  }
});

test("readClientHello() answers whatever comes", () => {
  let state = 4711;
  const random = (limit: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor(state / 2 ** 32 * limit);
  };
  for (let run = 0; run < FUZZ_RUNS; run++) {
    const bytes = [...records(WHOLE, 1 + random(80))];
    for (let change = random(4); change >= 0; change--) {
      const at = random(bytes.length);
      const [byte, kind] = [random(256), random(3)];
      if (kind === 0) bytes[at] = byte;
      else bytes.splice(at, kind === 1 ? 1 + random(8) : 0, ...(kind === 2 ? [byte] : []));
    }
    const { kind } = readClientHello(new Uint8Array(bytes));
    assert.ok(["more", "hello", "refused"].includes(kind));
  }
});
