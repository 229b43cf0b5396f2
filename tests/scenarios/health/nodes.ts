/**
 * Situations of nodes, links and sources.
 *
 * @module
 */

import { mkdir, rm, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { freePort } from "../../support/process.ts";
import { echo, front, portOf, type Situation } from "./situation.ts";

/** Situations of nodes, links and sources. */
export const NODES: readonly Situation[] = [
  {
    name: "suspended",
    health: "Suspended",
    reason: "NoTargetUp",
    begin: async (stage, name) => {
      const port = await freePort();
      await stage.apply(name, front(`{ connect: "inet/127.0.0.1:${port}" }`));
      await stage.engine.suspend(name);
      await stage.refusedClient(await stage.port(`${name}/front`));
      return async () => {
        await stage.serve(port);
        await stage.engine.resume(name);
      };
    },
  },
  {
    name: "shared-node-gone",
    health: "Missing",
    reason: "NodeMissing",
    begin: async (stage, name) => {
      await stage.apply(name, echo());
      await stage.msg(`${name}/echo:`, "shutdown");
      return async () => await stage.reconcile(name);
    },
  },
  {
    name: "link-gone",
    reason: "LinkDown",
    begin: async (stage, name) => {
      const text = `
nodes:
  in: { type: ksocket, hook: inet/dgram/udp, messages: [bind: "inet/127.0.0.1:0"] }
  tap: { type: tee }
  end: { type: hole }
links: [[in, "tap:left"], ["tap:right", end]]
`;
      await stage.apply(name, text);
      await stage.msg(`${name}/tap:`, "rmhook", '{ hook="right" }');
      return async () => await stage.reconcile(name);
    },
  },
  {
    name: "path-taken",
    reason: "NodesNotReady",
    begin: async (stage, name) => {
      const path = join(stage.folder, "own");
      await stage.apply(
        name,
        echo().replace("inet/stream/tcp", "local/stream/0").replace('"inet/127.0.0.1:0"', `'local/"${path}"'`),
      );
      await rm(path);
      await mkdir(path);
      return async () => await rmdir(path);
    },
  },
  {
    name: "port-taken",
    reason: "NodesNotReady",
    begin: async (stage, name) => {
      const server = await stage.serve();
      await stage.apply(name, echo().replace(":0", `:${portOf(server)}`), { rollback: false });
      return async () => await stage.end(server);
    },
  },
  {
    name: "source-invalid",
    reason: "SourceInvalid",
    serving: true,
    health: "Healthy",
    begin: breakingSource((path) => writeFile(path, "nodes: [")),
  },
  {
    name: "source-deleted",
    reason: "SourceUnreadable",
    serving: true,
    health: "Healthy",
    begin: breakingSource((path) => rm(path)),
  },
];

/** A followed file that becomes unusable, and is mended. */
function breakingSource(breakIt: (path: string) => Promise<void>): Situation["begin"] {
  return async (stage, name) => {
    const path = join(stage.folder, `${name}.yaml`);
    await writeFile(path, echo());
    await stage.follow(path);
    await stage.well(name);
    await breakIt(path);
    return async () => await writeFile(path, echo());
  };
}
