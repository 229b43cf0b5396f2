/**
 * nginx as a relay, with its own buffers and with large ones, and as the web server that the request rows talk to.
 *
 * @module
 */

import type { Child } from "../children.ts";
import { type Contender, type Place, type RowName, STREAM_ROWS } from "../contender.ts";

/** nginx as it comes. */
export const nginx: Contender = nginxWith("nginx", {
  buffer: null,
  rows: [...STREAM_ROWS, "datagrams"],
  quickRows: ["datagrams"],
});

/** nginx with buffers of 256 KiB. */
export const nginxTuned: Contender = nginxWith("nginx 256k", {
  buffer: "256k",
  rows: STREAM_ROWS,
  quickRows: STREAM_ROWS,
});

/** nginx with the room for datagrams that we ask for. */
export const nginxRoomy: Contender = nginxWith("nginx rcvbuf 4m", {
  buffer: null,
  rows: ["datagrams"],
  quickRows: [],
  room: "4m",
});

/** Where distributions keep the module; where nginx has it built in, loading it fails, so only a file is loaded. */
const STREAM_MODULES = [
  "/usr/lib/nginx/modules/ngx_stream_module.so",
  "/usr/lib64/nginx/modules/ngx_stream_module.so",
] as const;

function nginxWith(
  name: string,
  options: { buffer: string | null; rows: readonly RowName[]; quickRows: readonly RowName[]; room?: string },
): Contender {
  const { buffer, rows, quickRows, room = null } = options;
  return {
    name,
    role: "peer",
    rows,
    quickRows,
    async start(place) {
      const module = STREAM_MODULES.find(isFile);
      const load = module === undefined ? "" : `load_module ${module};\n`;
      return await launch(place, `${load}${GENERAL}stream {\n${relay(place, { buffer, room })}}\n`);
    },
  };
}

/** Answers every request on `place.port` with two octets. */
export async function startWebServer(place: Omit<Place, "target" | "transport">): Promise<Child> {
  return await launch(
    place,
    `${GENERAL}http {
  access_log off;
  server {
    listen 127.0.0.1:${place.port} backlog=4096;
    keepalive_requests 100000000;
    location / { return 200 "ok"; }
  }
}
`,
  );
}

const GENERAL = `worker_processes 1;
daemon off;
pid nginx.pid;
error_log stderr crit;
events { worker_connections 8192; }
`;

function relay(
  { port, target, transport }: Place,
  { buffer, room }: { buffer: string | null; room: string | null },
): string {
  const kind = transport === "udp" ? ` udp${room === null ? "" : ` rcvbuf=${room}`}` : " backlog=4096";
  const size = buffer === null ? "" : `    proxy_buffer_size ${buffer};\n`;
  const answers = transport === "udp" ? "    proxy_responses 0;\n" : "";
  return `  server {
    listen 127.0.0.1:${port}${kind};
    proxy_pass 127.0.0.1:${target};
${size}${answers}  }
`;
}

async function launch({ folder, children }: Pick<Place, "folder" | "children">, text: string): Promise<Child> {
  const path = `${folder}/nginx.conf`;
  await Deno.writeTextFile(path, text);
  return children.start(["nginx", "-p", folder, "-e", "stderr", "-c", path]);
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
