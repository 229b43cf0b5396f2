/**
 * What every session does, whichever thread its graph is in.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { GraphPort } from "../../src/graph/port/port.ts";
import type { Session, SessionAnswer, SessionEvent, SessionListener } from "../../src/graph/session/session.ts";
import { test, type TestOptions } from "../harness.ts";
import { octets } from "../support/graph.ts";
import type { MakePort } from "./graph_port.ts";

/** Records what a session reports. */
class Listener implements SessionListener {
  readonly events: SessionEvent[] = [];
  full = false;
  over = false;
  #wake: () => void = () => {};

  emit(event: SessionEvent): boolean {
    this.events.push(event);
    this.#wake();
    return !this.full;
  }

  ended(): void {
    this.over = true;
    this.#wake();
  }

  /** Octets of data that have come. */
  get bytes(): number {
    return this.events.reduce((sum, event) => sum + (event.kind === "data" ? event.octets.length : 0), 0);
  }

  async until(done: () => boolean): Promise<void> {
    while (!done()) await new Promise<void>((resolve) => this.#wake = resolve);
  }
}

interface Subject {
  readonly port: GraphPort;
  readonly session: Session;
  readonly listener: Listener;
}

/** Registers the suite for one implementation. */
export function testSessions(name: string, make: MakePort, options: TestOptions = {}): void {
  const check = (criterion: string, body: (subject: Subject) => Promise<void>): void => {
    test(`${name} session ${criterion}`, options, async () => {
      const { port, close } = await make();
      try {
        const listener = new Listener();
        await body({ port, listener, session: await port.openSession("me", listener) });
      } finally {
        await close();
      }
    });
  };

  check("has a node of its own, which goes with it and takes along what hangs on nothing else", async (subject) => {
    const { port, session, listener } = subject;
    await assert.rejects(port.openSession("me", listener), { code: "EADDRINUSE" });
    await assert.rejects(port.openSession("a:b", listener), { code: "EINVAL" });
    await mkpeer(session, "hub", "a");
    const other = await port.openSession(null, new Listener());
    const named = (await other.nodes(null)).map((node) => [node.name, node.type]);
    assert.deepEqual(named, [[null, "socket"], [null, "hub"], ["me", "socket"]]);
    assert.equal((await session.nodes("."))[0]?.id.toString(16), session.id);
    assert.equal((await session.types()).find((type) => type.name === "hub")?.nodes, 1);
    await session.close();
    await session.close();
    assert.equal(listener.over, true);
    assert.deepEqual((await other.nodes(null)).map(({ type }) => type), ["socket"]);
    await assert.rejects(session.nodes(null), { code: "ENXIO" });
    await assert.rejects(session.write("a", octets("x")), { code: "ENXIO" });
  });

  check("sends and gets data, an end and the loss of a hook", async ({ session, listener }) => {
    await mkpeer(session, "echo", "a");
    await session.write("a", octets("whole"), { to: { address: "inet/127.0.0.1:7", id: 3 } });
    await session.write("a", octets("piece"), { whole: false });
    await session.end("a");
    await session.send({ path: "a", command: "shutdown", argument: null, generic: true });
    await listener.until(() => listener.events.length === 4);
    const from = { address: "inet/127.0.0.1:7", id: 3 };
    assert.deepEqual(listener.events, [
      { kind: "data", hook: "a", octets: octets("whole"), whole: true, from },
      { kind: "data", hook: "a", octets: octets("piece"), whole: false, from: null },
      { kind: "eof", hook: "a" },
      { kind: "unhooked", hook: "a" },
    ]);
    await assert.rejects(session.write("a", octets("x")), { code: "EHOSTUNREACH" });
    const bad = session.write("a", octets("x"), { to: { address: "nowhere", id: 0 } });
    await assert.rejects(bad, { code: "EINVAL" });
  });

  check("answers messages, and says what is wrong with them", async ({ session }) => {
    await mkpeer(session, "tee", "a");
    const answer = await ask(session, "a", "getstats");
    assert.ok(answer.kind === "reply");
    assert.deepEqual([answer.reply.command, answer.reply.text], ["getstats", "{}"]);
    await assert.rejects(ask(session, "a", "nonsense"), { code: "ENOSYS" });
    await assert.rejects(ask(session, "b", "getstats"), { code: "ENOENT" });
  });

  check("receives what other nodes and programs send to its node", async ({ port, session, listener }) => {
    const other = await port.openSession("you", new Listener());
    await mkpeer(session, "one2many", "a", "one");
    await other.send({ path: "me:", command: "reload", argument: "{ a=1 }", generic: false });
    const join = '{ path="me:a" ourhook="b" peerhook="many0" }';
    await other.send({ path: ".", command: "connect", argument: join, generic: true });
    await port.send("me:", "hello", null);
    await listener.until(() => listener.events.length === 3);
    const [{ id } = { id: 0 }] = await session.nodes("a");
    assert.deepEqual(listener.events, [
      { kind: "command", from: `[${other.id}]`, hook: null, command: "reload", number: 0, text: "{ a=1 }" },
      { kind: "command", from: `[${id.toString(16)}]`, hook: "a", command: "linkisup", number: 32, text: null },
      { kind: "command", from: "[0]", hook: null, command: "hello", number: 0, text: null },
    ]);
    await assert.rejects(ask(session, ".", "reload"), { code: "ENOSYS" });
    await assert.rejects(ask(session, "a", "reload"), { code: "ENOSYS" });
  });

  check("refuses messages of others while its listener is full", async ({ port, session, listener }) => {
    listener.full = true;
    const text = "x".repeat(100_000);
    let refused: unknown = null;
    for (let sent = 0; refused === null && sent < 50; sent++) {
      await port.send("me:", "hello", text).catch((error: unknown) => refused = error);
    }
    assert.ok(refused instanceof Error && "code" in refused && refused.code === "ENOBUFS");
    listener.full = false;
    session.resume();
    await session.types();
    await port.send("me:", "hello", null);
  });

  check("pushes back when its listener is full, and loses nothing when that goes on", async ({ session, listener }) => {
    await mkpeer(session, "echo", "a");
    const piece = new Uint8Array(64 * 1024);
    listener.full = true;
    // The data in progress is bounded, so that some write waits; it continues when there is room.
    let written = 0;
    let waits = false;
    let writing: Promise<void> = Promise.resolve();
    while (!waits) {
      const room = session.write("a", piece);
      written++;
      writing = room;
      waits = await Promise.race([
        room.then(() => false),
        session.types().then(() => session.types()).then(() => true),
      ]);
      assert.ok(written < 100, "Session takes data without end");
    }
    await assert.rejects(session.write("a", piece), { code: "ENOBUFS" });
    listener.full = false;
    session.resume();
    await writing;
    await listener.until(() => listener.bytes === written * piece.length);
  });

  check("is over when its graph is", async ({ port, listener }) => {
    await port.close();
    await listener.until(() => listener.over);
  });
}

function mkpeer(session: Session, type: string, hook: string, peer = "left"): Promise<SessionAnswer> {
  const argument = `{ type="${type}" ourhook="${hook}" peerhook="${peer}" }`;
  return session.send({ path: ".", command: "mkpeer", argument, generic: true });
}

function ask(session: Session, path: string, command: string): Promise<SessionAnswer> {
  return session.send({ path, command, argument: null, generic: false });
}
