/**
 * The result of `doctor` as JSON (`doctor -o json`): format version 1.
 *
 * @module
 */

import type { RuntimeSupport } from "../../../engine/worker/socket_support.ts";
import type { EngineStatus } from "../../../reconcile/status/status_types.ts";
import type { HostPermission } from "../../../runtimes/runtime.ts";
import type { LibraryReport } from "../../../runtimes/tls/libssl.ts";
import type { DiagnosticData } from "../../../topology/parse/diagnostic.ts";
import type { Build } from "../../../version.ts";
import type { RuntimeName } from "../../command.ts";

/** All results. */
export interface DoctorReport {
  readonly formatVersion: 1;
  readonly version: string;
  readonly build: Build | null;
  readonly host: { readonly name: string; readonly version: string; readonly system: string };
  readonly sockets: SocketsReport;
  /** The library that TLS needs. */
  readonly tls: LibraryReport;
  /** Deno's permissions of this call; null if the host has none. */
  readonly permissions: readonly HostPermission[] | null;
  readonly rights: RightsReport;
  readonly control: ControlReport;
  /** Environment variables that are used; null if they are not set. */
  readonly environment: Readonly<Record<string, string | null>>;
  readonly sources: readonly SourceReport[];
  readonly findings: readonly DoctorFinding[];
}

/** The socket runtimes. */
export interface SocketsReport {
  /** Those of this host, its default first. */
  readonly offered: readonly RuntimeName[];
  /** The default runtime; null if the host has no sockets. */
  readonly chosen: RuntimeName | null;
  /** The capabilities of every runtime, on any host. */
  readonly support: readonly RuntimeSupport[];
}

/** A number, or as many as one likes. */
export type Limit = number | "unlimited";

/** The limits of the system; null is unknown. */
export interface RightsReport {
  /** Ports below this one need a privilege. */
  readonly firstFreePort: number | null;
  /** True if this process may bind them; null if unknown. */
  readonly privilegedPorts: boolean | null;
  readonly openFiles: { readonly soft: Limit; readonly hard: Limit } | null;
  /** About how many connections that is enough for, of one socket each. */
  readonly connections: Limit | null;
}

/** The control socket. */
export interface ControlReport {
  readonly path: string;
  /** The option or variable that named it. */
  readonly from: string;
  /**
   * - `free`: not in use
   * - `engine`: an engine answers
   * - `stale`: left by an ended engine; `apply` removes it
   * - `unusable`: `reason` says why
   * - `unknown`: a permission to check it is missing
   */
  readonly state: "free" | "engine" | "stale" | "unusable" | "unknown";
  /** The owner of the socket, if there is one. */
  readonly uid: number | null;
  readonly engine: EngineStatus | null;
  readonly reason: string | null;
}

/** One source of topologies. */
export interface SourceReport {
  /** Its name. */
  readonly source: string;
  /** The topologies in it that are valid on some runtime. */
  readonly topologies: readonly string[];
  readonly runtimes: readonly SourceOnRuntime[];
}

/** The result of a source on a runtime. */
export interface SourceOnRuntime {
  readonly runtime: RuntimeName;
  readonly works: boolean;
  readonly diagnostics: readonly DiagnosticData[];
}

/** A problem prevents something; a warning may do so later. */
export interface DoctorFinding {
  readonly severity: "problem" | "warning";
  readonly message: string;
}
