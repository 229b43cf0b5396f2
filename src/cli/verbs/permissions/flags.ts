/**
 * The permissions that topologies need, as Deno's flags.
 *
 * Deno grants net by host and port, a unix socket by its path, and files by path. Addresses that cannot be named
 * beforehand (the sources of datagrams, the addresses of a host name) need a flag without names, and a note about it.
 *
 * @module
 */

import { privatePath } from "../../../runtimes/host/private_socket.ts";
import { directoryOf } from "../../../sources/path.ts";
import type { Address, UsedSocket } from "./addresses.ts";

/** The resources that a run of the engine uses. */
export interface Needs {
  /** The sockets of all topologies. */
  readonly sockets: readonly UsedSocket[];
  /** Files and folders that are read: sources. */
  readonly files: readonly string[];
  /** Hosts of sources, `example.org:443`. */
  readonly hosts: readonly string[];
  /** Variables of the environment. */
  readonly variables: readonly string[];
  /** The control socket, and where it is made. */
  readonly control: { readonly path: string; readonly aside: string; readonly ownDirectory: string | null };
  /** Files that are appended to. */
  readonly appended: readonly string[];
  /** Programs that are started; null for one that is not known before it runs. */
  readonly programs: readonly (string | null)[];
  /** Addresses where HTTP is served. */
  readonly served: readonly string[];
  readonly posix: boolean;
}

/** Flags and notes about them. */
export interface Flags {
  readonly flags: readonly string[];
  readonly notes: readonly string[];
}

/** Loopback's names are looked up to loopback. */
const LOOPBACK_NAMES: readonly string[] = ["localhost"];

/** The flags for what is needed. */
export function flagsFor(needs: Needs): Flags {
  const { control, posix } = needs;
  const folder = control.aside.slice(0, control.aside.lastIndexOf("/"));
  const locals = needs.sockets.flatMap(({ addresses }) => addresses).filter((one) => one.kind === "local");
  const paths = [
    control.path,
    `${control.path}.lock`,
    folder,
    ...control.ownDirectory === null ? [] : [
      control.ownDirectory,
    ],
    ...posix ? [] : locals.flatMap(({ path, aside }) => aside ? [path, directoryOf(privatePath(path))] : [path]),
  ];
  const wide = needs.sockets.flatMap(whyWide);
  const flags = [
    flag("env", needs.variables),
    wide.length > 0 ? "--allow-net" : flag("net", netNames(needs)),
    flag("read", [...needs.files, ...needs.sockets.flatMap(({ files }) => files), ...needs.appended, ...paths]),
    flag("write", [...needs.appended, ...paths]),
    ...control.ownDirectory === null ? [] : ["--allow-sys=uid"],
    ...posix ? [] : [runFlag(needs.programs)],
    ...posix || needs.sockets.some(({ hasTls }) => hasTls) ? ["--allow-ffi"] : [],
  ];
  const notes = posix || !needs.programs.includes(null) ? wide : [...wide, UNKNOWN_PROGRAM];
  return { flags: flags.filter((one) => one !== null), notes };
}

const UNKNOWN_PROGRAM = "A program is not known before it runs: --allow-run has no names";

/** With the posix runtime programs are started by FFI. */
function runFlag(programs: readonly (string | null)[]): string | null {
  return programs.includes(null) ? "--allow-run" : flag("run", programs.filter((path) => path !== null));
}

/**
 * Why a socket's address cannot be named; with FFI the system's sockets need no permission, but lookups of names do.
 */
function whyWide({ node, addresses, answersAnyone }: UsedSocket): readonly string[] {
  const name = addresses.find((one) => one.kind === "inet" && one.isName && !LOOPBACK_NAMES.includes(one.host));
  if (name?.kind === "inet") {
    return [
      `"${node}" looks up "${name.host}" at every connect, and Deno grants network access by address, so --allow-net cannot be limited to hosts`,
    ];
  }
  return answersAnyone
    ? [`"${node}" may answer every sender of datagrams, so --allow-net cannot be limited to hosts`]
    : [];
}

function netNames({ sockets, hosts, served, control }: Needs): readonly string[] {
  const own = sockets.flatMap(({ addresses, bindsItself }) => [
    ...addresses.flatMap(netNamesOf),
    ...bindsItself ? addresses.flatMap(sourceOf) : [],
  ]);
  return [...own, ...hosts, ...served, `unix:${control.path}`, `unix:${control.aside}`];
}

/** The automatic address of a datagram socket: loopback if it sends there, otherwise all. */
function sourceOf(address: Address): readonly string[] {
  if (address.kind === "local") return [];
  if (address.isName) return ["127.0.0.1:0", "[::1]:0"];
  if (address.host.includes(":")) return [address.host === "::1" ? "[::1]:0" : "[::]:0"];
  return [address.host.startsWith("127.") ? "127.0.0.1:0" : "0.0.0.0:0"];
}

function netNamesOf(address: Address): readonly string[] {
  if (address.kind === "local") {
    const { path, aside } = address;
    return aside ? [`unix:${path}`, `unix:${privatePath(path)}`] : [`unix:${path}`];
  }
  const { host, port, isName } = address;
  const suffix = port === null ? "" : `:${port}`;
  // A lookup needs the name without a port, and connecting needs its addresses.
  if (isName) return [host, `127.0.0.1${suffix}`, `[::1]${suffix}`];
  return [host.includes(":") ? `[${host}]${suffix}` : `${host}${suffix}`];
}

/** A comma within a name is written twice. */
function flag(kind: string, names: readonly string[]): string | null {
  const list = [...new Set(names)].map((name) => name.replaceAll(",", ",,")).join(",");
  return list === "" ? null : `--allow-${kind}=${list}`;
}
