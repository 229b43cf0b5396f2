import fc from "fast-check";
import assert from "node:assert/strict";
import { parseText } from "../../src/ascii/parse.ts";
import { sockaddr } from "../../src/socket/address_text.ts";
import { cidr } from "../../src/socket/cidr.ts";
import { CidrSet } from "../../src/socket/cidr_set.ts";
import { formatIpv4, formatIpv6 } from "../../src/socket/ip.ts";
import { test } from "../harness.ts";

function setOf(...blocks: readonly string[]): CidrSet {
  return new CidrSet(blocks.map((text) => parseText(cidr, text)));
}

test("CidrSet compares the leading bits, mapped addresses as IPv4", () => {
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
    assert.equal(setOf(block).has(parseText(sockaddr, address)), held, `${block} ${address}`);
  }
});

test("CidrSet holds what one of its blocks holds, and nothing where it is empty", () => {
  const set = setOf("10.0.0.0/8", "192.0.2.1", "2001:db8::/32", "255.255.255.255");
  const held = ["inet/10.9.9.9", "inet/192.0.2.1", "inet6/[2001:db8:1::]", "inet/255.255.255.255"];
  for (const text of held) {
    const address = parseText(sockaddr, text);
    assert.equal(set.has(address), true, text);
    assert.equal(setOf().has(address), false, text);
  }
  for (const text of ["inet/192.0.2.2", "inet6/[2001:db9::]", "inet/255.255.255.254"]) {
    assert.equal(set.has(parseText(sockaddr, text)), false, text);
  }
});

test("CidrSet reports of every bit whether it counts", () => {
  const octets = fc.oneof(
    fc.uint8Array({ minLength: 4, maxLength: 4 }),
    fc.uint8Array({ minLength: 16, maxLength: 16 }),
  );
  fc.assert(fc.property(octets, fc.nat(127), fc.nat(128), (address, flipped, bits) => {
    const length = address.length * 8;
    const [bit, prefix] = [flipped % length, Math.min(bits, length)];
    const first = address.map((octet, at) => {
      const counted = Math.min(8, Math.max(0, prefix - 8 * at));
      return octet & (0xff00 >> counted);
    });
    const family = address.length === 4 ? "inet" : "inet6";
    const hostOf = address.length === 4 ? formatIpv4 : formatIpv6;
    const set = new CidrSet([{ family, host: hostOf(first), prefix }]);
    const other = address.map((octet, at) => at === bit >> 3 ? octet ^ (0x80 >> (bit & 7)) : octet);
    const at = (host: Uint8Array) => ({ family, host: hostOf(host), port: 1, zone: null } as const);
    assert.equal(set.has(at(address)), true);
    assert.equal(set.has(at(other)), bit >= prefix);
  }));
});
