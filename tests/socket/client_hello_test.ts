import assert from "node:assert/strict";
import { MAX_HELLO_BYTES, readClientHello } from "../../src/socket/client_hello.ts";
import { test } from "../harness.ts";

const FUZZ_RUNS = 5_000;

function vector(size: 1 | 2 | 3, bytes: readonly number[]): readonly number[] {
  const { length } = bytes;
  const head = [length >> 16, length >> 8 & 255, length & 255].slice(3 - size);
  return [...head, ...bytes];
}

const ascii = (text: string): readonly number[] => [...text].map((letter) => letter.charCodeAt(0));

function extension(type: number, body: readonly number[]): readonly number[] {
  return [type >> 8, type & 255, ...vector(2, body)];
}

const serverName = (...names: readonly string[]): readonly number[] => {
  return extension(0, vector(2, names.flatMap((name) => [0, ...vector(2, ascii(name))])));
};
const alpn = (...names: readonly string[]): readonly number[] => {
  return extension(16, vector(2, names.flatMap((name) => vector(1, ascii(name)))));
};
const GREASE = extension(0x1a1a, []);

/** The handshake message. */
function message(...extensions: (readonly number[])[]): readonly number[] {
  const fixed = [3, 3, ...Array<number>(32).fill(7)];
  const body = [...fixed, ...vector(1, []), ...vector(2, [0x13, 0x01]), ...vector(1, [0])];
  return [1, ...vector(3, [...body, ...vector(2, extensions.flat())])];
}

/** In records of that many bytes. */
function records(bytes: readonly number[], size = 1 << 14): Uint8Array {
  const parts: number[] = [];
  for (let at = 0; at < bytes.length; at += size) parts.push(22, 3, 1, ...vector(2, bytes.slice(at, at + size)));
  return new Uint8Array(parts);
}

const WHOLE = message(GREASE, serverName("WWW.Example."), alpn("h2", "http/1.1"));

test("readClientHello() finds name and protocols, however it is divided", () => {
  for (const size of [1, 2, 7, 1 << 14]) {
    const bytes = records(WHOLE, size);
    for (let length = 0; length < bytes.length; length++) {
      assert.equal(readClientHello(bytes.subarray(0, length)).kind, "more", `${length} of ${bytes.length}`);
    }
    const result = readClientHello(bytes);
    assert.ok(result.kind === "hello");
    assert.deepEqual([result.hello.serverName, result.hello.alpn], ["www.example", ["h2", "http/1.1"]]);
  }
});

test("readClientHello() takes a long one, and refuses one that is too long", () => {
  const long = message(serverName("a.test"), extension(21, Array<number>(16_000).fill(0)));
  const result = readClientHello(records(long));
  assert.ok(result.kind === "hello");
  assert.equal(result.hello.serverName, "a.test");
  const tooLong = message(extension(21, Array<number>(MAX_HELLO_BYTES).fill(0)));
  assert.deepEqual(readClientHello(records(tooLong)), { kind: "refused", reason: "too-long" });
});

test("readClientHello() refuses what is none", () => {
  const cases: readonly (readonly [Uint8Array, string])[] = [
    [new Uint8Array(ascii("GET / HTTP/1.1\r\n")), "not-tls"],
    [new Uint8Array([22, 2, 0]), "not-tls"],
    [new Uint8Array([0x80, 0x2e, 1, 3, 1]), "sslv2"],
    [new Uint8Array([22, 3, 1, 0, 0]), "malformed"],
    [new Uint8Array([22, 3, 1, 0, 1, 2]), "malformed"],
    [records(message(serverName("a.test"), serverName("b.test"))), "malformed"],
    [records(message(serverName("a.test", "b.test"))), "malformed"],
    [records(message(serverName("a\0b.test"))), "bad-name"],
    [records(message(serverName("a..test"))), "bad-name"],
    [records(message(serverName("../../etc"))), "bad-name"],
    [records(message(alpn(""))), "malformed"],
  ];
  for (const [bytes, reason] of cases) assert.deepEqual(readClientHello(bytes), { kind: "refused", reason });
});

test("readClientHello() takes an IP address for no name, and may find none", () => {
  for (const bytes of [message(serverName("10.0.0.1")), message(serverName("::1")), message(GREASE), message()]) {
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
