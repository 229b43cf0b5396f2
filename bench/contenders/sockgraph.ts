/**
 * Ours, as people run it: the tasks of deno.json on a topology file, with a control socket of their own.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { type Child, Unavailable } from "../children.ts";
import { type Contender, type Place, type RowName, STREAM_ROWS } from "../contender.ts";

/** The control socket of one that has this folder. */
export function controlOf(folder: string): string {
  return `${folder}/control.sock`;
}

const ROOT: string = fileURLToPath(new URL("../../", import.meta.url));

const QUICK: readonly RowName[] = [...STREAM_ROWS, "datagrams", "idle"];
const ROWS: readonly RowName[] = [...QUICK, "status"];

/** Each socket runtime in its host. */
export const sockgraphs: readonly Contender[] = [
  sockgraphOn("sockgraph deno", () => denoTask("apply")),
  sockgraphOn("sockgraph posix", () => denoTask("apply-posix"), { rows: [...ROWS, "streams"] }),
  sockgraphOn("sockgraph posix, 2 threads", () => [...denoTask("apply-posix"), "--threads", "2"], {
    rows: ["streams"],
    quickRows: [],
  }),
  sockgraphOn("sockgraph bun", () => ["bun", "src/cli/main.ts", "apply"]),
];

function sockgraphOn(
  name: string,
  command: () => readonly string[],
  { rows = ROWS, quickRows = QUICK }: Partial<Pick<Contender, "rows" | "quickRows">> = {},
): Contender {
  return {
    name,
    role: "ours",
    rows,
    quickRows,
    async start(place: Place): Promise<Child> {
      const file = `${place.folder}/bench.yaml`;
      await Deno.writeTextFile(file, topologyOf(place));
      return place.children.start([...command(), "--control", controlOf(place.folder), file], { cwd: ROOT });
    },
  };
}

/**
 * A task's command without the shell around it, so that its process id is the program's.
 *
 * @throws Unavailable when there is no such task
 */
function denoTask(task: string): readonly string[] {
  const { tasks } = JSON.parse(Deno.readTextFileSync(`${ROOT}deno.json`));
  const command: unknown = tasks[task]?.command ?? tasks[task];
  if (typeof command !== "string") throw new Unavailable(`deno.json has no task "${task}"`);
  // A task may begin with variables, which `env` sets before it becomes the program.
  return ["env", ...command.split(/\s+/).map((word) => word === "deno" ? Deno.execPath() : word)];
}

function topologyOf({ transport, port, target }: Place): string {
  return transport === "tcp" ? streamTopology(port, target) : datagramTopology(port, target);
}

function streamTopology(port: number, target: number): string {
  return `name: bench
nodes:
  front:
    type: ksocket
    hook: inet/stream/tcp
    messages:
      - bind: inet/127.0.0.1:${port}
      - listen: 4096
      - accept: { connect: "inet/127.0.0.1:${target}" }
`;
}

function datagramTopology(port: number, target: number): string {
  return `name: bench
nodes:
  in:
    type: ksocket
    hook: inet/dgram/udp
    messages:
      - bind: inet/127.0.0.1:${port}
  out:
    type: ksocket
    hook: inet/dgram/udp
    messages:
      - connect: inet/127.0.0.1:${target}
links:
  - [in, out]
`;
}
