/**
 * Laws of what every command takes and answers, whichever they are: texts are made from what a type says of itself, and
 * octets are made up.
 */
import fc from "fast-check";
import assert from "node:assert/strict";
import { enaddr, ipaddr } from "../../src/ascii/hardware.ts";
import { fileMode } from "../../src/ascii/file_mode.ts";
import { OctetReader, OctetWriter } from "../../src/ascii/octets.ts";
import { parseText } from "../../src/ascii/parse.ts";
import { quoteText } from "../../src/ascii/quote.ts";
import type { TypeDescription } from "../../src/ascii/description.ts";
import { AsciiError } from "../../src/ascii/error.ts";
import type { AsciiType } from "../../src/ascii/type.ts";
import { NetgraphError } from "../../src/errors.ts";
import { anchorType } from "../../src/graph/message/anchor.ts";
import { GENERIC_COMMANDS } from "../../src/graph/message/generic.ts";
import type { CommandTable } from "../../src/graph/core/command.ts";
import { describeBuiltinTypes } from "../../src/nodes/builtin.ts";
import { MEMORY_CAPABILITIES } from "../../src/runtimes/memory/capabilities.ts";
import { cidr } from "../../src/socket/cidr.ts";
import { test } from "../harness.ts";

const seed = (Date.now() ^ (Math.random() * 0x1_0000_0000)) | 0;
// deno-lint-ignore no-console -- a failure is found again by its seed only
console.log(`properties/messages: seed ${seed}`);
const RUNS = { numRuns: 60, seed } as const;

/** Every type that a message has, by where it is met. */
const TYPES: ReadonlyMap<string, AsciiType<unknown>> = new Map<string, AsciiType<unknown>>([
  ...commandTypes("generic", GENERIC_COMMANDS),
  ...commandTypes("anchor", anchorType.commands),
  ...describeBuiltinTypes(MEMORY_CAPABILITIES).flatMap(({ name, commands }) => commandTypes(name, commands)),
  ["cidr", cidr],
  ["enaddr", enaddr],
  ["ipaddr", ipaddr],
  ["fileMode", fileMode],
]);

function commandTypes(node: string, commands: CommandTable): (readonly [string, AsciiType<unknown>])[] {
  return Object.entries(commands).flatMap(([name, { args, reply }]) => [
    ...(args === null ? [] : [[`${node} ${name}`, args] as const]),
    ...(reply === null ? [] : [[`the reply of ${node} ${name}`, reply] as const]),
  ]);
}

/** Texts that look like a type's; a rule of its own may refuse some. */
function textsOf(description: TypeDescription): fc.Arbitrary<string> {
  switch (description.kind) {
    case "integer":
      // A struct is right only when all its integers are: mostly small ones.
      return fc.oneof({ arbitrary: fc.nat({ max: 100 }), weight: 9 }, fc.integer()).map(String);
    case "boolean":
      return fc.constantFrom("0", "1", "true", "false");
    case "enum":
      return fc.constantFrom(...description.words);
    case "string":
      return fc.string({ unit: "binary", maxLength: Math.min(description.maxOctets ?? 9, 9) })
        .map((text) => quoteText(text.replaceAll("\0", "")));
    case "duration":
      return fc.tuple(fc.nat({ max: 1_000 }), fc.constantFrom("", "ms", "s", "m", "h")).map((parts) => parts.join(""));
    case "size":
      return fc.tuple(fc.nat(), fc.constantFrom("", "KiB", "MiB")).map((parts) => parts.join(""));
    case "struct":
      return fc.tuple(...description.fields.map(({ name, type, required }) => {
        return fc.tuple(required ? fc.constant(true) : fc.boolean(), textsOf(type))
          .map(([there, text]) => there ? ` ${name}=${text}` : "");
      })).map((fields) => `{${fields.join("")} }`);
    case "dictionary":
      return fc.tuple(textsOf(description.element), fc.boolean()).map(([text, there]) =>
        there ? `{ a=${text} }` : "{}"
      );
    case "array": {
      const length = description.length ?? 3;
      return fc.array(textsOf(description.element), { maxLength: Math.min(length, 3) })
        .map((texts) => `[ ${texts.join(" ")} ]`);
    }
    case "octets":
      return fc.uint8Array({ maxLength: Math.min(description.length ?? 9, 9) }).map((given) =>
        `[ ${given.join(" ")} ]`
      );
    case "named": {
      const texts = fc.constantFrom(...description.examples);
      return description.quoted === true ? texts.map(quoteText) : texts;
    }
  }
}

/** True for structs in which 0, or a 1 for each link, is the same as nothing. */
function hasStandIns(name: string): boolean {
  return ["pipe setcfg", "one2many setconfig"].includes(name);
}

for (const [name, type] of TYPES) {
  test(`${name}: format() gives one text, from which parse() gives the value again, and so do its octets`, () => {
    let read = 0;
    const law = fc.property(textsOf(type.description), (given) => {
      const value = parsed(type, given);
      if (value === undefined) return;
      read++;
      const text = type.format(value);
      assert.deepEqual(parseText(type, text), value, text);
      assert.equal(type.format(parseText(type, text)), text);
      const octets = packed(type, value);
      if (octets === null) return;
      const reader = new OctetReader(octets);
      // In a struct of FreeBSD's a value can stand for a field that is left out, so that one of the two comes back.
      if (!hasStandIns(name)) assert.deepEqual(type.unpack(reader), value, text);
      else assert.deepEqual(packed(type, type.unpack(reader)), octets, text);
      assert.equal(reader.remaining, 0);
    });
    fc.assert(law, RUNS);
    // Some structs take few combinations of their fields: more texts are tried until one is right.
    for (let more = 1; read === 0 && more <= 50; more++) fc.assert(law, { ...RUNS, seed: seed + more });
    assert.ok(read > 0, "No text was right");
  });

  test(`${name}: octets and texts of any kind are refused by nothing but an error of ours`, () => {
    const texts = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.tuple(textsOf(type.description), fc.nat(), fc.string()).map(
        ([text, at, more]) => text.slice(0, at % (text.length + 1)) + more,
      ),
    );
    fc.assert(
      fc.property(texts, fc.uint8Array({ maxLength: 80 }), (text, octets) => {
        parsed(type, text);
        const value = refusable(() => type.unpack(new OctetReader(octets)));
        if (value === undefined) return;
        refusable(() => parseText(type, type.format(value)));
      }),
      RUNS,
    );
  });
}

/** A text's value; undefined for one that is refused, at an offset inside it. */
function parsed(type: AsciiType<unknown>, text: string): unknown {
  try {
    return parseText(type, text);
  } catch (error) {
    if (!(error instanceof AsciiError)) throw error;
    assert.ok(error.offset >= 0 && error.length >= 0 && error.offset + error.length <= text.length, error.message);
    return undefined;
  }
}

/** A value's octets; null where it has none: a host name, an option that FreeBSD lacks. */
function packed(type: AsciiType<unknown>, value: unknown): Uint8Array | null {
  const writer = new OctetWriter();
  return refusable(() => type.pack(value, writer)) === undefined ? null : writer.finish();
}

/** What work gives, or an object where it gives nothing; undefined where it is refused. */
function refusable(work: () => unknown): unknown {
  try {
    return work() ?? {};
  } catch (error) {
    if (error instanceof NetgraphError) return undefined;
    throw error;
  }
}
