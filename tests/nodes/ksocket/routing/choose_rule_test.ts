import assert from "node:assert/strict";
import { AsciiError } from "../../../../src/ascii/error.ts";
import { parseText } from "../../../../src/ascii/parse.ts";
import { chooseRule } from "../../../../src/nodes/ksocket/routing/choose_rule.ts";
import { FirstBytes, type Handshake } from "../../../../src/nodes/ksocket/routing/first_bytes.ts";
import { describeRule, routeRules } from "../../../../src/nodes/ksocket/routing/route_rule.ts";
import { test } from "../../../harness.ts";
import { alpn, GREASE, hello, padding, records, serverName } from "../../../support/client_hello.ts";

const FUZZ_RUNS = 2_000;
const TO = "connect=inet/192.0.2.1:1";
const RULES = parseText(
  routeRules,
  `[ { sni=[ www.example *.example.net ] ${TO} } { alpn=h2 ${TO} } { starts="SSH-" silent=true ${TO} } ` +
    `{ httpHost=old.example ${TO} } { tls=true ${TO} } { ${TO} } ]`,
);
const text = (value: string): Uint8Array => new TextEncoder().encode(value);

interface Given {
  readonly rules?: typeof RULES;
  readonly handshake?: Handshake | null;
  readonly isFinal?: boolean;
}

/** The text of the chosen rule, or why there is none. */
function choose(bytes: Uint8Array, { rules = RULES, handshake = null, isFinal = false }: Given = {}): string {
  const first = new FirstBytes(handshake);
  first.update(bytes);
  if (isFinal) first.finish();
  const choice = chooseRule(rules, first);
  return choice.kind === "rule" ? describeRule(choice.rule) : choice.kind;
}

const DEFAULT = "default", NAMES = "sni=[ www.example *.example.net ]", SSH = 'starts="SSH-", silent';

test("chooseRule() selects the first rule whose conditions match", () => {
  const cases: readonly (readonly [Uint8Array, string])[] = [
    [records(hello(GREASE, serverName("WWW.Example"), alpn("h2"))), NAMES],
    [records(hello(serverName("a.b.example.net"), padding(16_000)), 700), NAMES],
    [records(hello(serverName("example.net"), alpn("x", "h2"))), "alpn=h2"],
    [records(hello(GREASE)), "tls=true"],
    [records(hello(serverName("other.test"))), "tls=true"],
    [text("SSH-2.0-x\r\n"), SSH],
    [text("GET / HTTP/1.1\r\nHost: old.example:80\r\n"), "httpHost=old.example"],
    [text("GET / HTTP/1.1\r\nHost: new.example\r\n"), DEFAULT],
    [text("GET / HTTP/1.1\r\nAccept: x\r\n"), "undecided"],
    [text("SS"), "undecided"],
    [text("SQ"), "undecided"],
    [text("S\0"), DEFAULT],
    [records(hello()).subarray(0, 40), "undecided"],
    [new Uint8Array(0), "undecided"],
  ];
  for (const [bytes, rule] of cases) assert.equal(choose(bytes), rule, `${rule} ${bytes.length}`);
});

test("chooseRule() decides with the bytes that there are, once no more come", () => {
  const cases: readonly (readonly [Uint8Array, string])[] = [
    [new Uint8Array(0), SSH],
    [text("SS"), DEFAULT],
    [text("GET / HTTP/1.1\r\nAccept: x\r\n"), DEFAULT],
    [records(hello()).subarray(0, 40), "tls=true"],
    [records(hello()).subarray(0, 5), DEFAULT],
  ];
  for (const [bytes, rule] of cases) assert.equal(choose(bytes, { isFinal: true }), rule, `${rule} ${bytes.length}`);
});

test("chooseRule() knows sni and alpn from the handshake of a listener with TLS, and reads decrypted bytes", () => {
  const of = (serverName: string | null, alpn: string | null, bytes = "") => {
    return choose(text(bytes), { handshake: { serverName, alpn } });
  };
  assert.equal(of("www.example", null), NAMES);
  assert.equal(of("x.test", "h2"), "alpn=h2");
  assert.equal(of("x.test", "http/1.1"), "undecided");
  assert.equal(of(null, null, "GET / HTTP/1.1\r\nHost: old.example\r\n"), "httpHost=old.example");
});

test("chooseRule() finds no rule where there is no default, and a silent rule takes silent clients only", () => {
  const rules = parseText(routeRules, `[ { tls=false starts="A" ${TO} } { silent=true peer="bus" } ]`);
  const chosen = ["A", "B", ""].map((bytes) => choose(text(bytes), { rules, isFinal: true }));
  assert.deepEqual(chosen, ['starts="A" tls=false', "none", "silent"]);
  assert.equal(choose(text("B"), { rules }), "none");
});

test("chooseRule() is certain with any division of the bytes, and reports the same", () => {
  for (
    const bytes of [
      records(hello(GREASE, serverName("www.example")), 1),
      text("GET / HTTP/1.1\r\nHost: old.example\r\n"),
      text("SSH-"),
    ]
  ) {
    const first = new FirstBytes(null);
    let decidedAt = 0;
    for (let length = 1; length <= bytes.length && decidedAt === 0; length++) {
      first.update(bytes.subarray(0, length));
      const choice = chooseRule(RULES, first);
      if (choice.kind === "undecided") continue;
      decidedAt = length;
      assert.equal(choice.kind === "rule" ? describeRule(choice.rule) : "", choose(bytes));
    }
    assert.ok(decidedAt > 0);
  }
});

test("routeRules refuses rules that are never reached or have no one destination", () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ["[]", /at least one rule/],
    [`[ { ${TO} } { tls=true ${TO} } ]`, /never reached: rule 1 has no conditions/],
    [`[ { tls=true ${TO} } { tls=true silent=true ${TO} } ]`, /same conditions/],
    ["[ { tls=true } ]", /exactly one of/],
    [`[ { ${TO} peer="bus" } ]`, /exactly one of/],
    ["[ { connect=[] } ]", /at least one target/],
    [`[ { ${TO} balance=random } ]`, /"balance" requires a list/],
    [`[ { starts="" ${TO} } ]`, /"starts" is empty/],
    [`[ { sni=[] ${TO} } ]`, /List is empty/],
    [`[ { tls=false sni=a.test ${TO} } ]`, /without TLS/],
    [`[ { host=a.test ${TO} } ]`, /Unknown field "host"/],
  ];
  for (const [rules, message] of cases) {
    assert.throws(() => parseText(routeRules, rules), (error) => {
      return error instanceof AsciiError && message.test(error.message);
    }, rules);
  }
});

test("chooseRule() answers whatever comes, however it is divided", () => {
  let state = 4711;
  const random = (limit: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor(state / 2 ** 32 * limit);
  };
  const seeds = [
    records(hello(GREASE, serverName("www.example"), alpn("h2"))),
    text("GET / HTTP/1.1\r\nHost: old.example\r\n\r\n"),
    text("SSH-2.0-x\r\n"),
  ];
  for (let run = 0; run < FUZZ_RUNS; run++) {
    const bytes = [...seeds[random(seeds.length)] ?? []];
    for (let change = random(4); change > 0; change--) {
      const at = random(bytes.length);
      const [byte, kind] = [random(256), random(3)];
      if (kind === 0) bytes[at] = byte;
      else bytes.splice(at, kind === 1 ? 1 + random(8) : 0, ...(kind === 2 ? [byte] : []));
    }
    const whole = new Uint8Array(bytes);
    const first = new FirstBytes(null);
    let early = chooseRule(RULES, first);
    for (let length = 0; length < whole.length; length = Math.min(whole.length, length + 1 + random(40))) {
      first.update(whole.subarray(0, length));
      early = chooseRule(RULES, first);
      if (early.kind !== "undecided") break;
    }
    first.update(whole);
    first.finish();
    const choice = chooseRule(RULES, first);
    assert.equal(choice.kind, "rule");
    // What is certain stays so, with more bytes and at the end.
    if (early.kind !== "undecided") assert.deepEqual(choice, early);
  }
});
