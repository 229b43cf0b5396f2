import assert from "node:assert/strict";
import { parseText } from "../../src/ascii/parse.ts";
import { cidr } from "../../src/socket/cidr.ts";
import { refusal } from "../ascii/refusal.ts";
import { test } from "../harness.ts";

test("cidr refuses where the problem is", () => {
  const rows: readonly (readonly [string, number, number])[] = [
    ["10.0.0.0/33", 9, 2],
    ["10.0.0.0/", 9, 0],
    ["10.0.0.0/08", 9, 2],
    ["10.0.0.1/8", 0, 10],
    ["10.0.0/8", 0, 6],
    ["::g/8", 2, 1],
    ["{}", 0, 1],
  ];
  for (const [text, offset, length] of rows) {
    const got = refusal(() => parseText(cidr, text));
    assert.deepEqual([got.code, got.offset, got.length], ["EINVAL", offset, length], text);
  }
  assert.equal(refusal(() => parseText(cidr, "10.0.0.1/8")).hint, 'did you mean "10.0.0.0/8"?');
  assert.equal(cidr.format(parseText(cidr, "::1/128")), "::1");
});
