/**
 * exec with scripted programs: what passes, how each side's end reaches the other, and what is reported.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { ProgramIo } from "../../../src/runtimes/memory/programs.ts";
import { checkExec } from "../../../src/nodes/exec/exec_check.ts";
import { MEMORY_CAPABILITIES } from "../../../src/runtimes/memory/capabilities.ts";
import { test } from "../../harness.ts";
import { code, type Network, type Peer, withNetwork } from "../../support/network.ts";

const TEMPLATE = 'entry={ node="program" } nodes=[ { name="program" type="exec" messages=[ { command="setprogram" ' +
  'argument="{ path=\\"/bin/it\\" }" } ] } ]';

/** A program that was started by a test. */
interface Started {
  readonly io: ProgramIo;
  readonly input: string[];
  terminated: number;
}

/** Puts a program at /bin/it that records what happens to it. */
function install(network: Network, options: { readonly staysAtSigterm?: boolean } = {}): Started[] {
  const all: Started[] = [];
  network.memory.program("/bin/it", (io) => {
    const one: Started = { io, input: [], terminated: 0 };
    all.push(one);
    const terminated = (): void => {
      one.terminated++;
      if (options.staysAtSigterm !== true) io.exit("SIGTERM");
    };
    return { input: (text) => one.input.push(text), inputEnded: () => one.input.push("(end)"), terminated };
  });
  return all;
}

/** A client of a listener with a program per connection. */
async function serve(network: Network): Promise<{ client: Peer; program: Started; programs: Started[] }> {
  const programs = install(network);
  await network.template("run", TEMPLATE);
  await network.listen('{ template="run" }');
  const client = await network.connect();
  await network.idle();
  const [program] = programs;
  assert.ok(program !== undefined);
  return { client, program, programs };
}

const faults = (network: Network) => (network.node("front").report()?.faults ?? []).map(({ message }) => message);

test("exec passes both directions, half-closes, and ends the connection with the program", () =>
  withNetwork(async (network) => {
    const { client, program } = await serve(network);
    client.send("question");
    client.socket.shutdown();
    await network.idle();
    assert.deepEqual(program.input, ["question", "(end)"]);
    program.io.write("answer");
    await network.idle();
    assert.deepEqual([client.owner.text(), client.owner.endedCount], ["answer", 0]);
    program.io.exit(0);
    await network.idle();
    assert.deepEqual([client.owner.endedCount, client.owner.errors], [1, []]);
    assert.deepEqual([network.undeclared(), faults(network)], [[], []]);
  }));

test("exec passes the end of the output on while the program still reads", () =>
  withNetwork(async (network) => {
    const { client, program } = await serve(network);
    program.io.write("all");
    program.io.endOutput();
    await network.memory.advance(200);
    assert.deepEqual([client.owner.text(), client.owner.endedCount], ["all", 1]);
    client.send("late");
    await network.idle();
    assert.deepEqual(program.input, ["late"]);
    client.socket.shutdown();
    await network.idle();
    assert.deepEqual(network.undeclared(), []);
  }));

test("exec reports a status other than 0 as a fault of the listener, and the output is whole", () =>
  withNetwork(async (network) => {
    const { client, program } = await serve(network);
    client.socket.shutdown();
    program.io.write("no such thing");
    program.io.exit(3);
    await network.idle();
    assert.deepEqual([client.owner.text(), client.owner.endedCount, client.owner.errors], ["no such thing", 1, []]);
    assert.deepEqual(faults(network), ['run/program: Program "/bin/it" exited with status 3']);
    const failed = network.events.flatMap((event) => event.kind === "connection-failed" ? [event] : []);
    assert.deepEqual(failed.map(({ node, reason }) => [node, reason]), [["front", "error"]]);
    assert.equal(failed[0]?.error.message, 'Program "/bin/it" exited with status 3');
  }));

test("exec forgets a fault with the next program that succeeds", () =>
  withNetwork(async (network) => {
    const { client, program, programs } = await serve(network);
    client.socket.shutdown();
    program.io.exit(1);
    await network.idle();
    assert.equal(faults(network).length, 1);
    const next = await network.connect();
    await network.idle();
    next.socket.shutdown();
    programs[1]?.io.exit(0);
    await network.idle();
    assert.deepEqual(faults(network), []);
  }));

test("exec resets the connection of a program that a signal has killed", () =>
  withNetwork(async (network) => {
    const { client, program } = await serve(network);
    program.io.write("half of");
    program.io.exit("SIGSEGV");
    await network.idle();
    assert.equal(client.owner.errors.length, 1);
    assert.deepEqual(faults(network), ['run/program: Program "/bin/it" was killed by SIGSEGV']);
    assert.deepEqual(network.undeclared(), []);
  }));

test("exec emits each line of the standard error with the listener's name", () =>
  withNetwork(async (network) => {
    const { program } = await serve(network);
    program.io.complain("careful");
    await network.idle();
    const lines = network.events.flatMap((event) => event.kind === "program-output" ? [event] : []);
    assert.deepEqual(lines.map(({ topology, node, line }) => [topology, node, line]), [["t", "front", "careful"]]);
    assert.ok((lines[0]?.pid ?? 0) > 0);
  }));

test("exec ends the program of a connection that was reset", () =>
  withNetwork(async (network) => {
    const { client, program } = await serve(network);
    client.socket.abort();
    await network.idle();
    assert.equal(program.terminated, 1);
    assert.deepEqual([network.undeclared(), faults(network)], [[], []]);
  }));

test("exec stops a client whose program does not read, and goes on with it", () =>
  withNetwork(async (network) => {
    const { client, program } = await serve(network);
    program.io.holdInput(true);
    const piece = "x".repeat(64 * 1024);
    for (let count = 0; count < 64; count++) client.send(piece);
    await network.idle();
    const waits = client.socket.queuedBytes;
    assert.ok(waits > 1024 * 1024, `only ${waits} bytes wait`);
    program.io.holdInput(false);
    await network.idle();
    assert.equal(client.socket.queuedBytes, 0);
    assert.equal(program.input.join("").length, 64 * piece.length);
  }));

test("exec drops what comes after the exit, and resets a client that goes on", () =>
  withNetwork(async (network) => {
    const { client, program } = await serve(network);
    program.io.write("bye");
    program.io.exit(0);
    await network.idle();
    client.send("late");
    await network.idle();
    assert.deepEqual([client.owner.text(), client.owner.endedCount, client.owner.errors], ["bye", 1, []]);
    await network.memory.advance(1_000);
    client.send("later");
    await network.idle();
    assert.equal(client.owner.errors.length, 1);
    assert.deepEqual(network.undeclared(), []);
  }));

test("exec refuses the connection if the program is not there", () =>
  withNetwork(async (network) => {
    await network.template("run", TEMPLATE);
    await network.listen('{ template="run" }');
    await network.connect();
    await network.idle();
    assert.match(faults(network).join(), /Cannot start "\/bin\/it": no such file/i);
    assert.deepEqual(network.undeclared(), []);
  }));

test("exec of a topology fails when its program ends, and getprogram says how", () =>
  withNetwork(async (network) => {
    const programs = install(network);
    const node = await network.declare("one", "exec", ['setprogram { path="/bin/it" args=[ "-n" "two words" ] }']);
    await network.release();
    await network.idle();
    assert.deepEqual(programs[0]?.io.spec.args, ["-n", "two words"]);
    assert.match(await network.msg("one", "getprogram") ?? "", /state="?running/);
    programs[0]?.io.exit(2);
    await network.idle();
    // Its output has no destination, and is not read.
    await network.declare("echo", "echo");
    await network.port.send("t/:", "link", '{ node="one" hook="io" peer="echo" }');
    await network.idle();
    assert.match(await network.msg("one", "getprogram") ?? "", /state="?exited"? .*status=2/);
    assert.equal(node.ended?.error.message, 'Program "/bin/it" exited with status 2');
    await assert.rejects(network.msg("one", 'setprogram { path="/bin/it" }'), code("EALREADY"));
  }));

test("exec refuses programs and folders whose path is not absolute", () =>
  withNetwork(async (network) => {
    await network.declare("one", "exec");
    await assert.rejects(network.msg("one", 'setprogram { path="it" }'), code("EINVAL"));
    await assert.rejects(network.msg("one", 'setprogram { path="/bin/it" cwd="here" }'), code("EINVAL"));
    await assert.rejects(network.msg("one", 'setprogram { path="/bin/it" }'), code("ENOENT"));
  }));

test("checkExec() points at relative paths, at a second program, and at a missing one", () => {
  const check = (...messages: readonly unknown[]) => {
    const sent = messages.map((args) => ({ command: "setprogram", args }));
    return checkExec({ hook: null, messages: sent, linked: true, inTemplate: false }, MEMORY_CAPABILITIES)
      .map(({ code, severity, messageIndex, path }) => [code, severity, messageIndex, path?.join()]);
  };
  assert.deepEqual(check(), [["no-program", "warning", null, undefined]]);
  assert.deepEqual(check({ path: "cat", cwd: "." }), [
    ["relative-path", "error", 0, "path"],
    ["relative-path", "error", 0, "cwd"],
  ]);
  assert.deepEqual(check({ path: "/a" }, { path: "/b" }), [["two-programs", "error", 1, undefined]]);
});
