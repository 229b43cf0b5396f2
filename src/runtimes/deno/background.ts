/**
 * This program in the background on Deno: started again with the name `deno`, because the permission to run a program
 * is granted by name; a single binary starts itself.
 *
 * Not by `node:child_process`: if the arguments of a child contain Deno's own path, Deno 2.9.6 grants it every
 * permission.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { NetgraphError } from "../../errors.ts";
import { onFatalError } from "../host/fatal_errors.ts";
import { openLogFile } from "../host/log_file.ts";
import type { Background, BackgroundProcess, StartOptions } from "../background.ts";
import { systemError } from "../system_error.ts";
import { V8_FLAGS } from "./v8_flags.ts";

/** The permissions of the task `apply` in deno.json. */
const PERMISSIONS = [
  "--allow-env",
  "--allow-net",
  "--allow-read",
  "--allow-write",
  "--allow-sys=uid",
  "--allow-run=git",
];

/** Processes by Deno's own API. */
export const denoBackground: Background = {
  start: (args, options) => Promise.resolve().then(() => start(args, options)),
  openLog: openLogFile,
  onFatalError,
};

function start(args: readonly string[], options: StartOptions): BackgroundProcess {
  const [program, words] = Deno.build.standalone ? [Deno.execPath(), args] : ["deno", fromCheckout(args, options)];
  try {
    const command = new Deno.Command(program, {
      args: [...words],
      env: { ...options.env },
      // A separate session: our terminal stays with us, and so does SIGHUP.
      detached: true,
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    });
    const child = command.spawn();
    child.unref();
    return { pid: child.pid, ended: endOf(child) };
  } catch (error) {
    const failure = systemError(error, `Cannot start "${program}" in the background`);
    if (failure.code === "ENOTCAPABLE") throw notAllowed(failure);
    if (failure.code !== "ENOENT") throw failure;
    const message = `Cannot start an engine in the background: "${program}" is not on the PATH`;
    throw new NetgraphError("ENOENT", message, { cause: failure });
  }
}

function notAllowed(cause: NetgraphError): NetgraphError {
  const way = Deno.build.standalone
    ? `a single binary may start itself only where it is "sockgraph" on the PATH`
    : `this task may not run "deno": "deno run apply-detach" may`;
  return new NetgraphError("ENOTCAPABLE", `Cannot start an engine in the background: ${way}`, { cause });
}

function fromCheckout(args: readonly string[], { ffi }: StartOptions): readonly string[] {
  // TLS needs it on any runtime: an engine in the background may what this process may.
  const hasFfi = ffi || Deno.permissions.querySync({ name: "ffi" }).state === "granted";
  const flags = [...PERMISSIONS, ...hasFfi ? ["--allow-ffi"] : []];
  return [
    "run",
    V8_FLAGS,
    "--no-prompt",
    ...configuration(import.meta.url),
    ...flags,
    Deno.mainModule,
    ...args,
  ];
}

/** The settings of deno.json: it is beside the modules of a checkout, but not beside the modules from a registry. */
function configuration(module: string): readonly string[] {
  if (!/^file:.*\.ts$/.test(module)) return ["--no-config", "--unstable-net", "--unstable-no-legacy-abort"];
  return [`--config=${fileURLToPath(new URL("../../../deno.json", module))}`];
}

async function endOf(child: Deno.ChildProcess): Promise<{ code: number | null; stderr: string }> {
  const [stderr, { code }] = await Promise.all([new Response(child.stderr).text(), child.status]);
  return { code, stderr };
}
