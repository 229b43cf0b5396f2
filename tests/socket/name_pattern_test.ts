import assert from "node:assert/strict";
import { AsciiError } from "../../src/ascii/error.ts";
import { parseText, readLiteral } from "../../src/ascii/parse.ts";
import { coversName, hostPattern, namePattern } from "../../src/socket/name_pattern.ts";
import { test } from "../harness.ts";

test("coversName() compares names, and what is below a wildcard's", () => {
  const cases: readonly (readonly [string, string, boolean])[] = [
    ["a.test", "a.test", true],
    ["a.test", "b.a.test", false],
    ["*.a.test", "b.a.test", true],
    ["*.a.test", "c.b.a.test", true],
    ["*.a.test", "a.test", false],
    ["*.a.test", ".a.test", false],
    ["*.a.test", "ba.test", false],
    ["*", "a", true],
  ];
  for (const [pattern, name, covers] of cases) assert.equal(coversName(pattern, name), covers, `${pattern} ${name}`);
});

test("namePattern is a host name in lower case, with one wildcard at its front", () => {
  const word = (text: string): string => readLiteral(namePattern, { kind: "word", text });
  assert.deepEqual(["WWW.Example.", "*.Example.NET", "*", "bücher.example"].map(word), [
    "www.example",
    "*.example.net",
    "*",
    "xn--bcher-kva.example",
  ]);
  assert.equal(namePattern.format(parseText(namePattern, '"*.example.net"')), "*.example.net");
  for (const text of ["", "www.*", "a.*.b", "https://a.test", "a.test:443", "10.0.0.1", "::1", "a b"]) {
    assert.throws(() => word(text), (error) => error instanceof AsciiError && error.hint !== null, text);
  }
});

test("hostPattern may be an address", () => {
  for (const text of ["192.0.2.1", "2001:db8::1", "*.a.test"]) assert.equal(parseText(hostPattern, text), text);
  assert.throws(() => parseText(hostPattern, "a.test:80"), (error) => {
    return error instanceof AsciiError && error.hint === "write the name alone: a.test";
  });
});
