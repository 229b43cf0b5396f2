import assert from "node:assert/strict";
import { parseText, readLiteral } from "../../src/ascii/parse.ts";
import { acceptReply, connectAddress, sameAddress, sockaddr } from "../../src/socket/address_text.ts";
import { hostPort } from "../../src/socket/address_text.ts";
import { isWildcard, type SocketAddress } from "../../src/socket/address.ts";
import { refusal } from "../ascii/refusal.ts";
import { test } from "../harness.ts";

test("sockaddr has one canonical text", () => {
  const rows: readonly (readonly [string, string])[] = [
    ["2/010.0.0.1:080", "inet/10.0.0.1:80"],
    ["inet/1.2.3.4:0", "inet/1.2.3.4"],
    ["inet6/[2001:DB8:0:0:1:0:0:1]:1", "inet6/[2001:db8::1:0:0:1]:1"],
    ["inet6/[0:0:0:0:0:0:0:0]", "inet6/[::]"],
    ["inet6/[1:0:3:4:5:6:7:8]", "inet6/[1:0:3:4:5:6:7:8]"],
    ["inet6/[::ffff:7f00:1]:9", "inet6/[::ffff:127.0.0.1]:9"],
    ["inet6/[1::]", "inet6/[1::]"],
    ["inet6/[fe80::1%eth0]:80", "inet6/[fe80::1%eth0]:80"],
    ['local/"/tmp/\\101"', 'local/"/tmp/A"'],
    ["{ len=16 family=2 data=[ 0 80 127 0 0 1 ] }", "inet/127.0.0.1:80"],
    ["{ len=4 family=9 data=[ 1 2 ] }", "{ len=4 family=9 data=[ 0x1 0x2 ] }"],
  ];
  for (const [text, canonical] of rows) {
    assert.equal(sockaddr.format(parseText(sockaddr, text)), canonical);
    assert.deepEqual(parseText(sockaddr, canonical), parseText(sockaddr, text));
  }
});

test("sockaddr refuses at the part that is wrong", () => {
  const rows: readonly (readonly [string, number, number])[] = [
    ["inet/127.0.0.1:70000", 15, 5],
    ["inet/127.0.0.1:", 15, 0],
    ["inet/127.0.0.256:1", 13, 3],
    ["inet/127.0.0.1:80x", 15, 3],
    ["inet/127.0.0.1 :80", 15, 3],
    ["inet6/[::1]:99999", 12, 5],
    ["inet6/[::1]x", 11, 1],
    ["inet6/[::g]", 9, 1],
    ["inet6/[1:2:3:4:5:6:7:8:9]", 7, 17],
    ["inet6/[1::2::3]", 12, 0],
    ["inet6/[::1%eth0]", 11, 4],
    ["inet6/[fe80::1%]", 15, 0],
    ["inet6/::1", 6, 3],
    ["inte/127.0.0.1", 0, 4],
    ["127.0.0.1:80", 0, 12],
    ["local//tmp/x", 6, 6],
    ["atm/1", 0, 3],
    ["{ len=16 family=2 data=[ 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 ] }", 23, 39],
  ];
  for (const [text, offset, length] of rows) {
    const got = refusal(() => parseText(sockaddr, text));
    assert.deepEqual([got.offset, got.length], [offset, length], text);
  }
});

test("sockaddr reports what was meant", () => {
  const rows: readonly (readonly [string, string])[] = [
    ["inet/localhost:80", "only connect accepts host names: write inet/127.0.0.1:80"],
    ["inet/*:80", "write 0.0.0.0"],
    ["inet/::1", "write inet6/[::1], with a hook of family inet6"],
    ["127.0.0.1:80", "write inet/127.0.0.1:80"],
    ["inte/1.2.3.4", 'did you mean "inet"?'],
    ["[::1]:80", "write inet6/[::1]:80"],
    ["::1", "write inet6/[::1]"],
    ["inet/[::1]:80", "write inet6/[::1]:80, with a hook of family inet6"],
    ["inet/127.0.0.1/80", "write inet/127.0.0.1:80"],
    [":80", "write inet/0.0.0.0:80"],
    ["*:80", "write inet/0.0.0.0:80"],
    ["80", "write inet/127.0.0.1:80"],
    ["localhost:80", "write inet/127.0.0.1:80"],
    ["web.example:80", "write an address of this machine, such as inet/0.0.0.0:80"],
    ["tcp/127.0.0.1:80", "write inet/127.0.0.1:80: the hook says whether it is TCP or UDP"],
    ["tcp://[::1]:80/x", "write inet6/[::1]:80: the hook says whether it is TCP or UDP"],
    ["udp4:127.0.0.1:53", "write inet/127.0.0.1:53: the hook says whether it is TCP or UDP"],
    ["unix:/run/x", 'write local/"/run/x"'],
    ["unix:///run/x", 'write local/"/run/x"'],
    ["/run/x", 'write local/"/run/x"'],
    ["./x", 'write local/"./x"'],
    ["@x", 'write local/"@x"'],
    ["local//tmp/x", 'write the path in double quotes, such as local/"/tmp/x"'],
  ];
  for (const [text, hint] of rows) assert.equal(refusal(() => parseText(sockaddr, text)).hint, hint, text);
});

test("sockaddr refuses a path that fits no sun_path", () => {
  assert.equal(parseText(sockaddr, `local/"${"p".repeat(107)}"`).family, "local");
  const got = refusal(() => parseText(sockaddr, `local/"${"p".repeat(108)}"`));
  assert.deepEqual([got.code, got.offset, got.length], ["E2BIG", 6, 110]);
  assert.equal(parseText(sockaddr, `local/"@${"p".repeat(107)}"`).family, "local");
  assert.equal(refusal(() => parseText(sockaddr, `local/"@${"p".repeat(108)}"`)).code, "E2BIG");
});

test("sockaddr takes @name for a name in the abstract space, and ./@name for a file", () => {
  const abstract = { family: "local", path: "\0name" } as const;
  assert.deepEqual(parseText(sockaddr, 'local/"@name"'), abstract);
  assert.deepEqual(parseText(sockaddr, 'local/"\\000name"'), abstract);
  assert.equal(sockaddr.format(abstract), 'local/"\\x00name"');
  assert.deepEqual(parseText(sockaddr, 'local/"./@name"'), { family: "local", path: "./@name" });
  // What another program is bound to: the text means the same file.
  assert.equal(sockaddr.format({ family: "local", path: "@name" }), 'local/"./@name"');
  assert.equal(hostPort(abstract), "@name");
});

test("connectAddress takes names with a dot at the end, and in other scripts", () => {
  const rows: readonly (readonly [string, string | null])[] = [
    ["db.example.", "db.example."],
    ["localhost.", "localhost."],
    ["db.example..", null],
    ["1.2.3.4.", null],
    ["Bücher.example", "xn--bcher-kva.example"],
    ["bücher.example.", "xn--bcher-kva.example."],
    ["例え.テスト", "xn--r8jz45g.xn--zckzah"],
    ["faß.de", "xn--fa-hia.de"],
    ["bü cher.example", null],
    ["bü/cher.example", null],
    ["bü@cher.example", null],
    ["bü%41.example", null],
  ];
  for (const [text, name] of rows) {
    if (name === null) assert.throws(() => parseText(connectAddress, `inet/${text}:80`), text);
    else assert.deepEqual(parseText(connectAddress, `inet/${text}:80`), { family: "name", of: "inet", name, port: 80 });
  }
  const advice = "only connect accepts host names: write an address of this machine, such as inet/0.0.0.0:80";
  assert.equal(refusal(() => parseText(sockaddr, "inet/bücher.example:80")).hint, advice);
});

test("sockaddr reads a literal struct and reports the way to an error", () => {
  const word = (text: string) => ({ kind: "word", text }) as const;
  const fields = [{ name: "len", value: word("16") }, { name: "family", value: word("16") }, {
    name: "data",
    value: { kind: "array", elements: [word("0x70"), word("300")] },
  }] as const;
  assert.deepEqual(refusal(() => readLiteral(sockaddr, { kind: "struct", fields })).path, ["data", 1]);
  assert.equal(
    sockaddr.format(readLiteral(sockaddr, { kind: "struct", fields: fields.slice(0, 2) })),
    "{ len=16 family=16 }",
  );
});

test("connectAddress also takes host names", () => {
  assert.deepEqual(parseText(connectAddress, "inet6/LocalHost:3000"), {
    family: "name",
    of: "inet6",
    name: "localhost",
    port: 3000,
  });
  assert.equal(connectAddress.format(parseText(connectAddress, "inet/a-b.example.com:1")), "inet/a-b.example.com:1");
  assert.equal(parseText(connectAddress, "inet/1.2.3.4:5").family, "inet");
  assert.equal(refusal(() => parseText(connectAddress, "inet/-x:1")).offset, 5);
});

test("acceptReply comes back from its text", () => {
  const addr: SocketAddress = { family: "inet", host: "127.0.0.1", port: 50000 };
  const text = "{ nodeid=0x15 addr={ len=16 family=2 data=[ 0xc3 0x50 0x7f 5=0x1 ] } }";
  assert.equal(acceptReply.format({ nodeid: 21, addr }), text);
  assert.deepEqual(parseText(acceptReply, text), { nodeid: 21, addr });
  const scoped: SocketAddress = { family: "inet6", host: "fe80::1", port: 1, zone: "eth0" };
  assert.deepEqual(parseText(acceptReply, acceptReply.format({ nodeid: 1, addr: scoped })).addr, scoped);
});

test("isWildcard(), sameAddress() and hostPort() look at every family", () => {
  const any = parseText(sockaddr, "inet6/[::]:80");
  const one = parseText(sockaddr, "inet/127.0.0.1:80");
  assert.deepEqual([isWildcard(any), isWildcard(one)], [true, false]);
  assert.deepEqual([hostPort(any), hostPort(one)], ["[::]:80", "127.0.0.1:80"]);
  assert.equal(sameAddress(one, parseText(sockaddr, "2/127.0.0.1:80")), true);
  assert.equal(sameAddress(one, any), false);
});
