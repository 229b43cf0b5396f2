/**
 * Which topologies work on which socket runtime, and what they need of the system.
 *
 * @module
 */

import { type RuntimeSupport, typesOn } from "../../engine/worker/socket_support.ts";
import { isNamed } from "../../graph/claim.ts";
import type { NodeType } from "../../graph/node_type.ts";
import { checkedMessages } from "../../reconcile/facts.ts";
import type { Runtime } from "../../runtimes/runtime.ts";
import { loadTexts, type Wanted } from "../../sources/load.ts";
import { countErrors, type Diagnostic, diagnosticData } from "../../topology/diagnostic.ts";
import type { DoctorFinding, RightsReport, SocketsReport, SourceOnRuntime, SourceReport } from "./doctor_report.ts";
import type { RuntimeName } from "../invocation.ts";
import { readSources } from "../sources.ts";

/** What was found out about the sources. */
export interface Examined {
  readonly reports: readonly SourceReport[];
  /** What is wrong on the chosen runtime. */
  readonly diagnostics: readonly Diagnostic[];
  readonly findings: readonly DoctorFinding[];
}

/** How a finding names the host that offers a runtime. */
const HOSTS: Readonly<Record<RuntimeName, string>> = {
  deno: "Deno",
  bun: "Bun",
  posix: "Linux",
  memory: "Deno or Bun",
};

/** Loads every source for every runtime. */
export async function examineSources(
  sources: readonly string[],
  { runtime, sockets, rights }: { runtime: Runtime; sockets: SocketsReport; rights: RightsReport },
): Promise<Examined> {
  if (sources.length === 0) return { reports: [], diagnostics: [], findings: [] };
  const texts = await readSources(sources, runtime);
  const loads = sockets.support.map(({ runtime: name }) => {
    const types = typesOn(name);
    return { name, types, wanted: loadTexts(texts, { types, env: (variable) => runtime.process.env(variable) }) };
  });
  const reports = texts.map(({ name }) => reportOf(name, loads));
  const chosen = loads.find(({ name }) => name === sockets.chosen);
  return {
    reports,
    diagnostics: chosen?.wanted.diagnostics ?? [],
    findings: [
      ...reports.flatMap((report) => elsewhere(report, sockets)),
      ...chosen === undefined ? [] : privilegedPorts(chosen, rights),
    ],
  };
}

interface Load {
  readonly name: RuntimeSupport["runtime"];
  readonly types: readonly NodeType[];
  readonly wanted: Wanted;
}

function reportOf(source: string, loads: readonly Load[]): SourceReport {
  const topologies = new Set<string>();
  const runtimes = loads.map(({ name, wanted }): SourceOnRuntime => {
    for (const [name, topology] of wanted.loaded) {
      if (topology.source.name === source) topologies.add(name);
    }
    const diagnostics = wanted.diagnostics.filter(({ file }) => file.name === source);
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
    // Deno's own runtime needs no more than apply has; that of the system voids the sandbox.
    const permission = name === "posix" && offered.includes("deno") ? ", with --allow-ffi" : "";
    return `"--runtime ${name}" does${permission}`;
  });
  if (ways.length === 0) return [{ severity: "problem", message: `"${source}" works on no runtime: it is invalid` }];
  return [{ severity: "problem", message: `"${source}" does not work on runtime "${chosen}"; ${ways.join("; ")}` }];
}

/** Ports that the topologies bind and this process may not. */
function privilegedPorts({ types, wanted }: Load, rights: RightsReport): readonly DoctorFinding[] {
  const { firstFreePort } = rights;
  if (firstFreePort === null || rights.privilegedPorts !== false) return [];
  const table = new Map(types.map((type) => [type.name, type]));
  return wanted.topologies.flatMap(({ state }) =>
    state.nodes.flatMap((node): readonly DoctorFinding[] => {
      const { hook } = node;
      const messages = checkedMessages(table, node);
      const claims = table.get(node.type)?.claims({ hook, messages, linked: false, inTemplate: false }) ?? [];
      const kept = claims.filter((claim) => {
        return isNamed(claim) && claim.space !== "local" && Number(claim.place) < firstFreePort;
      });
      return kept.map(({ text }) => {
        const way = `CAP_NET_BIND_SERVICE or a port from ${firstFreePort} on is wanted`;
        return { severity: "problem", message: `Node "${state.name}/${node.name}" may not bind ${text}: ${way}` };
      });
    })
  );
}
