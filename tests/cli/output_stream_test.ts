/**
 * Output whose reader stalls.
 *
 * @module
 */

import assert from "node:assert/strict";
import { Output } from "../../src/cli/output.ts";
import { OutputStream } from "../../src/cli/output_stream.ts";
import { test } from "../harness.ts";
import { fakeRuntime } from "./fake_runtime.ts";

const MORE_THAN_WAITS = 1 << 20;

/** A stream whose reader reads nothing until a test lets it. */
function stalled() {
  const { process, clock } = fakeRuntime({});
  const reading = Promise.withResolvers<void>();
  const written = { stdout: "", stderr: "" };
  const output = new Output({
    ...process,
    async writeOctets(stream, octets) {
      if (stream === "stdout") await reading.promise;
      written[stream] += new TextDecoder().decode(octets);
    },
  }, { color: false });
  const stop = new AbortController();
  return { stream: new OutputStream(output, { clock, signal: stop.signal }), clock, reading, written, stop };
}

test("OutputStream lets its caller wait while much is not written, and writes all in order", async () => {
  const { stream, reading, written } = stalled();
  await stream.line("first");
  let isTaken = false;
  const much = stream.octets(new Uint8Array(MORE_THAN_WAITS).fill(97)).then(() => isTaken = true);
  await Promise.resolve();
  assert.equal(isTaken, false);
  reading.resolve();
  await much;
  await stream.line("last");
  await stream.end();
  assert.equal(written.stdout, `first\n${"a".repeat(MORE_THAN_WAITS)}last\n`);
  assert.equal(written.stderr, "");
});

test("OutputStream ends with the signal while its reader stalls, and says what is not written", async () => {
  const { stream, clock, written, stop } = stalled();
  const much = stream.octets(new Uint8Array(MORE_THAN_WAITS));
  stop.abort();
  await much;
  let isEnded = false;
  const ended = stream.end().then(() => isEnded = true);
  while (!isEnded) {
    // Its timers begin some turns later.
    await new Promise((resolve) => setTimeout(resolve, 0));
    clock.advance(100);
  }
  await ended;
  const said = `Up to ${MORE_THAN_WAITS} bytes of output are not written: their reader does not read\n`;
  assert.equal(written.stderr, said);
});
