/**
 * Lines of a tap as text.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { TapLine } from "../../../../src/api/operations/tap.ts";
import { TextView } from "../../../../src/cli/verbs/tap/view.ts";
import { test } from "../../../harness.ts";

type DataLine = Extract<TapLine, { kind: "data" }>;

const time = "2026-01-01T12:00:00.000Z";
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function data(octets: Uint8Array, given: Partial<DataLine> = {}): [TapLine, Uint8Array] {
  const line = {
    kind: "data",
    time,
    connection: "[1f]",
    direction: "in",
    base64: "",
    length: octets.length,
    lostBytes: 0,
    ...given,
  } as const;
  return [line, octets];
}

const end = (
  how: "eof" | "reset",
): [TapLine, Uint8Array] => [{ kind: "end", time, connection: "[1f]", direction: "in", how }, new Uint8Array(0)];

test("TextView shows a letter that pieces share with the last of them, whatever the cut", () => {
  const text = "aé€😀z";
  const whole = bytes(text);
  for (let first = 0; first <= whole.length; first++) {
    for (let second = first; second <= whole.length; second++) {
      const view = new TextView();
      const pieces = [whole.subarray(0, first), whole.subarray(first, second), whole.subarray(second)];
      const lines = pieces.filter(({ length }) => length > 0).map((piece) => view.show(...data(piece)));
      assert.equal(lines.map((line) => line.replace("[1f] > ", "")).join(""), text, `${first} ${second}`);
    }
  }
});

test("TextView keeps directions and connections apart, and begins again after lost bytes", () => {
  const view = new TextView();
  const [one, two] = [bytes("é").subarray(0, 1), bytes("é").subarray(1)];
  assert.equal(view.show(...data(one)), "");
  assert.equal(view.show(...data(bytes("x"), { direction: "out" })), "[1f] < x");
  assert.equal(view.show(...data(bytes("y"), { connection: "[20]" })), "[20] > y");
  assert.equal(view.show(...data(two)), "[1f] > é");
  view.show(...data(one));
  assert.equal(view.show(...data(bytes("z"), { lostBytes: 5 })), "[1f] > (5 bytes lost)\n[1f] > z");
  assert.equal(view.show(...data(Uint8Array.of(0xff, 0x41))), "[1f] > \ufffdA");
});

test("TextView shows what is held when its stream ends, and holds nothing of datagrams", () => {
  const view = new TextView();
  const begun = bytes("é").subarray(0, 1);
  view.show(...data(begun));
  assert.equal(view.show(...end("eof")), "[1f] > \ufffd\n[1f] > end");
  assert.equal(view.show(...end("reset")), "[1f] > reset");
  const open = {
    kind: "open",
    time,
    connection: "[2]",
    transport: "datagram",
    peer: "",
    local: "",
    isNew: true,
  } as const;
  view.show(open, new Uint8Array(0));
  assert.equal(view.show(...data(begun, { connection: "[2]" })), "[2] > \ufffd");
});
