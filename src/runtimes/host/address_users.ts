/**
 * The users of addresses, as Linux reports them: the tables under `/proc/net` name the socket, and the descriptors
 * under `/proc/PID/fd` its processes.
 *
 * Deno allows access to `/proc` only with `--allow-all`. If it may run `cat` and `ls`, they can read the same files.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { readdir, readFile, readlink } from "node:fs/promises";
import process from "node:process";
import { addressesClash, type AddressUser, type AddressUsers, type BoundAddress } from "../address_users.ts";
import { outputOf } from "./program_output.ts";

/** A row of one of the system's tables of sockets. */
export interface SocketRow extends BoundAddress {
  /** The number by which descriptors refer to the socket. */
  readonly inode: string;
  readonly uid: number | null;
}

/** Access to `/proc`. */
interface Proc {
  /** The text of a file; empty if it cannot be read. */
  read(path: string): Promise<string>;
  /** The numbers of all processes. */
  processes(): Promise<readonly string[]>;
  /** The targets of the descriptors of processes, by process. */
  descriptors(pids: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>>;
}

const TABLES: Readonly<Record<string, readonly string[]>> = {
  tcp: ["tcp", "tcp6"],
  udp: ["udp", "udp6"],
  local: ["unix"],
};

/** The state of a listening TCP socket in the table. */
const LISTENS = "0A";
/** The number of processes of one command, because the length of a command line is limited. */
const PORTION = 200;

/** The users of addresses on this host. */
export const hostAddressUsers: AddressUsers = { find };

async function find(
  addresses: readonly BoundAddress[],
  { programs }: { readonly programs: boolean },
): Promise<readonly (readonly AddressUser[])[]> {
  const tables = [...new Set(addresses.flatMap(({ space }) => TABLES[space] ?? []))];
  if (process.platform === "linux" && tables.length > 0) {
    for (const proc of programs ? [DIRECT, BY_PROGRAMS] : [DIRECT]) {
      const texts = await Promise.all(tables.map((name) => proc.read(`/proc/net/${name}`)));
      if (texts.every((text) => text === "")) continue;
      const rows = keepV6Only(tables.flatMap((name, index) => parseSocketTable(name, texts[index] ?? "")));
      const byPlace = Map.groupBy(rows, ({ place }) => place);
      const clashing = addresses.map((address) => {
        return byPlace.get(address.place)?.filter((row) => addressesClash(row, address)) ?? [];
      });
      const users = await usersOf([...new Set(clashing.flat())], proc);
      return clashing.map((found) => found.flatMap((row) => users.get(row) ?? []));
    }
  }
  return addresses.map(() => []);
}

/**
 * Reads one of the tables. Of TCP only sockets that listen are rows.
 *
 * ```text
 *   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
 *    0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 31337 1 …
 * ```
 */
export function parseSocketTable(name: string, text: string): readonly SocketRow[] {
  const lines = text.split("\n").slice(1);
  if (name === "unix") {
    return lines.flatMap((line) => {
      const [inode, ...path] = line.trim().split(" ").filter((word) => word !== "").slice(6);
      return inode === undefined || path.length === 0 ? [] : [
        { space: "local", host: "", place: path.join(" "), inode, uid: null },
      ];
    });
  }
  const space = name.slice(0, 3);
  return lines.flatMap((line): readonly SocketRow[] => {
    const [, local = "", , state, , , , uid, , inode] = line.trim().split(/\s+/);
    const [hex = "", port = ""] = local.split(":");
    if (inode === undefined || (space === "tcp" && state !== LISTENS)) return [];
    return [{ space, ...hostOf(hex), place: String(parseInt(port, 16)), inode, uid: Number(uid) }];
  });
}

/** An address in the kernel's form, word by word in the host's byte order. */
function hostOf(hex: string): Pick<BoundAddress, "host" | "family"> {
  const octets = Buffer.from(hex, "hex");
  for (let at = 0; at + 4 <= octets.length; at += 4) octets.subarray(at, at + 4).reverse();
  const v4 = (from: number) => [...octets.subarray(from, from + 4)].join(".");
  if (octets.length === 4) return octets.every((octet) => octet === 0) ? ANY_V4 : { host: v4(0), family: "inet" };
  if (octets.every((octet) => octet === 0)) return { host: null };
  const mapped = octets.subarray(0, 10).every((octet) => octet === 0) && octets[10] === 0xff && octets[11] === 0xff;
  if (mapped) return { host: v4(12), family: "inet" };
  const groups = Array.from({ length: 8 }, (_, index) => octets.readUInt16BE(index * 2).toString(16));
  return { host: new URL(`http://[${groups.join(":")}]`).hostname.slice(1, -1), family: "inet6" };
}

const ANY_V4 = { host: null, family: "inet" } as const;

/** An IPv6 wildcard also receives IPv4, unless another socket has the IPv4 address. */
function keepV6Only(rows: readonly SocketRow[]): readonly SocketRow[] {
  const v4 = new Set(rows.filter(({ family }) => family === "inet").map(({ space, place }) => `${space} ${place}`));
  return rows.map((row) => {
    const both = row.host === null && row.family === undefined;
    return both && v4.has(`${row.space} ${row.place}`) ? { ...row, family: "inet6" } : row;
  });
}

/** The processes of each socket; if none is visible, its user. */
async function usersOf(
  rows: readonly SocketRow[],
  proc: Proc,
): Promise<ReadonlyMap<SocketRow, readonly AddressUser[]>> {
  const links = new Map(rows.map((row) => [`socket:[${row.inode}]`, row]));
  const users = new Map<SocketRow, AddressUser[]>();
  const pids = rows.length === 0 ? [] : await proc.processes();
  for (let at = 0; at < pids.length && users.size < rows.length; at += PORTION) {
    for (const [pid, targets] of await proc.descriptors(pids.slice(at, at + PORTION))) {
      const had = new Set(targets.flatMap((target) => links.get(target) ?? []));
      const name = had.size === 0 ? "" : (await proc.read(`/proc/${pid}/comm`)).trim();
      for (const row of had) {
        const user = { pid: Number(pid), name: name === "" ? null : name, uid: row.uid };
        users.set(row, [...users.get(row) ?? [], user]);
      }
    }
  }
  for (const row of rows) if (!users.has(row)) users.set(row, [{ pid: null, name: null, uid: row.uid }]);
  return users;
}

const DIRECT: Proc = {
  read: (path) => readFile(path, "utf8").catch(() => ""),
  processes: async () => (await readdir("/proc").catch(() => [])).filter((name) => /^\d+$/.test(name)),
  descriptors: async (pids) => {
    const found = await Promise.all(pids.map(async (pid) => {
      const names = await readdir(`/proc/${pid}/fd`).catch(() => []);
      const targets = await Promise.all(names.map((name) => readlink(`/proc/${pid}/fd/${name}`).catch(() => "")));
      return [pid, targets] as const;
    }));
    return new Map(found);
  },
};

const BY_PROGRAMS: Proc = {
  read: (path) => outputOf("cat", [path]),
  processes: async () => (await outputOf("ls", ["/proc"])).split("\n").filter((name) => /^\d+$/.test(name)),
  descriptors: async (pids) => {
    const found = new Map<string, string[]>();
    // `ls` prints no heading for a single folder.
    const text = await outputOf("ls", ["-l", "/proc/self/fd", ...pids.map((pid) => `/proc/${pid}/fd`)]);
    let targets: string[] = [];
    for (const line of text.split("\n")) {
      const pid = /^\/proc\/(\d+)\/fd:$/.exec(line)?.[1];
      if (pid !== undefined) found.set(pid, targets = []);
      else targets.push(line.slice(line.indexOf(" -> ") + 4));
    }
    return found;
  },
};
