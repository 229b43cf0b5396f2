/**
 * A client that resets its connection before it is accepted, as port scanners and impatient load balancers do.
 *
 * @module
 */

import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { isDeepStrictEqual } from "node:util";
import type { SocketAddress } from "../../src/socket/address.ts";
import { test } from "../harness.ts";
import { octetsOf } from "./recorder.ts";
import { connected, type PlainKind, type Subject, withWorld } from "./world.ts";

/** Over the system's own network: the client is not of the runtime, since not all of them can reset. */
export function testEarlyReset(subject: Subject, kind: PlainKind): void {
  test(
    `A listener survives a reset before accept (${subject.name}, ${kind})`,
    { skip: subject.skip },
    () =>
      withWorld(subject, async (world) => {
        const listener = world.listen(kind);
        await resetAtOnce(listener.address);
        // The one that is gone may be the first that is taken, or never be seen.
        for (let count = 0; count < 2; count++) listener.socket.accept();
        const client = world.open(kind);
        assert.equal(await connected(client.socket, listener.address), null);
        const { owner } = listener;
        const taken = () => owner.children.some(({ socket }) => isDeepStrictEqual(socket.peer, client.socket.local));
        await owner.until(() => owner.errors.length > 0 || taken());
        assert.deepEqual(owner.errors, []);
      }),
  );
}

/** A peer that resets while it is answered: what the failed write takes from the system is no end of file. */
export function testResetMetByWrite(subject: Subject, kind: PlainKind): void {
  test(
    `A reset that a write meets fails the connection and is no end (${subject.name}, ${kind})`,
    { skip: subject.skip },
    () =>
      withWorld(subject, async (world) => {
        const listener = world.listen(kind);
        listener.socket.accept();
        assert.ok(listener.address.family === "inet");
        const client = connect(listener.address.port, listener.address.host);
        await once(client, "connect");
        await listener.owner.until(() => listener.owner.children.length > 0);
        const [child] = listener.owner.children;
        assert.ok(child !== undefined);
        const { owner, socket } = child;
        owner.answer = () => void socket.send(octetsOf("answer"), null);
        await new Promise((resolve) => client.write("question", resolve));
        client.resetAndDestroy();
        await once(client, "close");
        socket.resume();
        await owner.until(() => owner.errors.length > 0);
        assert.deepEqual([owner.endedCount, owner.errors.map(({ code }) => code)], [0, ["ECONNRESET"]]);
      }),
  );
}

async function resetAtOnce(address: SocketAddress): Promise<void> {
  assert.ok(address.family === "inet");
  const client = connect(address.port, address.host);
  await once(client, "connect");
  client.resetAndDestroy();
  await once(client, "close");
}
