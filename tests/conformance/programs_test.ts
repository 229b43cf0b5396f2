/**
 * Real programs on each runtime of this host: their streams, their ends, and that nothing of them is left.
 *
 * @module
 */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import process from "node:process";
import { SharedBuffer } from "../../src/buffer.ts";
import type { NetgraphError } from "../../src/errors.ts";
import { bunSockets } from "../../src/runtimes/bun/sockets.ts";
import { denoSockets } from "../../src/runtimes/deno/sockets.ts";
import { systemClock } from "../../src/runtimes/host/clock_system.ts";
import type { ProgramExit, ProgramOwner, Programs, ProgramSpec, RunningProgram } from "../../src/socket/program.ts";
import type { Octets, SocketRuntime } from "../../src/socket/socket.ts";
import { test } from "../harness.ts";
import { machine, openDriven } from "../runtimes/posix/subject.ts";

const SH: ProgramSpec = {
  path: "/bin/sh",
  args: [],
  env: { PATH: "/usr/bin:/bin" },
  cwd: null,
  stderr: "log",
  user: null,
  killAfterMs: 5_000,
};

/** A program, and all that it did. */
class Run implements ProgramOwner {
  readonly program: RunningProgram;
  output = "";
  readonly lines: string[] = [];
  pid = 0;
  exit: ProgramExit | null = null;
  outputEnded = false;
  lost: number | null = null;
  error: NetgraphError | null = null;
  drains = 0;
  isFull = false;
  #changed: () => void = () => {};

  constructor(programs: Programs, spec: ProgramSpec) {
    this.program = programs.start(spec, this);
  }

  started(pid: number): void {
    this.pid = pid;
    this.#changed();
  }

  startFailed(error: NetgraphError): void {
    this.error = error;
    this.#changed();
  }

  arrived({ buffer, offset, length }: Octets): void | false {
    this.output += new TextDecoder().decode(buffer.bytes.subarray(offset, offset + length));
    this.#changed();
    return this.isFull ? false : undefined;
  }

  ended(): void {
    this.outputEnded = true;
    this.#changed();
  }

  drained(): void {
    this.drains++;
    this.#changed();
  }

  inputClosed(lost: number): void {
    this.lost = lost;
    this.#changed();
  }

  complained(line: string): void {
    this.lines.push(line);
    this.#changed();
  }

  exited(exit: ProgramExit): void {
    this.exit = exit;
    this.#changed();
  }

  send(text: string): void | false {
    const bytes = new TextEncoder().encode(text);
    return this.program.send({ buffer: new SharedBuffer(bytes), offset: 0, length: bytes.length });
  }

  /** Waits until it is so. */
  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await new Promise<void>((resolve) => this.#changed = resolve);
  }

  async over(): Promise<ProgramExit> {
    await this.until(() => this.outputEnded && this.exit !== null);
    return this.exit ?? { kind: "status", status: -1 };
  }
}

const host = "Bun" in globalThis ? "bun" : "deno";
const RUNTIMES: readonly { name: string; skip: string | null; open: () => SocketRuntime }[] = [
  { name: host, skip: null, open: () => host === "bun" ? bunSockets(systemClock) : denoSockets(systemClock) },
  { name: "posix", skip: machine.skip, open: () => openDriven() },
];

for (const { name, skip, open } of RUNTIMES) {
  const programTest = (what: string, body: (start: (spec: Partial<ProgramSpec>) => Run) => Promise<void>): void => {
    test(`programs of ${name}: ${what}`, { skip, timeoutMs: 60_000 }, async () => {
      const sockets = open();
      const { programs } = sockets;
      assert.ok(programs !== undefined);
      try {
        await body((spec) => new Run(programs, { ...SH, ...spec }));
      } finally {
        await sockets.close();
      }
    });
  };

  programTest("input and output pass, and the end of the input reaches the program", async (start) => {
    const run = start({ path: "/bin/cat" });
    run.program.resume();
    run.send("one ");
    run.send("two");
    run.program.endInput();
    assert.deepEqual(await run.over(), { kind: "status", status: 0 });
    assert.deepEqual([run.output, run.lines], ["one two", []]);
    assert.ok(run.pid > 1);
  });

  programTest("status, signal, standard error by lines, environment and folder", async (start) => {
    const script = 'pwd; env | grep -v "^_="; echo first >&2; printf second >&2; exit 7';
    const run = start({ args: ["-c", script], cwd: "/", env: { ONE: "a b", PATH: "/usr/bin:/bin" } });
    run.program.resume();
    assert.deepEqual(await run.over(), { kind: "status", status: 7 });
    await run.until(() => run.lines.length === 2);
    assert.deepEqual(run.lines, ["first", "second"]);
    assert.deepEqual(new Set(run.output.trim().split("\n")), new Set(["/", "ONE=a b", "PATH=/usr/bin:/bin", "PWD=/"]));
    const killed = start({ args: ["-c", "kill -SEGV $$"] });
    killed.program.resume();
    assert.deepEqual(await killed.over(), { kind: "signal", signal: "SIGSEGV" });
    const joined = start({ args: ["-c", "echo out; echo err >&2"], stderr: "io" });
    joined.program.resume();
    await joined.over();
    assert.deepEqual([joined.output.trim().split("\n").toSorted(), joined.lines], [["err", "out"], []]);
  });

  programTest("back-pressure stops both directions", async (start) => {
    const held = start({ args: ["-c", "read go < /proc/self/fd/0; head -c 3000000 /dev/zero | tr '\\0' x"] });
    held.isFull = true;
    held.program.resume();
    held.send("go\n");
    await held.until(() => held.output.length > 0);
    assert.equal(held.exit, null);
    assert.ok(held.output.length < 3_000_000);
    held.isFull = false;
    held.program.resume();
    await held.over();
    assert.equal(held.output.length, 3_000_000);
    const slow = start({ args: ["-c", "read first; wc -c"] });
    slow.program.resume();
    const piece = "y".repeat(200_000);
    let sent = 0;
    while (slow.send(piece) !== false) sent++;
    assert.ok(sent < 100, "It was never full");
    slow.send("\n");
    await slow.until(() => slow.drains > 0);
    slow.program.endInput();
    await slow.over();
    assert.equal(slow.output.trim(), "0");
  });

  programTest("a program that reads no more is noticed", async (start) => {
    const run = start({ args: ["-c", "exec 0<&-; echo closed; exec sleep 60"] });
    run.program.resume();
    await run.until(() => run.output === "closed\n");
    while (run.lost === null) {
      run.send("x".repeat(100_000));
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await new Promise<void>((resolve) => run.program.stop(resolve));
    assert.equal(isAlive(run.pid), false);
  });

  programTest("stop ends a program, also one that ignores SIGTERM, with what it has started", async (start) => {
    const mild = start({ path: "/bin/cat" });
    await mild.until(() => mild.pid > 0);
    await new Promise<void>((resolve) => mild.program.stop(resolve));
    assert.equal(isAlive(mild.pid), false);
    const stubborn = start({
      args: ["-c", "trap '' TERM; sleep 60 & echo $!; while :; do sleep 60; done"],
      killAfterMs: 50,
    });
    stubborn.program.resume();
    await stubborn.until(() => stubborn.output.includes("\n"));
    const child = Number(stubborn.output);
    await new Promise<void>((resolve) => stubborn.program.stop(resolve));
    assert.equal(isAlive(stubborn.pid), false);
    while (isAlive(child)) await new Promise((resolve) => setTimeout(resolve, 1));
    assert.equal(stubborn.exit, null);
  });

  programTest("a program or folder that is not there is an error with its path", async (start) => {
    for (const spec of [{ path: "/no/such/program" }, { path: "/etc/passwd" }, { cwd: "/no/such/folder" }]) {
      let error: unknown;
      try {
        const run = start(spec);
        await run.until(() => run.error !== null || run.pid > 0);
        error = run.error;
      } catch (thrown) {
        error = thrown;
      }
      assert.ok(error instanceof Error, `${JSON.stringify(spec)} was started`);
      assert.match(error.message, spec.path === "/etc/passwd" ? /\/etc\/passwd.*permission/i : /no such file/i);
    }
  });

  programTest("no process and no descriptor is left of 30 programs", async (start) => {
    const one = async (): Promise<void> => {
      const run = start({ args: ["-c", "cat; echo e >&2"] });
      run.program.resume();
      run.send("x");
      run.program.endInput();
      await run.over();
      run.program.stop();
    };
    await Promise.all(Array.from({ length: 5 }, one));
    await settled();
    const before = openFiles();
    await Promise.all(Array.from({ length: 30 }, one));
    await settled();
    assert.deepEqual(
      [openFiles() <= before, zombies()],
      [true, []],
      `${before} descriptors before, ${openFiles()} after`,
    );
  });
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setTimeout(resolve, 1));
}

function openFiles(): number {
  return readdirSync("/proc/self/fd").length;
}

function stateOf(pid: number): { readonly parent: number; readonly state: string } | null {
  try {
    const [, state = "", parent = "0"] = /\) (.) (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, "utf8")) ?? [];
    return { state, parent: Number(parent) };
  } catch {
    return null; // It has ended.
  }
}

function isAlive(pid: number): boolean {
  const found = stateOf(pid);
  return found !== null && found.state !== "Z";
}

function zombies(): readonly number[] {
  const own = readdirSync("/proc").map(Number).filter((pid) => stateOf(pid)?.parent === process.pid);
  return own.filter((pid) => stateOf(pid)?.state === "Z");
}
