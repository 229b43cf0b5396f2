/**
 * The topologies that work on each socket runtime, and their requirements of the system.
 *
 * @module
 */

import { type RuntimeSupport, typesOn } from "../../../engine/worker/socket_support.ts";
import type { NamedClaim } from "../../../graph/data/claim.ts";
import type { NodeType } from "../../../graph/core/node_type.ts";
import { claimsOf } from "../../../reconcile/diff/claims.ts";
import { type AddressUsers, formatUser } from "../../../runtimes/address_users.ts";
import type { FileFact, Runtime } from "../../../runtimes/runtime.ts";
import { type LoadedTopologies, loadTexts } from "../../../sources/load.ts";
import { withGivenValues } from "../../../sources/applied_variables.ts";
import { directoryOf } from "../../../sources/path.ts";
import { countErrors, type Diagnostic, diagnosticData } from "../../../topology/parse/diagnostic.ts";
import type { DoctorFinding, RightsReport, SocketsReport, SourceOnRuntime, SourceReport } from "./doctor_report.ts";
import type { RuntimeName } from "../../command.ts";
import type { ParameterOptions } from "../../args/parts.ts";
import { readGivenValues, withProblems } from "../../given_values.ts";
import { readSources } from "../../sources.ts";

/** The results for the sources. */
export interface Examined {
  readonly reports: readonly SourceReport[];
  /** The problems on the chosen runtime. */
  readonly diagnostics: readonly Diagnostic[];
  readonly findings: readonly DoctorFinding[];
}

/** The name of the host that offers a runtime, in a finding. */
const HOSTS: Readonly<Record<RuntimeName, string>> = {
  deno: "Deno",
  bun: "Bun",
  posix: "Linux",
  memory: "Deno or Bun",
};

/** Loads every source for every runtime. */
export async function examineSources(
  sources: readonly string[],
  { runtime, sockets, rights, enginePid, set = [], values = [] }: Partial<ParameterOptions> & {
    readonly runtime: Runtime;
    readonly sockets: SocketsReport;
    readonly rights: RightsReport;
    /** The engine that runs; null if none does. */
    readonly enginePid: number | null;
  },
): Promise<Examined> {
  if (sources.length === 0) return { reports: [], diagnostics: [], findings: [] };
  const texts = await readSources(sources, runtime);
  const { given, diagnostics: problems } = await readGivenValues({ set, values }, runtime);
  const env = withGivenValues((variable) => runtime.process.env(variable), given);
  const loads = sockets.support.map(({ runtime: name }) => {
    const types = typesOn(name);
    return { name, types, desired: withProblems(loadTexts(texts, { types, env, given }), problems) };
  });
  const reports = texts.map(({ name }) => reportOf(name, loads));
  const chosen = loads.find(({ name }) => name === sockets.chosen);
  const bindings = chosen === undefined ? [] : bindingsOf(chosen);
  return {
    reports,
    diagnostics: chosen?.desired.diagnostics ?? [],
    findings: [
      ...reports.flatMap((report) => elsewhere(report, sockets)),
      ...privilegedPorts(bindings, rights),
      ...await usedAddresses(bindings, { addresses: runtime.addresses, enginePid }),
      ...await unusablePaths(bindings, runtime),
    ],
  };
}

interface Load {
  readonly name: RuntimeSupport["runtime"];
  readonly types: readonly NodeType[];
  readonly desired: LoadedTopologies;
}

function reportOf(source: string, loads: readonly Load[]): SourceReport {
  const topologies = new Set<string>();
  const runtimes = loads.map(({ name, desired }): SourceOnRuntime => {
    for (const [name, topology] of desired.loaded) {
      if (topology.source.name === source) topologies.add(name);
    }
    const diagnostics = desired.diagnostics.filter(({ file }) => file.name === source);
    return { runtime: name, works: countErrors(diagnostics) === 0, diagnostics: diagnostics.map(diagnosticData) };
  });
  return { source, topologies: [...topologies], runtimes };
}

/** Names the runtimes that can, where the chosen one cannot. */
function elsewhere({ source, runtimes }: SourceReport, { chosen, offered }: SocketsReport): readonly DoctorFinding[] {
  if (chosen === null || runtimes.find(({ runtime }) => runtime === chosen)?.works !== false) return [];
  const able = runtimes.filter(({ works, runtime }) => works && runtime !== "memory").map(({ runtime }) => runtime);
  const ways = able.map((name) => {
    if (!offered.includes(name)) return `"${name}" does, on ${HOSTS[name]}`;
    // Deno's own runtime needs no more than apply has; that of the system disables the sandbox.
    const permission = name === "posix" && offered.includes("deno") ? ", with --allow-ffi" : "";
    return `"--runtime ${name}" does${permission}`;
  });
  if (ways.length === 0) return [{ severity: "problem", message: `"${source}" works on no runtime: it is invalid` }];
  return [{ severity: "problem", message: `"${source}" does not work on runtime "${chosen}"; ${ways.join("; ")}` }];
}

/** An address that a node binds. */
interface Binding {
  /** Such as `web/front`. */
  readonly node: string;
  readonly claim: NamedClaim;
}

function bindingsOf({ types, desired }: Load): readonly Binding[] {
  const table = new Map(types.map((type) => [type.name, type]));
  return desired.topologies.flatMap(({ state }) =>
    state.nodes.flatMap((node) => {
      return claimsOf(table, node).map((claim) => ({ node: `${state.name}/${node.name}`, claim }));
    })
  );
}

/** Ports that the topologies bind and this process may not. */
function privilegedPorts(bindings: readonly Binding[], rights: RightsReport): readonly DoctorFinding[] {
  const { firstFreePort } = rights;
  if (firstFreePort === null || rights.privilegedPorts !== false) return [];
  const way = `CAP_NET_BIND_SERVICE or a port from ${firstFreePort} on is needed`;
  return bindings.filter(({ claim }) => claim.space !== "local" && Number(claim.place) < firstFreePort).map(
    ({ node, claim }) => ({ severity: "problem", message: `Node "${node}" may not bind ${claim.text}: ${way}` }),
  );
}

/** Addresses that the topologies bind and other processes have. The engine that runs may change itself. */
async function usedAddresses(
  bindings: readonly Binding[],
  { addresses, enginePid }: { readonly addresses: AddressUsers; readonly enginePid: number | null },
): Promise<readonly DoctorFinding[]> {
  // A shared address may be used by several, if the others share it too.
  const own = bindings.filter(({ claim }) => !claim.shared);
  const users = await addresses.find(own.map(({ claim }) => claim), { programs: true });
  return own.flatMap(({ node, claim }, index): readonly DoctorFinding[] => {
    const others = (users[index] ?? []).filter(({ pid }) => pid === null || pid !== enginePid);
    if (others.length === 0) return [];
    const owners = others.map(formatUser).join(", ");
    const message = `Cannot bind "${node}" to ${claim.text}: address is already in use by ${owners}`;
    return [{ severity: "problem", message }];
  });
}

/** Paths of unix sockets with another file, or whose folder is missing or not writable. */
async function unusablePaths(
  bindings: readonly Binding[],
  { files, process }: Runtime,
): Promise<readonly DoctorFinding[]> {
  const findings = bindings.filter(({ claim }) => claim.space === "local").map(async ({ node, claim }) => {
    const path = claim.place;
    const folder = directoryOf(path);
    const [fact, above] = await Promise.all([path, folder].map((one) => files.stat(one).catch(() => undefined)));
    const why = above === null
      ? `folder "${folder}" does not exist`
      : above !== undefined && above.kind !== "directory"
      ? `"${folder}" is not a folder`
      : fact !== null && fact !== undefined && fact.kind !== "socket"
      ? `there is a ${fact.kind}, which is not removed: choose another path or remove it`
      : above !== undefined && !mayWrite(above, process.uid)
      ? `folder "${folder}" belongs to user ${above.uid} and is not writable for you`
      : null;
    return why === null
      ? []
      : [{ severity: "problem" as const, message: `Cannot bind "${node}" to ${claim.text}: ${why}` }];
  });
  return (await Promise.all(findings)).flat();
}

/** False only where it is certain: rights of groups are not known here. */
function mayWrite({ uid, mode }: FileFact, own: number | null): boolean {
  if (own === null || own === 0 || uid === null || mode === null) return true;
  return uid === own ? (mode & 0o200) !== 0 : (mode & 0o022) !== 0;
}
