/**
 * What every GraphPort does, whichever thread its graph is in.
 *
 * @module
 */

import assert from "node:assert/strict";
import { NetgraphError } from "../../src/errors.ts";
import type { GraphEvent } from "../../src/graph/data/event.ts";
import type { GraphPort } from "../../src/graph/port/port.ts";
import { test, type TestOptions } from "../harness.ts";

/** A port under test; its graph has echo, hole, hub and tee. */
export interface PortUnderTest {
  readonly port: GraphPort;
  close(): Promise<void>;
}

/** Makes a port. */
export type MakePort = () => PortUnderTest | Promise<PortUnderTest>;

/** Registers the suite for one implementation. */
export function testGraphPort(name: string, make: MakePort, options: TestOptions = {}): void {
  const check = (criterion: string, body: (port: GraphPort) => Promise<void>): void => {
    test(`${name} ${criterion}`, options, async () => {
      const { port, close } = await make();
      try {
        await port.openScope("t");
        await body(port);
      } finally {
        await close();
      }
    });
  };

  check("answers with value and text", async (port) => {
    await port.send("t/:", "mkpeer", '{ type="hole" ourhook="h" }');
    await port.send("t/:", "mkpeer", '{ type="hub" ourhook="b" }');
    await port.send("t/:", "link", '{ node="h" hook="x" peer="b" }');
    const reply = await port.send("t/h:", "getstats", '"x"');
    assert.deepEqual(reply.value, { frames: 0n, octets: 0n });
    assert.equal(reply.text, "{}");
    assert.equal(reply.command, "getstats");
    assert.match(reply.from, /^\[[0-9a-f]+\]$/);
  });

  check("fails with code, message and subject", async (port) => {
    await port.send("t/:", "mkpeer", '{ type="hole" ourhook="h" }');
    await assert.rejects(port.send("t/h:", "getstats", '"gone"'), (error) => {
      assert.ok(error instanceof NetgraphError);
      assert.equal(error.code, "ENOENT");
      assert.deepEqual(error.subject, { node: "t/h", message: 'getstats "gone"' });
      return true;
    });
  });

  check("takes snapshots that are plain data", async (port) => {
    await port.send("t/:", "mkpeer", '{ type="tee" ourhook="a" }', { declared: true });
    await port.send("t/a:", "setconfig", "{ inject=false }", { declared: true });
    const snapshot = await port.snapshot("t");
    assert.deepEqual(structuredClone(snapshot), snapshot);
    assert.deepEqual(snapshot?.nodes[0]?.messages[0]?.argument, "{ inject=false }");
    assert.equal(await port.snapshot("absent"), null);
  });

  check("emits changes in the order in which they happen", async (port) => {
    const events: GraphEvent[] = [];
    const both = Promise.withResolvers<void>();
    const stop = port.subscribe((event) => {
      events.push(event);
      if (event.kind === "changed" && event.scope === "u") both.resolve();
    });
    await port.send("t/:", "mkpeer", '{ type="hub" ourhook="a" }');
    await port.openScope("u");
    await port.send("u/:", "mkpeer", '{ type="hub" ourhook="b" }');
    await both.promise;
    stop();
    const scopes = events.flatMap((event) => event.kind === "changed" ? [event.scope] : []);
    assert.deepEqual([...new Set(scopes)], ["t", "u"]);
  });

  check("opens and closes scopes", async (port) => {
    await port.openScope("u");
    assert.deepEqual(await port.scopes(), ["t", "u"]);
    await assert.rejects(port.openScope("u"), { code: "EEXIST" });
    await port.closeScope("u");
    assert.deepEqual(await port.scopes(), ["t"]);
    await assert.rejects(port.closeScope("u"), { code: "ENOENT" });
  });

  check("answers calls that were made at once in their order", async (port) => {
    const names = ["a", "b", "c", "d"];
    await Promise.all(names.map((name) => port.send("t/:", "mkpeer", `{ type="hub" ourhook="${name}" }`)));
    assert.deepEqual((await port.snapshot("t"))?.nodes.map((node) => node.name), names);
  });
}
