/**
 * Lines of the access log.
 *
 * @module
 */

import assert from "node:assert/strict";
import { LineWriter } from "../../../src/graph/core/line_writer.ts";
import { recordLine } from "../../../src/graph/data/connection_line.ts";
import type { ConnectionRecord, LineFormat } from "../../../src/graph/data/connection_record.ts";
import { test } from "../../harness.ts";

const RECORD: ConnectionRecord = {
  endedAt: Date.UTC(2026, 0, 1, 12),
  topology: "web",
  node: "front",
  generation: 3,
  client: { text: "inet/192.0.2.7", port: 4711 },
  target: { text: "inet/10.0.0.2", port: 80 },
  tls: { version: "TLSv1.3", serverName: "www.example", alpn: "h2" },
  connectMs: 0.4217,
  durationMs: 12_033.5,
  bytesIn: 512,
  bytesOut: 10_240,
  closedBy: "client",
  reason: "eof",
};

function formatRecord(record: ConnectionRecord, format: LineFormat): string {
  const writer = new LineWriter(format);
  writer.add(record);
  return new TextDecoder().decode(writer.take());
}

test("A line of the access log as text", () => {
  assert.equal(
    formatRecord(RECORD, "text"),
    "2026-01-01T12:00:00.000Z web/front generation=3 client=inet/192.0.2.7:4711 target=inet/10.0.0.2:80 " +
      "tls=TLSv1.3 sni=www.example alpn=h2 connect_ms=0.422 duration_ms=12033.5 in=512 out=10240 by=client reason=eof\n",
  );
  const bare = { ...RECORD, topology: "", target: null, tls: null, connectMs: null };
  assert.match(formatRecord(bare, "text"), /^\S+ front .* target=- tls=- sni=- alpn=- connect_ms=- duration_ms/);
});

test("Text of others cannot forge a line or a field", () => {
  const serverName = 'a" reason=eof\n2026 \u001b[31m\u202e';
  const hostile = {
    ...RECORD,
    client: { text: 'local/"/x y"', port: 0 },
    tls: { version: "TLSv1.3", serverName, alpn: "-" },
  };
  for (const format of ["text", "json"] as const) {
    const line = formatRecord(hostile, format);
    // deno-lint-ignore no-control-regex -- It is what must not be there.
    assert.doesNotMatch(line.slice(0, -1), /[\u0000-\u001f\u202e]/);
  }
  assert.match(
    formatRecord(hostile, "text"),
    / client="local\/\\"\/x y\\"" .* sni="a\\" reason=eof\\n2026 .*" alpn="-" /,
  );
  assert.equal(JSON.parse(formatRecord(hostile, "json")).tls.serverName, serverName);
});

test("A line as JSON is what events --connections prints", () => {
  const bare = { ...RECORD, topology: "", target: null, tls: null, connectMs: null };
  for (const record of [RECORD, bare, { ...RECORD, tls: { version: "TLSv1.2", serverName: null, alpn: null } }]) {
    assert.equal(formatRecord(record, "json"), `${JSON.stringify(recordLine(record))}\n`);
  }
  const { kind, time, connectMs } = recordLine(RECORD);
  assert.deepEqual([kind, time, connectMs], ["connection", "2026-01-01T12:00:00.000Z", 0.422]);
});

test("Addresses of all families are written with their port, and quoted where they must be", () => {
  const addresses = [
    [{ text: "inet6/[2001:db8::1]", port: 65_535 }, "inet6/[2001:db8::1]:65535"],
    [{ text: "inet6/[fe80::1%eth0]", port: 80 }, '"inet6/[fe80::1%eth0]:80"'],
    [{ text: "inet/192.0.2.7", port: 0 }, "inet/192.0.2.7"],
    [{ text: 'local/"/run/a b"', port: 0 }, '"local/\\"/run/a b\\""'],
  ] as const;
  for (const [client, written] of addresses) {
    const record = { ...RECORD, client, target: client };
    assert.ok(formatRecord(record, "text").includes(` client=${written} target=${written} tls=`), written);
    assert.equal(formatRecord(record, "json"), `${JSON.stringify(recordLine(record))}\n`);
  }
});

test("Numbers and letters of any length are written as the language writes them", () => {
  const times = [0, 0.0004, 0.001, 0.01, 0.1, 1.005, 9.9996, 999.999, 1_234_567.891, 9.87654321e12];
  for (const [index, ms] of times.entries()) {
    const bytesIn = [0, 9, 10, 999_999_999, 1_000_000_000, Number.MAX_SAFE_INTEGER][index % 6] ?? 0;
    const record = { ...RECORD, connectMs: ms, durationMs: ms, bytesIn, node: `nœud-${index}-\\u{1f600}` };
    const { connectMs, node } = JSON.parse(formatRecord(record, "json"));
    assert.deepEqual([connectMs, node], [recordLine(record).connectMs, record.node]);
    const words = formatRecord(record, "text").split(" ");
    assert.deepEqual([words[1], words[8], words[10]], [`web/${node}`, `connect_ms=${connectMs}`, `in=${bytesIn}`]);
  }
});

test("More lines than its buffer has room for are written whole", () => {
  const writer = new LineWriter("json");
  const serverName = "x".repeat(20_000);
  for (let times = 0; times < 100; times++) {
    writer.add({ ...RECORD, tls: { version: "TLSv1.3", serverName, alpn: null } });
  }
  const lines = new TextDecoder().decode(writer.take()).trimEnd().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual([lines.length, lines.at(-1).tls.serverName, writer.take().length], [100, serverName, 0]);
});
