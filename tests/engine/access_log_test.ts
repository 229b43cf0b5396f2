/**
 * The access log: its lines, and what becomes of lines that cannot be written.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { ConnectionRecord } from "../../src/graph/data/connection_record.ts";
import { AccessLog, formatAccess } from "../../src/engine/access_log.ts";
import { NetgraphError } from "../../src/errors.ts";
import { test } from "../harness.ts";

const RECORD: ConnectionRecord = {
  endedAt: Date.UTC(2026, 0, 1, 12),
  topology: "web",
  node: "front",
  generation: 3,
  client: "inet/192.0.2.7:4711",
  target: "inet/10.0.0.2:80",
  tls: { version: "TLSv1.3", serverName: "www.example", alpn: "h2" },
  connectMs: 0.4217,
  durationMs: 12_033.5,
  bytesIn: 512,
  bytesOut: 10_240,
  closedBy: "client",
  reason: "eof",
};

test("A line of the access log as text", () => {
  assert.equal(
    formatAccess(RECORD, "text"),
    "2026-01-01T12:00:00.000Z web/front generation=3 client=inet/192.0.2.7:4711 target=inet/10.0.0.2:80 " +
      "tls=TLSv1.3 sni=www.example alpn=h2 connect_ms=0.422 duration_ms=12033.5 in=512 out=10240 by=client reason=eof\n",
  );
  const bare = { ...RECORD, topology: "", target: null, tls: null, connectMs: null };
  assert.match(formatAccess(bare, "text"), /^\S+ front .* target=- tls=- sni=- alpn=- connect_ms=- duration_ms/);
});

test("Text of others cannot forge a line or a field", () => {
  const serverName = 'a" reason=eof\n2026 \u001b[31m\u202e';
  const hostile = { ...RECORD, client: 'local/"/x y"', tls: { version: "TLSv1.3", serverName, alpn: "-" } };
  for (const format of ["text", "json"] as const) {
    const line = formatAccess(hostile, format);
    // deno-lint-ignore no-control-regex -- It is what must not be there.
    assert.doesNotMatch(line.slice(0, -1), /[\u0000-\u001f\u202e]/);
  }
  assert.match(
    formatAccess(hostile, "text"),
    / client="local\/\\"\/x y\\"" .* sni="a\\" reason=eof\\n2026 .*" alpn="-" /,
  );
  assert.equal(JSON.parse(formatAccess(hostile, "json")).tls.serverName, serverName);
});

test("A line as JSON is what events --connections prints", () => {
  const { kind, time, connectMs } = JSON.parse(formatAccess(RECORD, "json"));
  assert.deepEqual([kind, time, connectMs], ["connection", "2026-01-01T12:00:00.000Z", 0.422]);
});

/** A file whose writes wait, or fail, as the test wants. */
class Sink {
  text = "";
  failure: NetgraphError | null = null;
  /** So many lines of a batch fit although it fails. */
  room = 0;
  held: Promise<void> | null = null;
  closed = 0;

  async write(lines: readonly string[]): Promise<{ written: number; error: NetgraphError | null }> {
    await this.held;
    const written = this.failure === null ? lines.length : Math.min(this.room, lines.length);
    this.text += lines.slice(0, written).join("");
    return { written, error: this.failure };
  }

  reopen(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.closed++;
    return Promise.resolve();
  }

  get lines(): number {
    return this.text.split("\n").length - 1;
  }
}

test("close() waits for the last line, once", async () => {
  const sink = new Sink();
  const gate = Promise.withResolvers<void>();
  sink.held = gate.promise;
  const log = new AccessLog({ sink, format: "text" });
  log.take({ records: Array.from({ length: 3_000 }, () => RECORD), lost: 0 });
  const closing = Promise.all([log.close(), log.close()]);
  gate.resolve();
  await closing;
  assert.deepEqual([sink.lines, sink.closed, log.dropped], [3_000, 1, 0]);
});

test("A slow disk loses lines, which are counted", async () => {
  const sink = new Sink();
  const gate = Promise.withResolvers<void>();
  sink.held = gate.promise;
  const log = new AccessLog({ sink, format: "text", maxWaiting: 1_000 });
  const records = Array.from({ length: 600 }, () => RECORD);
  for (let times = 0; times < 4; times++) log.take({ records, lost: 1 });
  gate.resolve();
  await log.close();
  // The first are being written, and 1,000 wait.
  assert.deepEqual([sink.lines, log.dropped], [1_600, 4 * 601 - 1_600]);
});

test("A full disk loses lines, which are counted, and each cause is reported once, as is its end", async () => {
  const sink = new Sink();
  const failures: (string | null)[] = [];
  const log = new AccessLog({ sink, format: "text", onFailure: (error) => failures.push(error?.message ?? null) });
  const write = async (): Promise<void> => {
    log.take({ records: [RECORD, RECORD], lost: 0 });
    await log.idle;
  };
  sink.failure = new NetgraphError("ENOSPC", "no space");
  sink.room = 1;
  await write();
  sink.room = 0;
  await write();
  sink.failure = new NetgraphError("EACCES", "a link");
  await write();
  sink.failure = null;
  await write();
  assert.deepEqual([failures, sink.lines, log.dropped], [["no space", "a link", null], 3, 5]);
  await log.close();
});
