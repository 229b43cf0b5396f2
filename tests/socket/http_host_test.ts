import assert from "node:assert/strict";
import { type HostReading, HttpHostReader } from "../../src/socket/http_host.ts";
import { test } from "../harness.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const read = (text: string): HostReading => new HttpHostReader().read(bytes(text));

test("HttpHostReader finds the host of the first request, without its port", () => {
  const cases: readonly (readonly [string, string | null])[] = [
    ["GET / HTTP/1.1\r\nHost: www.Example\r\n", "www.example"],
    ["POST /a?b HTTP/1.0\r\nAccept: */*\r\nhost:a.test.:8080\r\n", "a.test"],
    ["GET / HTTP/1.1\nHost: \t a.test \t\n", "a.test"],
    ["GET / HTTP/1.1\r\nHost: [2001:DB8::1]:80\r\n", "2001:db8::1"],
    ["GET / HTTP/1.1\r\nHost: 192.0.2.1:80\r\n", "192.0.2.1"],
    ["GET http://user@Proxied.test:81/x HTTP/1.1\r\n", "proxied.test"],
    ["CONNECT a.test:443 HTTP/1.1\r\nHostile: b.test\r\nHost: a.test:443\r\n", "a.test"],
    ["M-SEARCH * HTTP/1.1\r\nHost: x.test\r\n", "x.test"],
    ["GET / HTTP/1.1\r\nHost:\r\n", null],
    ["GET / HTTP/1.1\r\nHost: a b\r\n", null],
    ["GET / HTTP/1.1\r\nHost: a/../b\r\n", null],
    ["GET / HTTP/1.0\r\n\r\n", null],
  ];
  for (const [text, host] of cases) assert.deepEqual(read(text), { kind: "host", host }, text);
});

test("HttpHostReader needs as many bytes as make it certain, and continues where it was", () => {
  const text = "OPTIONS /a HTTP/1.1\r\nAccept: x\r\nHost: a.test\r\n";
  const reader = new HttpHostReader();
  for (let length = 0; length < text.length; length++) {
    assert.equal(reader.read(bytes(text.slice(0, length))).kind, "more", text.slice(0, length));
  }
  assert.deepEqual(reader.read(bytes(text)), { kind: "host", host: "a.test" });
});

test("HttpHostReader refuses other protocols with their first bytes", () => {
  const cases = [
    "SSH-2.0-OpenSSH\r\n",
    "\x16\x03\x01",
    "\r\n",
    " GET / HTTP/1.1\r\n",
    "GET /\r\n",
    "GET / HTTP/2.0\r\n",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "GET / HTTP/1.1\r\n Host: folded.test\r\n",
    "GET / HTTP/1.1\r\nno field\r\n",
    "A".repeat(33),
    "*1\r\n$4\r\nPING\r\n",
  ];
  for (const text of cases) assert.deepEqual(read(text), { kind: "not-http" }, text);
});
