/**
 * `doctor`: checks this machine and reports problems.
 *
 * @module
 */

import { socketSupport } from "../../../engine/worker/socket_support.ts";
import type { HostPermission, ProcessRights, Runtime } from "../../../runtimes/runtime.ts";
import { type LibraryReport, reportLibrary } from "../../../runtimes/tls/libssl.ts";
import { countErrors } from "../../../topology/parse/diagnostic.ts";
import { BUILD, VERSION } from "../../../version.ts";
import type { CommandContext } from "../../command.ts";
import { ENVIRONMENT } from "../../defaults.ts";
import { examineControl } from "./doctor_control.ts";
import type {
  ControlReport,
  DoctorFinding,
  DoctorReport,
  Limit,
  RightsReport,
  SocketsReport,
} from "./doctor_report.ts";
import { examineSources } from "./doctor_sources.ts";
import { doctorLines } from "./doctor_view.ts";
import { EXIT, type ExitCode } from "../../exit_code.ts";
import type { DoctorInvocation } from "../doctor.ts";
import { baseDirectory } from "../../paths.ts";
import { printProblems } from "../../problems.ts";

/** Descriptors that the program itself uses, and room for control connections. */
const RESERVED_FILES = 64;
/** Fewer connections than this are soon used up. */
const FEW_CONNECTIONS = 1_000;
/** The requirements of `apply`. */
const NEEDED_PERMISSIONS = ["net", "read", "write", "env"];

/** Checks everything and prints the results; exits with 65 for invalid topologies, 1 for other problems. */
export async function doctor(invocation: DoctorInvocation, { runtime, output }: CommandContext): Promise<ExitCode> {
  const { host } = runtime;
  const sockets = socketsOf(runtime, invocation);
  const tls = reportLibrary();
  const rights = rightsOf(await runtime.rights.read());
  const control = await examineControl(runtime, invocation.control);
  const permissions = runtime.rights.permissions();
  const enginePid = control.engine?.pid ?? null;
  const found = await examineSources(invocation.sources, { ...invocation, runtime, sockets, rights, enginePid });
  const { reports, diagnostics, findings } = found;
  const report: DoctorReport = {
    formatVersion: 1,
    version: VERSION,
    build: BUILD,
    host: { name: host.name, version: host.version, system: runtime.rights.system },
    sockets,
    tls,
    permissions,
    rights,
    control,
    environment: Object.fromEntries(
      ENVIRONMENT.filter(({ shown }) => shown === true).map(({ name }) => [name, runtime.process.env(name) ?? null]),
    ),
    sources: reports,
    findings: [
      ...machineFindings({ sockets, tls, rights, control, permissions }),
      ...findings,
    ],
  };
  if (invocation.format === "json") {
    output.resultJson(report);
  } else {
    printProblems(output, diagnostics);
    const style = { width: output.columns, base: baseDirectory(runtime.process), uid: runtime.process.uid };
    output.answer(doctorLines(report, { ...style, paint: output.paint.bind(output) }).join("\n"));
  }
  if (countErrors(diagnostics) > 0) return EXIT.invalid;
  return report.findings.some(({ severity }) => severity === "problem") ? EXIT.failed : EXIT.done;
}

function socketsOf({ socketRuntimes }: Runtime, { runtime }: DoctorInvocation): SocketsReport {
  const chosen = runtime ?? socketRuntimes.find((name) => name !== "memory") ?? null;
  return { offered: socketRuntimes, chosen, support: socketSupport() };
}

function rightsOf({ openFiles, ...ports }: ProcessRights): RightsReport {
  if (openFiles === null) return { ...ports, openFiles, connections: null };
  const { soft, hard } = openFiles;
  const connections = limitOf(Math.max(0, soft - RESERVED_FILES));
  return { ...ports, openFiles: { soft: limitOf(soft), hard: limitOf(hard) }, connections };
}

function limitOf(value: number): Limit {
  return Number.isFinite(value) ? value : "unlimited";
}

function machineFindings(
  facts: {
    readonly sockets: SocketsReport;
    readonly tls: LibraryReport;
    readonly rights: RightsReport;
    readonly control: ControlReport;
    readonly permissions: readonly HostPermission[] | null;
  },
): readonly DoctorFinding[] {
  const { sockets, tls, rights, control, permissions } = facts;
  const found: DoctorFinding[] = [];
  if (sockets.chosen === null) found.push({ severity: "problem", message: "There are no sockets on this host" });
  const datagrams = sockets.support.find(({ runtime }) => runtime === sockets.chosen)?.kinds["inet/dgram"];
  if (sockets.chosen === "deno" && datagrams?.features["open"] === "no") {
    const message = "UDP and unix datagram sockets are missing: run Deno with --unstable-net";
    found.push({ severity: "warning", message });
  }
  if (tls.problem !== null && tls.path === null) found.push({ severity: "warning", message: tls.problem });
  const needed = sockets.chosen === "posix" ? [...NEEDED_PERMISSIONS, "ffi"] : NEEDED_PERMISSIONS;
  const withheld = permissions?.filter(({ name, state }) => state !== "granted" && needed.includes(name));
  for (const { name } of withheld ?? []) {
    const message = `Permission "--allow-${name}" is granted only in part: apply may lack a permission`;
    found.push({ severity: "warning", message });
  }
  if (control.state === "unusable") {
    found.push({ severity: "problem", message: control.reason ?? `Cannot use control socket "${control.path}"` });
  }
  const { connections, openFiles } = rights;
  if (typeof connections === "number" && connections < FEW_CONNECTIONS) {
    const message =
      `Open files are limited to ${openFiles?.soft}: "ulimit -n", or LimitNOFILE= of a service, raises that`;
    found.push({ severity: "warning", message });
  }
  return found;
}
