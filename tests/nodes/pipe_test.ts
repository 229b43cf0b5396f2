/**
 * pipe: when things arrive, what is lost, and who waits; all in virtual time.
 *
 * @module
 */

import assert from "node:assert/strict";
import { Item } from "../../src/graph/core/item.ts";
import { VirtualClock } from "../../src/runtimes/memory/clock.ts";
import { test } from "../harness.ts";
import { octets, probeNode } from "../support/graph.ts";

async function makePipe(config: string) {
  const clock = new VirtualClock();
  const probed = await probeNode("pipe", ["upper", "lower"], clock);
  await probed.msg("setcfg", config);
  const { at } = probed;
  const send = (text: string, options: { whole?: boolean } = {}) => at("upper").end.send("x", octets(text), options);
  const got = (hook = "lower") => at(hook).got.map((text) => text.slice(2));
  return { ...probed, clock, send, got };
}

test("pipe without configuration passes everything at once, and pushes back", async () => {
  const { at, send, got, makeRoom, clock } = await makePipe("{}");
  at("lower").full = true;
  assert.equal(send("1"), false);
  at("lower").end.send("x", octets("2"));
  makeRoom("lower");
  assert.deepEqual([got(), got("upper"), at("upper").resumed, at("lower").resumed], [["1"], ["2"], ["x"], []]);
  assert.equal(clock.pending, 0);
});

test("pipe delay holds for both ways, and for one alone", async () => {
  const { at, send, got, clock } = await makePipe("{ delay=50000 upstream={ delay=1000 } }");
  send("down");
  at("lower").end.send("x", octets("up"));
  clock.advance(1);
  assert.deepEqual([got(), got("upper")], [[], ["up"]]);
  clock.advance(48.9);
  assert.deepEqual(got(), []);
  clock.advance(0.1);
  assert.deepEqual(got(), ["down"]);
  assert.equal(clock.pending, 0);
});

test("pipe bandwidth is in bit/s, overhead included, and one item waits for the other", async () => {
  const { send, got, clock, msg } = await makePipe("{ bandwidth=8000 overhead=6 delay=1000000 }");
  // Ten octets on the line, at one an millisecond.
  for (const text of ["one.", "two."]) send(text);
  clock.advance(5);
  assert.equal(
    await msg("getrun"),
    "{ downstream={ queues=1 queuedOctets=8 queuedFrames=2 } }",
  );
  clock.advance(10);
  assert.equal(
    await msg("getrun"),
    "{ downstream={ queues=1 queuedOctets=4 queuedFrames=1 delayedOctets=4 delayedFrames=1 } }",
  );
  clock.advance(994.9);
  assert.deepEqual(got(), []);
  clock.advance(0.2);
  assert.deepEqual(got(), ["one."]);
  clock.advance(10);
  assert.deepEqual(got(), ["one.", "two."]);
});

test("pipe sends an end of file behind the data, and a reset at once", async () => {
  const { at, send, got, clock } = await makePipe("{ delay=10000 }");
  send("1");
  at("upper").end.end("x");
  assert.deepEqual(got(), []);
  clock.advance(10);
  assert.deepEqual(got(), ["1", "eof"]);
  send("2");
  at("upper").node.hooks.get("x")?.send(new Item().signal("abort"));
  assert.deepEqual(got(), ["1", "eof", "abort"]);
  clock.advance(100);
  assert.deepEqual(got().length, 3);
});

test("pipe drops datagrams beyond queuelen, the newest or with drophead the oldest, counted", async () => {
  for (const [drophead, desired] of [[false, ["1", "2"]], [true, ["1", "4"]]] as const) {
    const { send, got, clock, msg, node } = await makePipe(
      `{ bandwidth=8000 downstream={ queuelen=2 drophead=${drophead} } }`,
    );
    for (const text of ["1", "2", "3", "4"]) assert.equal(send(text), undefined);
    clock.advance(100);
    assert.deepEqual(got(), desired);
    assert.equal(
      await msg("getstats"),
      "{ downstream={ FwdOctets=2 FwdFrames=2 queueDropOctets=2 queueDropFrames=2 } }",
    );
    assert.deepEqual(node.hooks.get("upper")?.dropped(), { queue_full: 2 });
  }
});

test("pipe pushes a stream back where datagrams would be dropped, and loses nothing of it", async () => {
  const { at, send, got, clock, node } = await makePipe("{ overhead=-1 bandwidth=8000 downstream={ queuelen=2 } }");
  assert.equal(send("1", { whole: false }), undefined);
  assert.equal(send("2", { whole: false }), false);
  assert.equal(send("3", { whole: false }), false);
  clock.advance(1);
  assert.deepEqual([got(), at("upper").resumed], [["1"], []]);
  clock.advance(1);
  assert.deepEqual([got(), at("upper").resumed], [["1", "2"], ["x"]]);
  clock.advance(1);
  assert.deepEqual(got(), ["1", "2", "3"]);
  assert.deepEqual(node.hooks.get("upper")?.dropped(), {});
});

test("pipe pushes a stream back by its bytes, long before its slots are full, and lets it go on", async () => {
  const { at, send, clock, got } = await makePipe("{ bandwidth=8000000 }");
  const chunk = "x".repeat(64 * 1024);
  let sent = 1;
  while (send(chunk, { whole: false }) !== false && sent < 50) sent++;
  assert.ok(sent <= 5, `${sent} chunks of 64 KiB`);
  clock.advance(1_000);
  assert.deepEqual([got().length, at("upper").resumed], [sent, ["x"]]);
});

test("pipe ends a stream that goes on though it was pushed back", async () => {
  const { at, send, got } = await makePipe("{ delay=1000000 }");
  const chunk = "x".repeat(4 * 1024 * 1024);
  for (let sent = 0; sent < 10; sent++) send(chunk, { whole: false });
  assert.deepEqual([got(), at("upper").got], [["abort"], ["x abort"]]);
});

test("pipe limits delayed items by delaylen, counted separately", async () => {
  const { send, got, clock, msg } = await makePipe("{ delay=1000 downstream={ delaylen=1 } }");
  for (const text of ["1", "2"]) send(text);
  clock.advance(1);
  assert.deepEqual(got(), ["1"]);
  assert.match(await msg("getstats") ?? "", /delayDropOctets=1 delayDropFrames=1/);
});

test("pipe keeps what is due while the receiver is full, and its order", async () => {
  const { at, send, got, clock, makeRoom } = await makePipe("{ delay=1000 }");
  at("lower").full = true;
  for (const text of ["1", "2", "3"]) send(text);
  clock.advance(5);
  assert.deepEqual(got(), ["1"]);
  assert.equal(send("4"), false);
  makeRoom("lower");
  assert.deepEqual([got(), at("upper").resumed], [["1", "2", "3"], ["x"]]);
  clock.advance(1);
  assert.deepEqual(got(), ["1", "2", "3", "4"]);
});

test("pipe loses and duplicates the configured share, the same items each time", async () => {
  const run = async (lane: string) => {
    const { send, got } = await makePipe(`{ downstream={ ${lane} } }`);
    for (let number = 0; number < 1000; number++) send(`${number}`);
    return got();
  };
  assert.deepEqual(await run("loss=100"), []);
  assert.equal((await run("duplicate=100")).length, 2000);
  const lossy = await run("loss=10");
  assert.ok(lossy.length > 850 && lossy.length < 950, `${lossy.length}`);
  assert.deepEqual(await run("loss=10"), lossy);
  // One bit in 240 is wrong, and items have 24 at most.
  const noisy = await run("BER=240");
  assert.ok(noisy.length > 850 && noisy.length < 960, `${noisy.length}`);
  assert.deepEqual((await run("duplicate=50")).slice(0, 1), ["0"]);
});

test("pipe never loses an end of file", async () => {
  const { at, got } = await makePipe("{ downstream={ loss=100 queuelen=1 } }");
  at("upper").end.end("x");
  assert.deepEqual(got(), ["eof"]);
});

test("pipe setcfg keeps what is left out, and gives defaults back for -1", async () => {
  const { msg } = await makePipe("{ bandwidth=8000 delay=5 downstream={ loss=3 queuelen=7 } }");
  await msg("setcfg", "{ bandwidth=-1 downstream={ queuelen=-1 } }");
  assert.equal(
    await msg("getcfg"),
    "{ delay=5 downstream={ queuelen=50 fifo=1 droptail=1 loss=3 } upstream={ queuelen=50 fifo=1 droptail=1 } }",
  );
  await assert.rejects(msg("setcfg", "{ downstream={ loss=101 } }"), { code: "EINVAL" });
  await assert.rejects(msg("setcfg", "{ delay=10000000 }"), { code: "EINVAL" });
});

test("pipe clrstats and getclrstats reset the counters", async () => {
  const { send, msg } = await makePipe("{}");
  send("four");
  assert.equal(await msg("getclrstats"), "{ downstream={ FwdOctets=4 FwdFrames=1 } }");
  assert.equal(await msg("getstats"), "{}");
  send("four");
  await msg("clrstats");
  assert.equal(await msg("getstats"), "{}");
});

test("pipe drops delayed items when its receiver is removed, and resumes the sender", async () => {
  const { graph, at, send, clock, node } = await makePipe("{ delay=1000 downstream={ queuelen=1 } bandwidth=8000 }");
  send("1", { whole: false });
  graph.shutdown(at("lower").node);
  assert.deepEqual(at("upper").resumed, ["x"]);
  assert.equal(clock.pending, 1, "only what looks at whether more is dropped");
  send("2");
  assert.deepEqual(node.hooks.get("upper")?.dropped(), { no_destination: 2 });
});

test("pipe of a topology that ends resets the receivers of delayed items, counted", async () => {
  const { graph, at, send, node, got } = await makePipe("{ delay=1000 }");
  const upper = node.hooks.get("upper");
  for (const text of ["12", "345"]) send(text, { whole: false });
  graph.shutdown(node);
  assert.deepEqual([got(), at("upper").got], [["abort"], []]);
  assert.deepEqual([upper?.dropped(), upper?.droppedBytes()], [{ shutdown: 2 }, { shutdown: 5 }]);
});

test("pipe counts what a reset takes away", async () => {
  const { at, send, node, got } = await makePipe("{ delay=1000 }");
  send("12", { whole: false });
  at("upper").node.hooks.get("x")?.send(new Item().signal("abort"));
  assert.deepEqual([got(), node.hooks.get("upper")?.droppedBytes()], [["abort"], { reset: 2 }]);
});

test("pipe that was created manually sends delayed items and joins its neighbours when it is shut down", async () => {
  const { graph, at, clock } = await makePipe("{}");
  const pipe = graph.make("pipe", { scope: "t" });
  graph.connect({ node: at("upper").node, hook: "y" }, { node: pipe, hook: "upper" });
  graph.connect({ node: at("lower").node, hook: "y" }, { node: pipe, hook: "lower" });
  at("upper").end.send("y", octets("1"));
  pipe.behaviour.commands["setcfg"]?.({ delay: 1000 }, {
    from: 0,
    hook: null,
    declared: false,
    answerAs() {},
    leaveUnverified() {},
    defer() {},
  });
  at("upper").end.send("y", octets("2"));
  graph.shutdown(pipe);
  at("upper").end.send("y", octets("3"));
  assert.deepEqual(at("lower").got, ["y 1", "y 2", "y 3"]);
  assert.equal(clock.pending, 0);
});

test("pipe refuses a bandwidth that netgraph's ignores", async () => {
  const { msg } = await makePipe("{ bandwidth=100 }");
  for (const bad of ["{ bandwidth=99 }", "{ bandwidth=1000000001 }", "{ upstream={ bandwidth=1 } }"]) {
    await assert.rejects(msg("setcfg", bad), { code: "EINVAL" });
  }
  await msg("setcfg", "{ bandwidth=0 upstream={ bandwidth=-1 } }");
});

test("pipe getcfg answers as the kernel does", async () => {
  const lane = "queuelen=50 fifo=1 droptail=1";
  const cases: readonly (readonly [set: string, answer: string])[] = [
    ["{ }", `{ downstream={ ${lane} } upstream={ ${lane} } }`],
    ["{ bandwidth=64000 }", `{ bandwidth=64000 overhead=10 downstream={ ${lane} } upstream={ ${lane} } }`],
    ["{ bandwidth=10000000 }", `{ bandwidth=10000000 overhead=24 downstream={ ${lane} } upstream={ ${lane} } }`],
    ["{ bandwidth=64000 overhead=-1 }", `{ bandwidth=64000 downstream={ ${lane} } upstream={ ${lane} } }`],
    [
      "{ downstream={ bandwidth=500 } upstream={ bandwidth=500 } }",
      `{ bandwidth=500 downstream={ ${lane} } upstream={ ${lane} } }`,
    ],
    [
      "{ header_offset=14 downstream={ bandwidth=500 drr=1 } upstream={ wfq=1 drophead=1 } }",
      "{ header_offset=14 downstream={ bandwidth=500 queuelen=50 drr=2048 droptail=1 } " +
      "upstream={ queuelen=50 wfq=1 drophead=1 } }",
    ],
  ];
  for (const [set, answer] of cases) {
    const { msg } = await makePipe("{}");
    await msg("setcfg", set);
    assert.equal(await msg("getcfg"), answer, set);
  }
});

test("pipe's and one2many's structs have FreeBSD's layout", async () => {
  const pipe = await makePipe("{}");
  const asked = async (msg: typeof pipe.msg, command: string, data: string) => {
    return await msg("ascii2binary", `{ cmdstr="${command}" data="${data.replaceAll('"', '\\"')}" }`) ?? "";
  };
  assert.match(
    await asked(pipe.msg, "setcfg", "{ bandwidth=64000 }"),
    /^\{ version=8 arglen=120 .*data=\[ 1=0xfa 119=0x0 \]/,
  );
  await assert.rejects(asked(pipe.msg, "setcfg", "{ upstream={ loss=1 } }"), { code: "EOPNOTSUPP" });
});
