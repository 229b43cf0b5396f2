/**
 * The reference vectors that the ASCII language and sockets as data cover. A vector holds as it is, but one with
 * `quirk` is refused with an offset, and one with `overruled` gives what its reason says.
 */
import assert from "node:assert/strict";
import { array, octets } from "../src/ascii/array.ts";
import { enaddr, ipaddr } from "../src/ascii/hardware.ts";
import { OctetReader, OctetWriter } from "../src/ascii/octets.ts";
import { parseText } from "../src/ascii/parse.ts";
import * as scalar from "../src/ascii/scalar.ts";
import { struct } from "../src/ascii/struct.ts";
import { fixedString, string } from "../src/ascii/text.ts";
import type { AsciiType } from "../src/ascii/type.ts";
import { parseHookName, parseNodeId, parseNodeName } from "../src/graph/data/name.ts";
import { formatPath, parsePath } from "../src/graph/message/path.ts";
import { bridgeConfig } from "../src/nodes/bridge_commands.ts";
import { familyNumber, parseEndpoint, typeNumber } from "../src/socket/endpoint.ts";
import { acceptReply, sockaddr } from "../src/socket/address_text.ts";
import {
  kernelSockopt,
  optionNumbers,
  optionOctets,
  sockopt,
  sockoptName,
  withOptionOctets,
} from "../src/socket/option.ts";
import { refusal } from "./ascii/refusal.ts";
import { test } from "./harness.ts";
import { ANSWERS, type Vector, VECTORS, VectorTests } from "./support/vectors.ts";

const { int8, uint8, int16, uint16, int32, uint32, int64, uint64, hint8, hint32 } = scalar;
const name = fixedString(32);

/** The types that the vectors name. */
const TYPES: Readonly<Record<string, AsciiType<unknown>>> = {
  int8,
  uint8,
  int16,
  uint16,
  int32,
  uint32,
  int64,
  uint64,
  hint8,
  string,
  ipaddr,
  enaddr,
  fixedstring32: name,
  bytearray4: octets({ length: 4 }),
  "int32[3]": array(int32, { length: 3 }),
  ngm_mkpeer: struct({ type: name, ourhook: name, peerhook: name }),
  ng_one2many_config: struct({ xmitAlg: uint32, failAlg: uint32, enabledLinks: array(uint32, { length: 64 }) }),
  ng_bridge_config: bridgeConfig,
  "struct{name:fixedstring8,n:int32}": struct({ name: fixedString(8), n: int32 }),
  nodeinfo: struct({ name, type: name, id: hint32, hooks: uint32 }),
};

const tests = new VectorTests("tests/vectors_test.ts");

vectorTest(["ng_parse", "ng_parse_struct"], (vector) => {
  const type = typeOf(vector);
  const text = vector.in ?? "";
  switch (vector.overruled) {
    case "out of range is an error, nothing wraps":
    case "unsigned types take no negative number":
    case "commas do not separate; refused with that advice":
      return assertRefused(type, text, "EINVAL");
    case "trailing text is refused":
      // The kernel counts an escape too short and then takes the string's own end for trailing text: not so here.
      if (text.startsWith('"') && text.endsWith('"')) return assertPacks(type, text, vector.hex);
      return assertRefused(type, text, "EINVAL");
    case "64-bit values are exact":
      return assert.equal(parseText(type, text), BigInt(text));
    case "the kernel's escape bug is not ours":
      return assert.deepEqual(parseText(type, text), { name: text.includes("x41") ? "aA" : "a\\b", n: 1 });
    default:
      assert.equal(vector.overruled, undefined);
      if (vector.error !== undefined) return assertRefused(type, text, vector.error);
      return assertPacks(type, text, vector.hex);
  }
});

vectorTest(["ng_unparse"], (vector) => {
  const type = typeOf(vector);
  assert.equal(type.format(type.unpack(new OctetReader(fromHex(vector.hex)))), vector.out);
});

vectorTest(["hookname"], (vector) => {
  const text = vector.in ?? "";
  if (vector.error !== undefined || vector.quirk === true) {
    const got = refusal(() => parseEndpoint(text));
    assert.equal(got.code, "EINVAL");
    return assert.ok(got.offset + got.length <= text.length);
  }
  const { family, type, protocol } = parseEndpoint(text);
  assert.equal(familyNumber(family, "freebsd"), vector.family);
  assert.equal(typeNumber(type), vector.type);
  assert.equal(protocol, vector.proto);
});

vectorTest(["hookname_old"], (vector) => {
  // Tables of releases long gone: what they named is refused or has today's meaning.
  const text = vector.in ?? "";
  if (text === "inet/raw/raw") return assert.equal(parseEndpoint(text).protocol, 255);
  assert.equal(refusal(() => parseEndpoint(text)).code, "EINVAL");
});

vectorTest(["clone_hookname"], (vector) => {
  // EISCONN is the node's answer, not the name's.
  assert.equal(parseHookName(vector.in ?? ""), vector.in);
});

vectorTest(["sockaddr_parse", "sockaddr_parse_v5"], (vector) => {
  const text = vector.in ?? "";
  switch (vector.overruled) {
    case "the inet6 text form exists":
      return assert.deepEqual(parseText(sockaddr, text), { family: "inet6", host: "::1", port: 80, zone: null });
    default:
      assert.equal(vector.overruled, undefined);
  }
  // Linux's sun_path is 4 octets longer than FreeBSD's: what has no room for its NUL there has it here.
  const fitsHere = vector["len"] === 106;
  if (vector.quirk === true && !fitsHere) return assertRefused(sockaddr, text, null);
  if (vector.error !== undefined) return assertRefused(sockaddr, text, vector.error);
  if (vector.hex !== undefined) assertPacks(sockaddr, text, vector.hex);
  const address = parseText(sockaddr, text);
  const octets = packed(sockaddr, address);
  assert.deepEqual([octets[0], octets[1]], [vector["len"], vector.family]);
  if (vector["addr"] !== undefined) assert.equal("host" in address && address.host, vector["addr"]);
  if (vector["port"] !== undefined) assert.equal("port" in address && address.port, vector["port"]);
  if (vector["path"] !== undefined) assert.equal("path" in address && address.path, vector["path"]);
});

vectorTest(["sockaddr_unparse"], (vector) => {
  assert.equal(sockaddr.format(sockaddr.unpack(new OctetReader(fromHex(vector.hex)))), vector.out);
});

vectorTest(["accept_unparse"], (vector) => {
  const reply = acceptReply.unpack(new OctetReader(fromHex(vector.hex)));
  assert.equal(reply.nodeid, vector["nodeid"]);
  assert.equal(acceptReply.format(reply), vector.out);
});

vectorTest(["sockopt_parse"], (vector) => {
  const text = vector.in ?? "";
  switch (vector.overruled) {
    case "a leading 0 is refused":
      return assertRefused(sockopt, text, "EINVAL");
    case undefined:
      return assertRefused(sockopt, text, vector.error ?? null);
    case "the value is as long as the option's type says, or, for an unknown option, as the elements given":
      // Beyond the kernel's length, and beyond the option's own.
      if (vector.error !== undefined) return assertRefused(sockopt, text, vector.error);
      break;
    default:
      assert.equal(vector.overruled, "the field is value or data");
  }
  const option = parseText(sockopt, text);
  const octets = optionOctets(option);
  if (vector.error !== undefined) return assert.equal(sockopt.format(option), "{ SO_SETFIB=2 }");
  assert.deepEqual([option.level, option.name], [vector["level"], vector["name"]]);
  assert.equal(octets.length, option.option === "SO_LINGER" || option.option === "IP_ADD_MEMBERSHIP" ? 8 : 4);
  assert.equal(toHex(octets).replace(/(00)+$/, ""), vector["value_hex_trimmed"]);
  assert.deepEqual(optionNumbers(option, "linux"), vector["linux"] ?? null);
});

vectorTest(["sockopt_unparse"], (vector) => {
  const option = kernelSockopt.unpack(new OctetReader(fromHex(vector.hex)));
  assert.equal(kernelSockopt.format(option), vector.out);
});

vectorTest(["getopt_ascii"], (vector) => {
  assert.equal(vector.overruled, "getopt works by text, and its reply repeats level and name");
  if (vector.in?.includes("level") === true) {
    return assert.equal(sockoptName.format(parseText(sockoptName, vector.in)), "SO_RCVBUF");
  }
  assertRefused(sockoptName, vector.in ?? "", "EOPNOTSUPP");
});

vectorTest(["getopt_reply_unparse"], (vector) => {
  assert.equal(vector.overruled, "getopt works by text, and its reply repeats level and name");
  const name = /SO_[A-Z]+/.exec(String(vector["note"]))?.[0] ?? "";
  const octets = fromHex(vector.hex).subarray(8);
  const answer = withOptionOctets(parseText(sockoptName, name), octets);
  const value = { SO_REUSEADDR: 1, SO_RCVBUF: 48 * 1024, SO_ERROR: 0 }[name];
  assert.equal(sockopt.format(answer), `{ ${name}=${value} }`);
});

vectorTest(["path_parse"], (vector) => {
  const text = vector.in ?? "";
  if (vector.error !== undefined) return assert.equal(refusal(() => parsePath(text)).code, vector.error);
  const { scope, node, hooks } = parsePath(text);
  assert.equal(scope, null);
  // Our formatter ends a node with its colon; netgraph's parser gives the node without it.
  assert.equal(node === null ? null : formatPath({ scope, node, hooks: [] }).slice(0, -1), vector.node);
  assert.equal(hooks.length === 0 ? null : hooks.join("."), vector.path);
  assert.equal(hooks.length === 1 ? hooks[0] : null, vector.hook);
});

vectorTest(["id_decode"], (vector) => {
  const text = vector.in ?? "";
  if (vector.overruled !== undefined) return assert.equal(refusal(() => parseNodeId(text)).code, "EINVAL");
  assert.equal(parseNodeId(text), vector.id);
});

vectorTest(["node_name"], (vector) => {
  const text = vector.in ?? "";
  if (vector.error !== undefined) return assert.equal(refusal(() => parseNodeName(text)).code, vector.error);
  assert.equal(parseNodeName(text), vector.stored);
});

tests.done();

test("every vector has a test that answers for it", () => {
  assert.deepEqual(Object.keys(ANSWERS).sort(), [...new Set(VECTORS.map(({ kind }) => kind))].sort());
  assert.equal(VECTORS.length, 494);
});

function vectorTest(kinds: readonly string[], check: (vector: Vector) => void): void {
  for (const kind of kinds) tests.each(kind, check);
}

function typeOf(vector: Vector): AsciiType<unknown> {
  const type = TYPES[String(vector.type)];
  assert.ok(type !== undefined, `No type ${vector.type}`);
  return type;
}

function assertRefused(type: AsciiType<unknown>, text: string, code: string | null): void {
  const got = refusal(() => parseText(type, text));
  if (code !== null) assert.equal(got.code, code);
  assert.ok(got.offset >= 0 && got.offset + got.length <= text.length, `Offset ${got.offset} is in the text`);
}

function assertPacks(type: AsciiType<unknown>, text: string, hex: string | undefined): void {
  assert.equal(toHex(packed(type, parseText(type, text))), hex);
}

function packed(type: AsciiType<unknown>, value: unknown): Uint8Array {
  const writer = new OctetWriter();
  type.pack(value, writer);
  return writer.finish();
}

function toHex(octets: Uint8Array): string {
  return [...octets].map((octet) => octet.toString(16).padStart(2, "0")).join("");
}

function fromHex(hex = ""): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}
