import assert from "node:assert/strict";
import { parseText } from "../../src/ascii/parse.ts";
import { sockaddr } from "../../src/socket/address_text.ts";
import { cidr, cidrContains } from "../../src/socket/cidr.ts";
import { refusal } from "../ascii/refusal.ts";
import { test } from "../harness.ts";

test("cidrContains() compares the leading bits, mapped addresses as IPv4", () => {
  const rows: readonly (readonly [string, string, boolean])[] = [
    ["10.0.0.0/8", "inet/10.255.0.1:1", true],
    ["10.0.0.0/8", "inet/11.0.0.1:1", false],
    ["10.0.0.0/9", "inet/10.128.0.1:1", false],
    ["10.0.0.0/8", "inet6/[::ffff:10.1.2.3]:1", true],
    ["::ffff:0:0/96", "inet6/[::ffff:10.1.2.3]:1", true],
    ["::ffff:0:0/96", "inet/10.1.2.3:1", true],
    ["::ffff:10.1.2.3", "inet/10.1.2.3:1", true],
    ["::ffff:10.1.2.0/120", "inet/10.1.3.3:1", false],
    ["::ffff:10.1.2.0/120", "inet6/[::ffff:10.1.2.9]:1", true],
    ["::ffff:10.1.2.0/120", "inet6/[2001:db8::1]", false],
    ["::/0", "inet/10.1.2.3:1", false],
    ["::/0", "inet6/[::ffff:10.1.2.3]", true],
    ["0.0.0.0/0", "inet/1.2.3.4", true],
    ["0.0.0.0/0", "inet6/[2001:db8::1]", false],
    ["::/0", "inet6/[2001:db8::1]", true],
    ["::1", "inet6/[::1]:5", true],
    ["::1/128", "inet6/[::2]:5", false],
    ["2001:db8::/33", "inet6/[2001:db8:8000::1]", false],
    ["0.0.0.0/0", 'local/"/tmp/x"', false],
  ];
  for (const [block, address, held] of rows) {
    assert.equal(cidrContains(parseText(cidr, block), parseText(sockaddr, address)), held, `${block} ${address}`);
  }
});

test("cidr refuses where the trouble is", () => {
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
