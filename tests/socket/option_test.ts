import assert from "node:assert/strict";
import { parseText, readLiteral } from "../../src/ascii/parse.ts";
import { parseEndpoint } from "../../src/socket/endpoint.ts";
import {
  optionKey,
  optionMatches,
  optionNumbers,
  optionOctets,
  sockopt,
  sockoptName,
} from "../../src/socket/option.ts";
import { OPTIONS } from "../../src/socket/option_table.ts";
import { refusal } from "../ascii/refusal.ts";
import { test } from "../harness.ts";

test("sockopt prints known options by name", () => {
  const rows: readonly (readonly [string, string])[] = [
    ["{ SO_REUSEADDR=true }", "{ SO_REUSEADDR=1 }"],
    ["{ level=0xffff name=4 value=[ 1 ] }", "{ SO_REUSEADDR=1 }"],
    ["{ level=65535 name=4 data=[ 4 ] }", "{ SO_REUSEADDR=1 }"],
    ["{ os=linux level=1 name=2 value=[ 1 ] }", "{ SO_REUSEADDR=1 }"],
    ["{ os=linux level=6 name=23 value=[ 5 ] }", "{ TCP_FASTOPEN=5 }"],
    ["{ level=0xffff name=0x80 value=[ 1 4=10 ] }", "{ SO_LINGER={ onoff=1 linger=10 } }"],
    ["{ SO_RCVTIMEO=1500ms }", "{ SO_RCVTIMEO=1500ms }"],
    ["{ IP_ADD_MEMBERSHIP={ group=239.1.2.3 } }", "{ IP_ADD_MEMBERSHIP={ group=239.1.2.3 } }"],
    ["{ IP_MULTICAST_IF=127.0.0.1 }", "{ IP_MULTICAST_IF=127.0.0.1 }"],
    ["{ IPV6_JOIN_GROUP={ group=ff02::1 interface=2 } }", "{ IPV6_JOIN_GROUP={ group=ff02::1 interface=2 } }"],
    ["{ level=6 name=9999 value=[ 1 3=0 ] }", "{ level=6 name=9999 value=[ 0x1 3=0x0 ] }"],
    ["{ os=linux level=6 name=9999 value=[ 5 ] }", "{ os=linux level=6 name=9999 value=[ 0x5 ] }"],
  ];
  for (const [text, canonical] of rows) {
    assert.equal(sockopt.format(parseText(sockopt, text)), canonical);
    assert.deepEqual(parseText(sockopt, canonical), parseText(sockopt, text));
  }
});

test("sockopt refuses where the problem is", () => {
  const rows: readonly (readonly [string, string, number, number])[] = [
    ["{ SO_REUSEADR=1 }", "ENOENT", 2, 11],
    ["{ SO_REUSEADDR=2 }", "EINVAL", 15, 1],
    ["{ SO_REUSEADDR=constructor }", "EINVAL", 15, 11],
    ["{ SO_REUSEADDR=1 SO_KEEPALIVE=1 }", "EINVAL", 17, 12],
    ["{ level=6 SO_KEEPALIVE=1 }", "EINVAL", 10, 12],
    ["{ SO_ERROR=0 }", "EINVAL", 2, 8],
    ["{ level=6 name=1 }", "EOPNOTSUPP", 17, 0],
    ["{ level=6 name=1 value=[ 1 2 3 4 5 ] }", "E2BIG", 23, 13],
    ["{ level=6 name=1 value=[ 1 ] data=[ 1 ] }", "EALREADY", 29, 4],
    ["{ os=solaris level=6 name=1 value=[ 1 ] }", "EINVAL", 5, 7],
    ["{ IP_TTL=256 }", "EINVAL", 9, 3],
    ["{ IP_ADD_MEMBERSHIP={ group=239.1.2.300 } }", "EINVAL", 36, 3],
    ["{ constructor=1 }", "ENOENT", 2, 11],
    ["{}", "EOPNOTSUPP", 1, 0],
  ];
  for (const [text, code, offset, length] of rows) {
    const got = refusal(() => parseText(sockopt, text));
    assert.deepEqual([got.code, got.offset, got.length], [code, offset, length], text);
  }
  assert.equal(refusal(() => parseText(sockopt, "{ SO_REUSEADR=1 }")).hint, 'did you mean "SO_REUSEADDR"?');
});

test("sockopt reads literals", () => {
  const word = (text: string) => ({ kind: "word", text }) as const;
  const linger = {
    kind: "struct",
    fields: [{ name: "onoff", value: word("1") }, { name: "linger", value: word("10") }],
  };
  const literal = { kind: "struct", fields: [{ name: "SO_LINGER", value: { ...linger, kind: "struct" } }] } as const;
  assert.deepEqual(readLiteral(sockopt, literal).value, { onoff: 1, linger: 10 });
  assert.equal(readLiteral(sockopt, word("{ SO_KEEPALIVE=1 }")).option, "SO_KEEPALIVE");
  const wrong = { kind: "struct", fields: [{ name: "SO_SNDBUF", value: word("big") }] } as const;
  assert.deepEqual(refusal(() => readLiteral(sockopt, wrong)).path, ["SO_SNDBUF"]);
});

test("sockoptName asks by name or by numbers", () => {
  assert.deepEqual(parseText(sockoptName, "SO_RCVBUF"), {
    option: "SO_RCVBUF",
    os: "freebsd",
    level: 0xffff,
    name: 0x1002,
    value: null,
  });
  assert.equal(sockoptName.format(parseText(sockoptName, "{ os=linux level=1 name=8 }")), "SO_RCVBUF");
  assert.equal(sockoptName.format(parseText(sockoptName, "{ level=1 name=2 }")), "{ level=1 name=2 }");
  assert.equal(refusal(() => parseText(sockoptName, "SO_RCVBUFF")).hint, 'did you mean "SO_RCVBUF"?');
  assert.equal(refusal(() => parseText(sockoptName, "{ SO_RCVBUF=1 }")).hint, "write SO_RCVBUF");
});

test("optionKey() distinguishes memberships of different groups", () => {
  const keys = ["{ IP_ADD_MEMBERSHIP={ group=239.1.2.3 } }", "{ SO_REUSEADDR=1 }", "{ level=6 name=9999 value=[ 1 ] }"]
    .map((text) => optionKey(parseText(sockopt, text)));
  assert.deepEqual(keys, ["IP_ADD_MEMBERSHIP 239.1.2.3", "SO_REUSEADDR", "level=6 name=9999"]);
});

test("optionMatches() lets the system give more room, and a connection smaller segments", () => {
  const matches = (desired: string, found: string) =>
    optionMatches(parseText(sockopt, desired), parseText(sockopt, found));
  assert.equal(matches("{ SO_RCVBUF=4096 }", "{ SO_RCVBUF=8192 }"), true);
  assert.equal(matches("{ SO_RCVBUF=4096 }", "{ SO_RCVBUF=2048 }"), false);
  assert.equal(matches("{ TCP_MAXSEG=500 }", "{ TCP_MAXSEG=488 }"), true); // Less twelve for time stamps.
  assert.equal(matches("{ TCP_MAXSEG=500 }", "{ TCP_MAXSEG=536 }"), false);
  assert.equal(matches("{ SO_RCVTIMEO=1ms }", "{ SO_RCVTIMEO=4ms }"), true); // Linux counts in ticks.
  assert.equal(matches("{ SO_RCVTIMEO=5ms }", "{ SO_RCVTIMEO=4ms }"), false);
  assert.equal(matches("{ TCP_KEEPIDLE=5 }", "{ TCP_KEEPIDLE=6 }"), false);
});

test("optionNumbers() and optionOctets() speak to the host", () => {
  const reuse = parseText(sockopt, "{ SO_REUSEADDR=1 }");
  assert.deepEqual(optionNumbers(reuse, "linux"), { level: 1, name: 2 });
  assert.deepEqual([...optionOctets(reuse)], [1, 0, 0, 0]);
  assert.equal(optionNumbers(parseText(sockopt, "{ SO_SETFIB=2 }"), "linux"), null);
  assert.equal(optionNumbers(parseText(sockopt, "{ level=6 name=9999 value=[ 1 ] }"), "linux"), null);
  assert.equal(optionNumbers(parseText(sockopt, "{ TCP_CORK=1 }"), "freebsd"), null);
});

test("OPTIONS packs every value into as many octets as it says, and has no number twice", () => {
  const texts: Readonly<Record<string, string>> = {
    IP_MULTICAST_IF: "1.2.3.4",
    IP_ADD_MEMBERSHIP: "{ group=239.0.0.1 }",
    IP_DROP_MEMBERSHIP: "{ group=239.0.0.1 }",
    IPV6_JOIN_GROUP: "{ group=ff02::1 }",
    IPV6_LEAVE_GROUP: "{ group=ff02::1 }",
    SO_LINGER: "{ onoff=1 }",
  };
  for (const [name, fact] of Object.entries(OPTIONS)) {
    if (fact.readOnly) continue;
    const option = parseText(sockopt, `{ ${name}=${texts[name] ?? "1"} }`);
    assert.equal(optionOctets(option).length, fact.octets, name);
  }
  for (const os of ["freebsd", "linux"] as const) {
    const numbers = Object.values(OPTIONS).flatMap((fact) => fact[os] === null ? [] : [JSON.stringify(fact[os])]);
    assert.equal(new Set(numbers).size, numbers.length, os);
  }
  const nodelay = OPTIONS["TCP_NODELAY"];
  assert.equal(nodelay?.appliesTo(parseEndpoint("inet/stream/tcp")), true);
  assert.equal(nodelay?.appliesTo(parseEndpoint("inet/dgram/udp")), false);
});
