import assert from "node:assert/strict";
import { Channel } from "../src/channel.ts";
import { test } from "./harness.ts";

async function rest<T>(channel: Channel<T>): Promise<T[]> {
  channel.end();
  const items: T[] = [];
  for await (const item of channel) items.push(item);
  return items;
}

test("Channel gives each item to one reader, in order, and null after its end", async () => {
  const channel = new Channel<number>();
  const first = channel.next();
  const second = channel.next();
  assert.equal(channel.send(1), true);
  channel.send(2);
  channel.send(3);
  channel.end();
  channel.send(4);
  assert.deepEqual([await first, await second, await channel.next(), await channel.next()], [1, 2, 3, null]);
  assert.equal(channel.isEmpty, true);
});

test("Channel wakes readers that wait when it ends", async () => {
  const channel = new Channel<number>();
  const read = [channel.next(), channel.next()];
  channel.end();
  assert.deepEqual(await Promise.all(read), [null, null]);
});

test("Channel discards what waits when its signal aborts", async () => {
  const gone = new AbortController();
  const channel = new Channel<number>({ signal: gone.signal });
  channel.send(1);
  gone.abort();
  channel.send(2);
  assert.equal(await channel.next(), null);
  assert.equal(await new Channel<number>({ signal: gone.signal }).next(), null);
});

test("Channel drops and counts the newest items beyond its limit", async () => {
  const channel = new Channel<number>({ limit: 2 });
  for (const item of [1, 2, 3, 4]) channel.send(item);
  assert.equal(channel.dropped, 2);
  assert.equal(await channel.next(), 1);
  channel.send(5);
  assert.deepEqual(await rest(channel), [2, 5]);
});

test("Channel drops the oldest items for a new one, but none that counts nothing", async () => {
  const channel = new Channel<number>({ limit: 10, costOf: (item) => item, overflow: "drop-oldest" });
  for (const item of [4, 0, 5, 6]) channel.send(item);
  assert.equal(channel.dropped, 2);
  assert.deepEqual(await rest(channel), [0, 6]);
});

test("Channel accepts an item larger than its limit while it is empty", async () => {
  for (const overflow of ["drop-newest", "drop-oldest"] as const) {
    const channel = new Channel<number>({ limit: 10, costOf: (item) => item, overflow });
    channel.send(11);
    assert.deepEqual([channel.dropped, await rest(channel)], [0, [11]]);
  }
});

test("Channel asks its sender to wait, and calls it when half is free", async () => {
  let calls = 0;
  const channel = new Channel<number>({ limit: 4, overflow: "block", onRoom: () => calls++ });
  assert.deepEqual([1, 2, 3, 4, 5].map((item) => channel.send(item)), [true, true, true, false, false]);
  for (let count = 0; count < 2; count++) await channel.next();
  assert.equal(calls, 0);
  await channel.next();
  await channel.next();
  assert.deepEqual([calls, channel.dropped], [1, 0]);
});

test("Channel makes one gap of all that was dropped until it was read up to there", async () => {
  const channel = new Channel<string>({ limit: 2, gap: (count, first) => `${count} from ${first}` });
  for (const item of ["a", "b", "c"]) channel.send(item);
  assert.equal(await channel.next(), "a");
  channel.send("d");
  assert.deepEqual([await channel.next(), await channel.next()], ["b", "2 from c"]);
  channel.send("e");
  assert.deepEqual(await rest(channel), ["e"]);
});
