/**
 * A listener in a process that has no descriptor left, while three wait to be accepted. Prints what it saw as JSON.
 *
 * @module
 */

// deno-lint-ignore-file no-console -- Its output is what the test looks at.

import { openLibc } from "../../../src/runtimes/posix/open_library.ts";
import { openPosixSockets } from "../../../src/runtimes/posix/sockets.ts";
import { thisSystem } from "../../../src/runtimes/posix/this_system.ts";
import { Recorder } from "../../conformance/recorder.ts";
import { World } from "../../conformance/world.ts";

const system = thisSystem();
const libc = await openLibc(system);
const sockets = await openPosixSockets(() => {});
const world = new World(sockets, "");
const listener = world.listen("inet/stream");

let connections = 0;
for (let index = 0; index < 3; index++) {
  const { socket } = world.open("inet/stream");
  socket.owner = new Recorder();
  socket.connect(listener.address, (error) => {
    if (error === null) connections++;
  });
}
while (connections < 3) sockets.poll(1_000);

const { AF_INET, SOCK_CLOEXEC } = system.constants;
const fillers: number[] = [];
for (let fd = libc.socket(AF_INET, 1, 0); fd >= 0; fd = libc.socket(AF_INET, 1 | SOCK_CLOEXEC, 0)) fillers.push(fd);
for (let index = 0; index < 3; index++) listener.socket.accept();
let polls = 0;
const until = performance.now() + 350;
while (performance.now() < until) {
  sockets.poll(1_000);
  polls++;
}
const codes = listener.owner.errors.map(({ code }) => code);
for (const fd of fillers) libc.close(fd);
while (listener.owner.children.length < 3) sockets.poll(1_000);
console.log(JSON.stringify({ polls, codes, accepted: listener.owner.children.length }));
sockets.destroy();
