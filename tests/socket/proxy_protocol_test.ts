/**
 * Headers of the PROXY protocol.
 *
 * @module
 */

import assert from "node:assert/strict";
import fc from "fast-check";
import { parseText } from "../../src/ascii/parse.ts";
import type { SocketAddress } from "../../src/socket/address.ts";
import { sockaddr } from "../../src/socket/address_text.ts";
import {
  crc32c,
  formatProxyV1,
  MAX_PROXY_HEADER,
  packProxyV2,
  type ProxyReading,
  readProxyHeader,
} from "../../src/socket/proxy_protocol.ts";
import { test } from "../harness.ts";

const address = (text: string): SocketAddress => parseText(sockaddr, text);
const octets = (text: string): Uint8Array => new TextEncoder().encode(text);

const PAIRS = [
  [address("inet/192.0.2.1:56324"), address("inet/198.51.100.1:443")],
  [address("inet6/[2001:db8::1]:1"), address("inet6/[2001:db8::2]:65535")],
  [address('local/"/run/client"'), address('local/"/run/server"')],
] as const;

function header(reading: ProxyReading) {
  assert.equal(reading.kind, "header", JSON.stringify(reading));
  return reading.kind === "header" ? reading : null;
}

test("readProxyHeader() reads what formatProxyV1() and packProxyV2() write, and leaves what follows", () => {
  for (const [source, destination] of PAIRS) {
    const v2 = packProxyV2({
      source,
      destination,
      type: "stream",
      checksum: true,
      values: [{ type: 2, octets: octets("a.example") }],
    });
    const found = header(readProxyHeader(Uint8Array.of(...v2, 1, 2, 3)));
    assert.deepEqual([found?.header.source, found?.header.destination], [source, destination]);
    assert.equal(found?.length, v2.length);
    assert.equal(new TextDecoder().decode(found?.header.values[0]?.octets), "a.example");
  }
  for (const [source, destination] of PAIRS.slice(0, 2)) {
    const v1 = formatProxyV1(source, destination);
    const found = header(readProxyHeader(Uint8Array.of(...v1, 1, 2, 3)));
    assert.deepEqual([found?.header.source, found?.header.destination], [source, destination]);
    assert.equal(found?.length, v1.length);
  }
});

test("readProxyHeader() returns no source for LOCAL, UNKNOWN and unspecified addresses", () => {
  const local = packProxyV2({ source: null, destination: null, type: "stream" });
  const command = packProxyV2({ source: PAIRS[0][0], destination: PAIRS[0][1], type: "stream" });
  command[12] = 0x20;
  const unspecified = Uint8Array.of(...local);
  unspecified[12] = 0x21;
  for (
    const one of [
      local,
      command,
      unspecified,
      octets("PROXY UNKNOWN\r\n"),
      octets("PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n"),
      formatProxyV1(PAIRS[2][0], PAIRS[2][1]),
    ]
  ) {
    assert.equal(header(readProxyHeader(one))?.header.source, null);
  }
});

test("readProxyHeader() waits for every octet of a header", () => {
  const [source, destination] = PAIRS[0];
  for (const whole of [formatProxyV1(source, destination), packProxyV2({ source, destination, type: "stream" })]) {
    for (let length = 0; length < whole.length; length++) {
      assert.equal(readProxyHeader(whole.subarray(0, length)).kind, "more");
    }
  }
});

test("readProxyHeader() distinguishes a missing header from a malformed one", () => {
  for (const text of ["GET / HTTP/1.1\r\n", "PROXX", "\r\n\r\nhello", "\x16\x03\x01"]) {
    assert.equal(readProxyHeader(octets(text)).kind, "none", text);
  }
  for (
    const text of [
      "PROXY TCP4 192.0.2.1 198.51.100.1 56324\r\n",
      "PROXY TCP4 192.0.2.1 198.51.100.1 56324 443 1\r\n",
      "PROXY TCP4 192.0.2.1 198.51.100.1 70000 443\r\n",
      "PROXY TCP4 192.0.2.1 198.51.100.1 01 443\r\n",
      "PROXY TCP4 192.0.2.256 198.51.100.1 1 443\r\n",
      "PROXY TCP4 ::1 ::1 1 443\r\n",
      "PROXY TCP5 192.0.2.1 198.51.100.1 1 443\r\n",
      "PROXY \r\n",
      "PROXY UNKNOWN\rx",
      `PROXY ${"x".repeat(200)}`,
    ]
  ) {
    assert.equal(readProxyHeader(octets(text)).kind, "malformed", text);
  }
  const [source, destination] = PAIRS[0];
  const broken = (change: (header: Uint8Array) => void): ProxyReading => {
    const whole = packProxyV2({ source, destination, type: "stream", checksum: true });
    change(whole);
    return readProxyHeader(whole);
  };
  assert.equal(broken((one) => one[12] = 0x31).kind, "malformed", "version");
  assert.equal(broken((one) => one[12] = 0x22).kind, "malformed", "command");
  assert.equal(broken((one) => one[13] = 0x41).kind, "malformed", "family");
  assert.equal(broken((one) => one[16] = 9).kind, "malformed", "checksum");
  assert.equal(broken((one) => one[15] = 11).kind, "malformed", "too short");
  assert.equal(broken((one) => one.set([MAX_PROXY_HEADER >> 8, 0], 14)).kind, "malformed", "too long");
});

test("crc32c() has the values of RFC 3720", () => {
  assert.equal(crc32c(new Uint8Array(32)), 0x8a9136aa);
  assert.equal(crc32c(new Uint8Array(32).fill(0xff)), 0x62a8ab43);
  assert.equal(crc32c(octets("123456789")), 0xe3069283);
});

test("readProxyHeader() neither throws nor reads beyond its octets, for 20,000 inputs near headers", () => {
  const [source, destination] = PAIRS[1];
  const seeds = [
    formatProxyV1(source, destination),
    packProxyV2({
      source,
      destination,
      type: "dgram",
      checksum: true,
      values: [{ type: 0x20, octets: octets("ssl") }],
    }),
  ];
  const edit = fc.tuple(fc.nat(80), fc.nat(255));
  const input = fc.tuple(fc.constantFrom(...seeds), fc.array(edit, { maxLength: 6 }), fc.nat(120));
  fc.assert(
    fc.property(input, ([seed, edits, length]) => {
      const bytes = Uint8Array.of(...seed, ...seed).slice(0, length);
      for (const [at, octet] of edits) if (at < bytes.length) bytes[at] = octet;
      const reading = readProxyHeader(bytes);
      if (reading.kind === "header") assert.ok(reading.length <= bytes.length);
    }),
    { numRuns: 20_000, seed: 7 },
  );
});
