import assert from "node:assert/strict";
import { familyNumber, familyOfNumber, formatEndpoint, parseEndpoint } from "../../src/socket/endpoint.ts";
import { refusal } from "../ascii/refusal.ts";
import { test } from "../harness.ts";

test("formatEndpoint() gives equal sockets equal names", () => {
  const rows: readonly (readonly [string, string])[] = [
    ["2/2/17", "inet/dgram/udp"],
    ["inet/dgram/udp", "inet/dgram/udp"],
    ["28/1/6", "inet6/stream/tcp"],
    ["inet6/raw/58", "inet6/raw/icmp6"],
    ["1/1/0", "local/stream/0"],
    ["inet/stream/0", "inet/stream/ip"],
    ["inet/dgram/136", "inet/dgram/136"],
    ["inet/stream/tls", "inet/stream/tls"],
    ["99/5/007", "99/seqpacket/7"],
  ];
  for (const [text, canonical] of rows) {
    assert.equal(formatEndpoint(parseEndpoint(text)), canonical);
    assert.deepEqual(parseEndpoint(canonical), parseEndpoint(text));
  }
  assert.deepEqual(parseEndpoint("inet6/stream/tls"), { family: "inet6", type: "stream", protocol: 6, tls: true });
});

test("parseEndpoint() refuses the part that is wrong and reports what was meant", () => {
  const rows: readonly (readonly [string, number, number, string | null])[] = [
    ["inet/stream/tpc", 12, 3, 'did you mean "tcp"?'],
    ["unix:/run/x", 0, 5, "write local/stream/0, and the address in bind or connect"],
    ["tcp", 0, 3, "write inet/stream/tcp"],
    ["udp6", 0, 4, "write inet6/dgram/udp"],
    ["unix", 0, 4, "write local/stream/0"],
    ["inet/tcp", 0, 8, "write inet/stream/tcp"],
    ["tcp/127.0.0.1:80", 0, 16, "write inet/stream/tcp, and the address in bind or connect"],
    ["tcp4/stream/tcp", 0, 4, "write inet/stream/tcp"],
    ["INET/stream/tcp", 0, 4, 'did you mean "inet"?'],
    ["unix/stream/0", 0, 4, 'did you mean "local"?'],
    ["inet/steam/tcp", 5, 5, 'did you mean "stream"?'],
    ["inet/9/tcp", 5, 1, "one of stream, dgram, raw, rdm, seqpacket"],
    ["inet//tcp", 5, 0, "write 0 for the default"],
    ["inet/stream/tcp/", 15, 1, null],
    ["inet/dgram/tls", 11, 3, null],
    ["local/stream/tls", 13, 3, null],
    ["2/2/2147483648", 4, 10, null],
    [
      "inet/stream/constructor",
      12,
      11,
      "one of ip, raw, icmp, igmp, tcp, udp, gre, esp, ah, swipe, encap, pim, tls, or its number",
    ],
    ["local/stream/tcp", 13, 3, "write 0"],
    ["inet", 0, 4, "such as inet/stream/tcp"],
  ];
  for (const [text, offset, length, hint] of rows) {
    assert.deepEqual(refusal(() => parseEndpoint(text)), { code: "EINVAL", offset, length, path: [], hint }, text);
  }
});

test("familyNumber() and familyOfNumber() agree", () => {
  assert.equal(familyNumber("inet6", "freebsd"), 28);
  assert.equal(familyNumber("inet6", "linux"), 10);
  assert.equal(familyNumber("divert", "linux"), null);
  assert.equal(familyNumber(9, "linux"), null);
  assert.equal(familyOfNumber(10, "linux"), "inet6");
  assert.equal(familyOfNumber(10, "freebsd"), 10);
});
