/**
 * Servers of other projects, each on loopback, in a folder of its own, ended with the test.
 *
 * @module
 */

import assert from "node:assert/strict";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { freePort, launch, run, type Running } from "./process.ts";

/** A server at work. */
export interface Server extends AsyncDisposable {
  readonly port: number;
  /** Its unix socket, where it has one. */
  readonly path: string;
  /** Kills it, as a crash does; resolves once it has no sockets any more. */
  kill(): Promise<void>;
}

/** nginx, which answers `/` with "hello from nginx" on a port and on a unix socket. */
export async function startNginx(
  program: string,
  folder: string,
  options: { readonly port?: number } = {},
): Promise<Server> {
  const port = options.port ?? await freePort();
  const path = join(folder, "nginx.sock");
  const config = `
    daemon off; master_process off; pid "${folder}/nginx.pid"; error_log stderr notice;
    events { worker_connections 256; }
    http {
      access_log off;
      client_body_temp_path "${folder}/body"; proxy_temp_path "${folder}/proxy"; fastcgi_temp_path "${folder}/fastcgi";
      uwsgi_temp_path "${folder}/uwsgi"; scgi_temp_path "${folder}/scgi";
      server { listen 127.0.0.1:${port}; listen "unix:${path}"; location / { return 200 "hello from nginx\\n"; } }
    }`;
  await writeFile(join(folder, "nginx.conf"), config);
  const server = launch(program, ["-c", join(folder, "nginx.conf"), "-e", "stderr"]);
  return await whenAnswering(server, port, path);
}

/** redis-server, without persistence. */
export async function startRedis(program: string, folder: string): Promise<Server> {
  const port = await freePort();
  const path = join(folder, "redis.sock");
  const flags = ["--port", String(port), "--bind", "127.0.0.1", "--unixsocket", path, "--save", "", "--dir", folder];
  return await whenAnswering(launch(program, flags), port, path);
}

/** dnsmasq, which answers with `records` and asks no other server. */
export async function startDnsmasq(program: string, folder: string, records: readonly string[]): Promise<Server> {
  const port = await freePort();
  const own = ["--keep-in-foreground", "--log-facility=-", "--conf-file=/dev/null", `--pid-file=${folder}/dnsmasq.pid`];
  const flags = [...own, "--user=", "--group=", "--no-resolv", "--no-hosts", "--bind-interfaces"];
  const server = launch(program, [...flags, "--listen-address=127.0.0.1", `--port=${port}`, ...records]);
  await server.until(/started/);
  return asServer(server, port, "");
}

/** Both say so once they listen. */
async function whenAnswering(server: Running, port: number, path: string): Promise<Server> {
  await server.until(/using the "epoll"|Ready to accept connections/);
  return asServer(server, port, path);
}

function asServer(server: Running, port: number, path: string): Server {
  return {
    port,
    path,
    kill: async () => {
      process.kill(server.pid, "SIGKILL");
      await server.ended;
      // What is left of its unix socket is in the way of the next one.
      if (path !== "") await rm(path, { force: true });
    },
    [Symbol.asyncDispose]: async () => void await server.stop(),
  };
}

/** Starts sshd with a host key of its own and without accounts: `hostKey` is its line for `known_hosts`, without the host. */
export async function startSshd(
  program: string,
  { keygen, folder }: { readonly keygen: string; readonly folder: string },
): Promise<Server & { readonly hostKey: string }> {
  const port = await freePort();
  const key = join(folder, "host_key");
  const made = await run(keygen, ["-q", "-t", "ed25519", "-N", "", "-f", key]);
  assert.equal(made.code, 0, made.stderr);
  const config = [
    "ListenAddress 127.0.0.1",
    `Port ${port}`,
    `HostKey ${key}`,
    "PidFile none",
    "UsePAM no",
    "AuthenticationMethods publickey",
  ];
  await writeFile(join(folder, "sshd_config"), `${config.join("\n")}\n`);
  // As root it changes into this folder before a client is known; a service creates it.
  if (process.getuid?.() === 0) await mkdir("/run/sshd", { recursive: true, mode: 0o755 });
  const server = launch(program, ["-D", "-e", "-f", join(folder, "sshd_config")]);
  await server.until(/Server listening on/);
  const hostKey = (await readFile(`${key}.pub`, "utf8")).split(" ").slice(0, 2).join(" ");
  return { ...asServer(server, port, ""), hostKey };
}
