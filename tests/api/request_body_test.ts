import assert from "node:assert/strict";
import { MalformedError } from "../../src/api/fields.ts";
import { MAX_BODY_BYTES, RequestBodies, TooLargeError } from "../../src/api/request_body.ts";
import { test } from "../harness.ts";

const MIB = 1024 * 1024;

function post(body: ReadableStream<Uint8Array> | string): Request {
  return new Request("http://control/v1/msg", {
    method: "POST",
    body: typeof body === "string" ? new TextEncoder().encode(body) : body,
    ...{ duplex: "half" },
  });
}

/** A body that the test sends piece by piece. */
function sent(): { readonly request: Request; readonly send: (text: string) => void; readonly end: () => void } {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>(
    undefined,
    new ByteLengthQueuingStrategy({ highWaterMark: 64 * MIB }),
    new ByteLengthQueuingStrategy({ highWaterMark: 64 * MIB }),
  );
  const writer = writable.getWriter();
  return {
    request: post(readable),
    send: (text) => void writer.write(new TextEncoder().encode(text)),
    end: () => void writer.close(),
  };
}

test("RequestBodies.read() puts pieces of single bytes together", async () => {
  const text = JSON.stringify({ text: "ä".repeat(2_000) });
  const { request, send, end } = sent();
  const read = new RequestBodies(null).read(request);
  send(text);
  end();
  assert.deepEqual(await read, { text: "ä".repeat(2_000) });
});

const REFUSED: Readonly<Record<string, readonly [string, RegExp]>> = {
  "no JSON": ["{", /not JSON/],
  "a text beyond any use": [`["${"x".repeat(2 * MIB)}"]`, /a text of more than 1 MiB/],
  "deep nesting": ["[".repeat(MIB), /nested more than 100 levels/],
  "many values": [`[${"{},".repeat(4 * MIB)}{}]`, /more than 1,000,000 values/],
};

for (const [name, [text, said]] of Object.entries(REFUSED)) {
  test(`RequestBodies.read() refuses ${name}`, async () => {
    await assert.rejects(
      new RequestBodies(null).read(post(text)),
      (error) => error instanceof MalformedError && said.test(error.message),
    );
  });
}

test("RequestBodies.read() counts nothing within texts", async () => {
  const text = `\\"${"[".repeat(500)}`;
  assert.deepEqual(await new RequestBodies(null).read(post(JSON.stringify([text]))), [text]);
});

test("RequestBodies.read() refuses a body that is larger than any may be", async () => {
  await assert.rejects(new RequestBodies(null).read(post(" ".repeat(MAX_BODY_BYTES + 1))), TooLargeError);
});

test("RequestBodies.read() refuses a body without end in pieces of single bytes", async () => {
  const piece = new TextEncoder().encode(" ");
  const body = new ReadableStream<Uint8Array>({ pull: (controller) => controller.enqueue(piece) });
  await assert.rejects(new RequestBodies(null).read(post(body)), MalformedError);
});

test("RequestBodies.read() refuses a body that breaks off", async () => {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(new TextEncoder().encode('{"a":'));
    },
    pull(controller) {
      controller.error(new TypeError("gone"));
    },
  });
  await assert.rejects(new RequestBodies(null).read(post(body)), MalformedError);
});

test("RequestBodies.read() reads two large bodies at a time, and small ones beside them", async () => {
  const bodies = new RequestBodies(null);
  const large = Array.from({ length: 4 }, sent);
  const order: number[] = [];
  const reads = large.map(({ request, send }, index) => {
    send(`[${'"x",'.repeat(MIB / 2)}`);
    return bodies.read(request).then(() => order.push(index));
  });
  assert.equal(await bodies.read(post("1")), 1);
  for (const { send, end } of large.toReversed()) {
    send("1]");
    end();
  }
  await Promise.all(reads);
  assert.equal(order.length, 4);
  assert.deepEqual(order.slice(0, 2).sort(), [0, 1]);
});
