/**
 * `deno run -A --unstable-net bench/tls.ts`: the processor time of TLS compared with HAProxy and nginx: per handshake, and per
 * GiB in each direction. Each relay decrypts in one thread and forwards to a server without TLS. They are measured in
 * turn, and ratios compare consecutive measurements.
 *
 * @module
 */

// deno-lint-ignore-file no-console -- A separate program whose result is its output.

import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type Child, Children } from "./children.ts";
import { cpuSeconds } from "./cpu.ts";
import { freePort, untilBound } from "./ports.ts";
import { formatTable } from "./report.ts";
import { summarize } from "./statistics.ts";

const LOAD = fileURLToPath(new URL("stream_load.ts", import.meta.url));
const ROOT = fileURLToPath(new URL("../", import.meta.url));
const MIB = 1024 * 1024;

/** Where the relays of one run are. */
interface Place {
  readonly children: Children;
  readonly folder: string;
  /** The certificate and its key in one file, as HAProxy has it. */
  readonly pem: string;
  readonly cert: string;
  readonly key: string;
}

/** Starts a relay that accepts TLS at `port` and forwards to `target`. */
type Start = (place: Place, ports: { readonly port: number; readonly target: number }) => Promise<Child>;

const sockgraph = (runtime: "posix" | "deno" | "bun"): Start => async ({ children, folder, cert, key }, ports) => {
  const file = `${folder}/${runtime}-${ports.port}.yaml`;
  await Deno.writeTextFile(
    file,
    `name: bench
nodes:
  front:
    type: ksocket
    hook: inet/stream/tls
    messages:
      - settls: { cert: ${cert}, key: ${key} }
      - bind: inet/127.0.0.1:${ports.port}
      - listen: 1024
      - accept: { connect: "inet/127.0.0.1:${ports.target}" }
`,
  );
  const { tasks } = JSON.parse(await Deno.readTextFile(`${ROOT}/deno.json`));
  const { command }: { readonly command: string } = tasks["apply-posix"];
  const [, , ...args] = command.split(/\s+/); // Without the variable and the program.
  const deno = [Deno.execPath(), ...args.slice(0, -1), runtime];
  const program = runtime === "bun" ? ["bun", "src/cli/main.ts", "apply"] : deno;
  return children.start([...program, "--control", `${folder}/${runtime}-${ports.port}.sock`, file], { cwd: ROOT });
};

const RELAYS: Readonly<Record<string, Start>> = {
  haproxy: async ({ children, folder, pem }, { port, target }) => {
    const file = `${folder}/haproxy-${port}.cfg`;
    await Deno.writeTextFile(
      file,
      `global
  nbthread 1
  maxconn 2000
defaults
  mode tcp
  timeout connect 5s
  timeout client 60s
  timeout server 60s
frontend front
  bind 127.0.0.1:${port} ssl crt ${pem}
  default_backend back
backend back
  server one 127.0.0.1:${target}
`,
    );
    return children.start(["haproxy", "-db", "-q", "-f", file]);
  },
  nginx: async ({ children, folder, cert, key }, { port, target }) => {
    const file = `${folder}/nginx-${port}.conf`;
    await Deno.writeTextFile(
      file,
      `load_module /usr/lib/nginx/modules/ngx_stream_module.so;
daemon off; master_process off; pid ${folder}/nginx-${port}.pid; error_log stderr crit;
events { worker_connections 2048; }
stream {
  server {
    listen 127.0.0.1:${port} ssl;
    ssl_certificate ${cert}; ssl_certificate_key ${key};
    ssl_protocols TLSv1.2 TLSv1.3;
    proxy_pass 127.0.0.1:${target};
  }
}
`,
    );
    return children.start(["nginx", "-c", file, "-e", "stderr"]);
  },
  posix: sockgraph("posix"),
  deno: sockgraph("deno"),
  bun: sockgraph("bun"),
};

/** What is measured: the load, and how many units of work it was. */
interface Row {
  readonly unit: string;
  /** Which server is behind the relay. */
  readonly server: "sink" | "file";
  load(port: number, place: Place, size: Size): Promise<number>;
}

interface Size {
  readonly seconds: number;
  readonly megabytes: number;
}

const ROWS: Readonly<Record<string, Row>> = {
  handshakes: {
    unit: "us",
    server: "sink",
    async load(port, { children }, { seconds }) {
      const text = await children.run([
        "openssl",
        "s_time",
        "-connect",
        `127.0.0.1:${port}`,
        "-new",
        "-time",
        `${seconds}`,
      ]);
      const count = Number(/(\d+) connections in \d+ real seconds/.exec(text)?.[1]);
      if (!(count > 0)) throw new Error(`openssl s_time said ${text}`);
      return count / 1e6;
    },
  },
  "GiB down": {
    unit: "ms",
    server: "file",
    async load(port, { children }, { megabytes }) {
      await children.run(["curl", "-sS", "-k", "-o", "/dev/null", `https://127.0.0.1:${port}/big`]);
      return megabytes / 1024 / 1000;
    },
  },
  "GiB up": {
    unit: "ms",
    server: "sink",
    async load(port, { children, folder }, { megabytes }) {
      const send = `openssl s_client -connect 127.0.0.1:${port} -quiet -no_ign_eof < ${folder}/big > /dev/null 2>&1`;
      await children.run(["sh", "-c", send]);
      return megabytes / 1024 / 1000;
    },
  },
};

async function main(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      relays: { type: "string", default: "haproxy,nginx,posix" },
      rows: { type: "string", default: Object.keys(ROWS).join(",") },
      rounds: { type: "string", default: "5" },
      seconds: { type: "string", default: "3" },
      megabytes: { type: "string", default: "512" },
    },
  });
  const size = { seconds: Number(values.seconds), megabytes: Number(values.megabytes) };
  await using cleanup = new AsyncDisposableStack();
  const folder = await Deno.makeTempDir({ prefix: "sockgraph-bench-" });
  cleanup.defer(() => Deno.remove(folder, { recursive: true }));
  const children = cleanup.use(new Children());
  const place = await prepare(children, folder, size);
  const servers = { sink: await startSink(place), file: await startFileServer(place) };
  const names = values.relays.split(",");
  for (const what of values.rows.split(",")) {
    const row = ROWS[what];
    if (row === undefined) throw new RangeError(`Cannot measure "${what}"`);
    const running = new Map<string, { readonly child: Child; readonly port: number }>();
    for (const name of names) {
      const port = freePort("tcp");
      const child = await RELAYS[name]?.(place, { port, target: servers[row.server] });
      if (child === undefined) throw new RangeError(`There is no relay "${name}"`);
      await untilBound("tcp", port, child);
      await row.load(port, place, { ...size, seconds: 1 });
      running.set(name, { child, port });
    }
    const figures = new Map<string, number[]>(names.map((name) => [name, []]));
    for (let round = 0; round < Number(values.rounds); round++) {
      for (const [name, { child, port }] of running) {
        const before = await cpuSeconds(child.pid);
        const work = await row.load(port, place, size);
        figures.get(name)?.push((await cpuSeconds(child.pid) - before) / work);
      }
    }
    for (const { child } of running.values()) await child.stop();
    console.log(`${what}: CPU ${row.unit} for each`);
    console.log(format(figures).join("\n"));
  }
}

async function prepare(children: Children, folder: string, { megabytes }: Size): Promise<Place> {
  const place = { children, folder, pem: `${folder}/both.pem`, cert: `${folder}/cert.pem`, key: `${folder}/key.pem` };
  const kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30"];
  const names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"];
  await children.run(["openssl", "req", ...kind, ...names, "-keyout", place.key, "-out", place.cert]);
  await Deno.writeTextFile(place.pem, await Deno.readTextFile(place.cert) + await Deno.readTextFile(place.key));
  using big = await Deno.open(`${folder}/big`, { write: true, create: true });
  const piece = crypto.getRandomValues(new Uint8Array(65_536));
  for (let written = 0; written < megabytes * MIB; written += piece.length) await big.write(piece);
  return place;
}

async function startSink({ children }: Place): Promise<number> {
  const port = freePort("tcp");
  await untilBound("tcp", port, children.start([Deno.execPath(), "run", "--allow-net", LOAD, "sink", String(port)]));
  return port;
}

async function startFileServer({ children, folder }: Place): Promise<number> {
  const port = freePort("tcp");
  const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) =>
    `${name}_temp_path ${folder}/${name};`
  );
  const file = `${folder}/files.conf`;
  await Deno.writeTextFile(
    file,
    `daemon off; master_process off; pid ${folder}/files.pid; error_log stderr crit;
events { worker_connections 512; }
http { access_log off; ${paths.join(" ")} sendfile on; server { listen 127.0.0.1:${port}; root ${folder}; } }
`,
  );
  await untilBound("tcp", port, children.start(["nginx", "-c", file, "-e", "stderr"]));
  return port;
}

function format(figures: ReadonlyMap<string, readonly number[]>): readonly string[] {
  const [first = []] = figures.values();
  const rows = [...figures].map(([name, values]) => {
    const { median, min, max } = summarize(values);
    const ratio = summarize(values.map((value, round) => value / (first[round] ?? NaN))).median;
    return [name, ...[median, min, max].map((value) => value.toFixed(0)), ratio.toFixed(2)];
  });
  return formatTable([["", "median", "min", "max", "of the first, by pairs"], ...rows]);
}

if (import.meta.main) await main(Deno.args);
