/**
 * Every option cell of a runtime's capabilities, tried: what is not `no` works, and what is `no` is refused.
 *
 * @module
 */

import assert from "node:assert/strict";
import { NetgraphError } from "../../src/errors.ts";
import { featureSupport, optionSupport, SOCKET_KINDS } from "../../src/socket/capability.ts";
import type { SocketOption } from "../../src/socket/option.ts";
import { OPTIONS } from "../../src/socket/option_table.ts";
import type { OptionValue } from "../../src/socket/option_value.ts";
import { test } from "../harness.ts";
import { pattern, wholeOctets } from "./recorder.ts";
import { type PlainKind, type Subject, withWorld, type World } from "./world.ts";

/** A value for an option that is not simply 1. */
const VALUES: Readonly<Record<string, OptionValue>> = {
  SO_LINGER: { onoff: 1, linger: 3 },
  SO_SNDBUF: 65_536,
  SO_RCVBUF: 65_536,
  SO_SNDTIMEO: 1_000,
  SO_RCVTIMEO: 1_000,
  TCP_MAXSEG: 1_000,
  IP_TOS: 16,
  IPV6_TCLASS: 16,
  IP_MULTICAST_IF: "127.0.0.1",
  IP_ADD_MEMBERSHIP: { group: "224.0.0.251", interface: "127.0.0.1" },
  IP_DROP_MEMBERSHIP: { group: "224.0.0.251", interface: "127.0.0.1" },
  IPV6_JOIN_GROUP: { group: "ff02::fb", interface: 1 },
  IPV6_LEAVE_GROUP: { group: "ff02::fb", interface: 1 },
};

/** Systems give at least what was asked for: Linux doubles it. */
const AT_LEAST: ReadonlySet<string> = new Set(["SO_SNDBUF", "SO_RCVBUF"]);

/** Needs CAP_NET_ADMIN, which root in a container lacks too. */
const PRIVILEGED: ReadonlySet<string> = new Set(["SO_MARK"]);

/** Leaving a group needs one that was joined. */
const BEFORE: Readonly<Record<string, string>> = {
  IP_DROP_MEMBERSHIP: "IP_ADD_MEMBERSHIP",
  IPV6_LEAVE_GROUP: "IPV6_JOIN_GROUP",
};

/** The tests of all options on all kinds of socket. */
export function testOptions(subject: Subject): void {
  for (const kind of SOCKET_KINDS) {
    if (kind === "other" || featureSupport(subject.capabilities, kind, "open") === "no") continue;
    test(`Socket.setOption() and getOption() do what the capabilities say (${subject.name}, ${kind})`, {
      skip: subject.skip,
    }, () =>
      withWorld(subject, (world) => {
        for (const name of Object.keys(OPTIONS)) tryOption(subject, { world, kind, name });
        return Promise.resolve();
      }));
  }
  for (const kind of ["inet/stream", "inet6/stream"] as const) {
    test(`Socket.setOption() is taken while a write is in flight (${subject.name}, ${kind})`, {
      skip: subject.skip,
    }, () => withWorld(subject, (world) => setWhileWriting(subject, { world, kind })));
  }
}

/** More than the system takes while the peer does not read. */
const BLOCKING_BYTES = 16 * 1024 * 1024;

/** After so many turns in which the system has taken nothing, the writer is blocked. */
const QUIET_TURNS = 20;

async function setWhileWriting(subject: Subject, at: { world: World; kind: PlainKind }): Promise<void> {
  const { world, kind } = at;
  const { client, server } = await world.pair(kind);
  client.socket.send(wholeOctets(pattern(BLOCKING_BYTES, 11)), null);
  const names = ["TCP_NODELAY", "SO_KEEPALIVE"].filter((name) =>
    (["set", "get"] as const).every((verb) => optionSupport(subject.capabilities, kind, { name, verb }) !== "no")
  );
  // The system takes a part at once: the write that is blocked is one of those behind it.
  for (let quiet = 0, queued = -1; quiet < QUIET_TURNS; quiet++) {
    for (const name of names) {
      for (const value of [1, 0, 1]) client.socket.setOption(option(name, value));
      assert.equal(client.socket.getOption(option(name, null)).value, 1, name);
    }
    if (client.socket.queuedBytes !== queued) quiet = 0;
    queued = client.socket.queuedBytes;
    await new Promise((done) => setTimeout(done, 0));
  }
  client.socket.shutdown();
  server.socket.resume();
  await server.owner.until(() => server.owner.endedCount === 1);
  assert.equal(server.owner.receivedBytes, BLOCKING_BYTES);
  assert.deepEqual([...client.owner.errors, ...server.owner.errors], []);
}

function tryOption(subject: Subject, at: { world: World; kind: PlainKind; name: string }): void {
  const { world, kind, name } = at;
  const { socket } = world.open(kind);
  const support = (verb: "set" | "get") => optionSupport(subject.capabilities, kind, { name, verb });
  const given = option(name, VALUES[name] ?? 1);
  const joined = BEFORE[name];
  if (support("set") === "no") {
    assert.throws(() => socket.setOption(given), { code: "ENOPROTOOPT" }, name);
  } else {
    if (joined !== undefined) socket.setOption(option(joined, VALUES[joined] ?? 1));
    if (isRefused(() => socket.setOption(given), PRIVILEGED.has(name))) return;
  }
  if (support("get") === "no") {
    assert.throws(() => socket.getOption(option(name, null)), { code: "ENOPROTOOPT" }, name);
  } else {
    const answer = socket.getOption(option(name, null));
    assert.equal(answer.option, name);
    assert.notEqual(answer.value, null);
    if (support("set") === "no" || support("set") === "hint") return;
    if (AT_LEAST.has(name)) assert.ok(Number(answer.value) >= Number(given.value), name);
    else assert.deepEqual(answer.value, given.value, name);
  }
}

/** True if the system requires more rights for it. */
function isRefused(call: () => void, isPrivileged: boolean): boolean {
  try {
    call();
    return false;
  } catch (error) {
    if (isPrivileged && error instanceof NetgraphError && error.code === "EPERM") return true;
    throw error;
  }
}

function option(name: string, value: OptionValue | null): SocketOption {
  const fact = OPTIONS[name];
  assert.ok(fact);
  const os = fact.freebsd === null ? "linux" : "freebsd";
  const numbers = fact[os];
  assert.ok(numbers);
  return { option: name, os, ...numbers, value };
}
