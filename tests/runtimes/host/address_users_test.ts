import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { createServer } from "node:net";
import { join } from "node:path";
import process from "node:process";
import { addressesClash, formatUser } from "../../../src/runtimes/address_users.ts";
import { hostAddressUsers, parseSocketTable } from "../../../src/runtimes/host/address_users.ts";
import { withFolder } from "../../support/folder.ts";
import { test } from "../../harness.ts";

const LINUX_ONLY = process.platform === "linux" ? null : "only Linux has /proc";

const HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode";
const TAIL = "00000000:00000000 00:00000000 00000000  1000        0";

test("parseSocketTable() reads sockets of IPv4 that listen", () => {
  const text = `${HEAD}
   0: 0100007F:1F90 00000000:0000 0A ${TAIL} 31337 1 0 100 0 0 10 0
   1: 00000000:0050 00000000:0000 0A ${TAIL} 31338 1 0 100 0 0 10 0
   2: 0100007F:1F90 0100007F:C000 01 ${TAIL} 31339 1 0 100 0 0 10 0
`;
  assert.deepEqual(parseSocketTable("tcp", text), [
    { space: "tcp", host: "127.0.0.1", family: "inet", place: "8080", inode: "31337", uid: 1000 },
    { space: "tcp", host: null, family: "inet", place: "80", inode: "31338", uid: 1000 },
  ]);
});

test("parseSocketTable() reads addresses of IPv6, those of IPv4 in them too", () => {
  const row = (host: string) => `   0: ${host}:0035 ${"0".repeat(32)}:0000 07 ${TAIL} 5 2 0 0\n`;
  const hosts = ["0".repeat(32), "00000000000000000000000001000000", "0000000000000000FFFF00000100007F"];
  const rows = parseSocketTable("udp6", `${HEAD}\n${hosts.map(row).join("")}`);
  assert.deepEqual(rows.map(({ host, family, place }) => [host, family, place]), [
    [null, undefined, "53"],
    ["::1", "inet6", "53"],
    ["127.0.0.1", "inet", "53"],
  ]);
});

test("parseSocketTable() reads paths of local sockets", () => {
  const text = `Num       RefCount Protocol Flags    Type St Inode Path
0000000000000000: 00000002 00000000 00010000 0001 01 20531 /run/app.sock
0000000000000000: 00000003 00000000 00000000 0001 03 20532
`;
  assert.deepEqual(parseSocketTable("unix", text), [
    { space: "local", host: "", place: "/run/app.sock", inode: "20531", uid: null },
  ]);
});

test("addressesClash() knows wildcards and families", () => {
  const tcp = { space: "tcp", place: "80" };
  const any = { ...tcp, host: null };
  const loopback = { ...tcp, host: "127.0.0.1", family: "inet" } as const;
  assert.equal(addressesClash(any, loopback), true);
  assert.equal(addressesClash({ ...any, family: "inet6" }, loopback), false);
  assert.equal(addressesClash(loopback, { ...loopback, host: "127.0.0.2" }), false);
  assert.equal(addressesClash(loopback, { ...loopback, space: "udp" }), false);
});

test("formatUser() reports what is known", () => {
  assert.equal(formatUser({ pid: 412, name: "nginx", uid: 33 }), "pid 412 (nginx)");
  assert.equal(formatUser({ pid: null, name: null, uid: 33 }), "a process of user 33");
  assert.equal(formatUser({ pid: null, name: null, uid: null }), "another process");
});

for (const programs of [false, true]) {
  test(`find() names this process as the user of its sockets, programs ${programs}`, { skip: LINUX_ONLY }, async () => {
    await withFolder(async (folder) => {
      const path = join(folder, "s");
      const [tcp, local, udp] = [createServer(), createServer(), createSocket("udp4")] as const;
      await new Promise<void>((resolve) => tcp.listen(0, "127.0.0.1", resolve));
      await new Promise<void>((resolve) => local.listen(path, resolve));
      await new Promise<void>((resolve) => udp.bind(0, "127.0.0.1", resolve));
      const loopback = { host: "127.0.0.1", family: "inet" } as const;
      const found = await hostAddressUsers.find([
        { space: "tcp", ...loopback, place: String(Object(tcp.address()).port) },
        { space: "udp", ...loopback, place: String(udp.address().port) },
        { space: "local", host: "", place: path },
        { space: "local", host: "", place: join(folder, "absent") },
      ], { programs });
      await new Promise((resolve) => tcp.close(resolve));
      await new Promise((resolve) => local.close(resolve));
      await new Promise<void>((resolve) => udp.close(() => resolve()));
      const named = found.map((users) => users.some(({ pid }) => pid === process.pid));
      assert.deepEqual(named, [true, true, true, false]);
    });
  });
}
