/**
 * `permissions`: the flags of Deno that an engine needs to run topologies, and no others.
 *
 * @module
 */

import { describeTypes } from "../../../engine/node_catalog.ts";
import { programsOf } from "../../../engine/program_rights.ts";
import { privatePath } from "../../../runtimes/host/private_socket.ts";
import { loadTexts } from "../../../sources/load.ts";
import { refuseSavedPlans } from "../apply/saved_plan.ts";
import type { HostProcess } from "../../../runtimes/runtime.ts";
import { resolvePath } from "../../../sources/path.ts";
import { httpPlace } from "../../http_place.ts";
import { baseDirectory } from "../../paths.ts";
import type { CommandContext } from "../../command.ts";
import { socketPlace } from "../../connection.ts";
import { EXIT, type ExitCode } from "../../exit_code.ts";
import type { PermissionsInvocation } from "../permissions.ts";
import { socketsOf } from "./addresses.ts";
import { nodeFilesOf, proxiesOf } from "./node_files.ts";
import { flagsFor } from "./flags.ts";
import { printProblems } from "../../problems.ts";
import { withGivenValues } from "../../../sources/applied_variables.ts";
import { readGivenValues, withProblems } from "../../given_values.ts";
import { namedSources, readSources } from "../../sources.ts";

/** Prints the flags on one line, and what is wide about them on standard error. */
export async function permissions(invocation: PermissionsInvocation, context: CommandContext): Promise<ExitCode> {
  const { runtime, output } = context;
  const types = await describeTypes(runtime, "memory");
  const texts = await readSources(invocation.sources, runtime);
  refuseSavedPlans(texts);
  const asked = new Set<string>();
  const { given, diagnostics: problems } = await readGivenValues(invocation, runtime);
  const env = withGivenValues((name) => {
    asked.add(name);
    return runtime.process.env(name);
  }, given);
  const { topologies, diagnostics, valid } = withProblems(loadTexts(texts, { types, env, given }), problems);
  printProblems(output, diagnostics);
  if (!valid) return EXIT.invalid;
  const variables = [...asked, ...YAML_VARIABLES];
  const posix = invocation.runtime === "posix";
  const place = socketPlace(runtime, invocation.control);
  const named = await namedSources(invocation.sources, runtime);
  const proxies = topologies.map(({ state }) => proxiesOf(state));
  const nodeFiles = topologies.map(({ state }) => nodeFilesOf(state));
  const { flags, notes } = flagsFor({
    sockets: topologies.flatMap(({ state }) => socketsOf(state, types)),
    files: [
      ...named.flatMap((source) => source.kind === "path" ? [source.path] : []),
      ...texts.flatMap(({ kind, included }) => kind === "file" ? included?.files.map(({ key }) => key) ?? [] : []),
      ...nodeFiles.flatMap(({ read }) => read),
      ...proxies.flatMap(({ files }) => files),
      // The thread of the graph reads our modules when it starts.
      decodeURIComponent(new URL("../../../", import.meta.url).pathname),
    ],
    hosts: [
      ...named.flatMap((source) => source.kind === "url" ? [hostOf(source.url)] : []),
      ...proxies.flatMap(({ hosts }) => hosts),
    ],
    programs: topologies.flatMap(({ state }) => programsOf(state)),
    appended: [...appendedFiles(invocation, runtime.process), ...nodeFiles.flatMap(({ written }) => written)],
    served: servedAddresses(invocation),
    variables: [
      ...variables,
      ...invocation.control === null ? CONTROL_VARIABLES : [],
      ...place.ownDirectory === null ? [] : FOLDER_VARIABLES,
    ],
    control: { ...place, aside: privatePath(place.path) },
    posix,
  });
  if (invocation.format === "json") output.resultJson({ formatVersion: 1, flags, notes });
  else output.result(flags.map(quoted).join(" "));
  for (const note of notes) output.warn(note);
  return EXIT.done;
}

/** yaml 2.9.1 needs it: it checks whether to trace. */
const YAML_VARIABLES = ["LOG_STREAM", "LOG_TOKENS"];

/** For the default control socket. */
const CONTROL_VARIABLES = ["SOCKGRAPH_CONTROL", "XDG_RUNTIME_DIR"];

/** For the folder of temporary files. */
const FOLDER_VARIABLES = ["TMPDIR", "TMP", "TEMP"];

/** Standard output needs no permission. */
function appendedFiles({ accessLog }: PermissionsInvocation, process: HostProcess): readonly string[] {
  return accessLog === null || accessLog === "-" ? [] : [resolvePath(baseDirectory(process), accessLog)];
}

function servedAddresses({ http }: PermissionsInvocation): readonly string[] {
  if (http === null) return [];
  const { hostname, port } = httpPlace(http, { allowRemote: true });
  return [`${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`];
}

function hostOf(url: string): string {
  const { hostname, port, protocol } = new URL(url);
  return `${hostname}:${port === "" ? protocol === "https:" ? 443 : 80 : port}`;
}

/** Quoted for a shell. */
function quoted(flag: string): string {
  return /^[\w@%+=:,./[\]-]+$/.test(flag) && !/[[\]]/.test(flag) ? flag : `'${flag.replaceAll("'", "'\\''")}'`;
}
