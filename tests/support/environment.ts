/**
 * One environment for every test, with any caller: what differs between a terminal, a service and CI must not decide
 * whether a test passes. A test that is about a variable passes it to the program that it starts.
 *
 * @module
 */

import { dirname } from "node:path";
import process from "node:process";

/** Where programs, caches and temporary files are, how to download, and what is said to the tests themselves. */
const KEPT = [
  /^(PATH|HOME|TMPDIR|CI|GOLDEN|SOCKGRAPH_SESSION\w*|SOCKGRAPH_CHANGES|SOCKGRAPH_SEED)$/,
  /^(XDG_CACHE_HOME|DENO_DIR|BUN_INSTALL\w*|npm_config_\w+)$/i,
  /^(\w+_proxy|DENO_CERT|DENO_TLS_CA_STORE|NODE_EXTRA_CA_CERTS|SSL_CERT_\w+)$/i,
];

/** What everybody gets. */
const FIXED: Readonly<Record<string, string>> = {
  LANG: "C.UTF-8",
  TZ: "UTC",
  SHELL: "/bin/sh",
  // Proxies are for downloads; the servers of tests are on loopback.
  NO_PROXY: "localhost,127.0.0.1,::1",
  no_proxy: "localhost,127.0.0.1,::1",
  // Without the user's name, keys and hooks.
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_NOSYSTEM: "1",
};

/** Gives this process, and thereby what it starts, the environment that tests count on. */
export function fixEnvironment(): void {
  for (const name of Object.keys(process.env)) {
    if (!KEPT.some((kept) => kept.test(name))) delete process.env[name];
  }
  Object.assign(process.env, FIXED);
  // `apply --detach` starts `deno` by its name.
  const own = dirname(process.execPath);
  const path = process.env["PATH"] ?? "";
  if (path.split(":")[0] !== own) process.env["PATH"] = `${own}:${path}`;
  process.umask(0o022);
}
