/**
 * Situations of targets that do not take connections.
 *
 * @module
 */

import { join } from "node:path";
import type { Socket } from "node:net";
import { freePort } from "../../support/process.ts";
import { connector, front, portOf, type Situation } from "./situation.ts";

/** Situations of targets that do not take connections. */
export const TARGETS: readonly Situation[] = [
  {
    name: "refused",
    reason: "NoTargetUp",
    begin: async (stage, name) => {
      const port = await freePort();
      await stage.apply(name, front(`{ connect: "inet/127.0.0.1:${port}" }`));
      await stage.refusedClient(await stage.port(`${name}/front`));
      return async () => void await stage.serve(port);
    },
  },
  {
    name: "template-refused",
    reason: "NoTargetUp",
    begin: async (stage, name) => {
      const port = await freePort();
      const upstream = `{ type: ksocket, hook: inet/stream/tcp, messages: [connect: "inet/127.0.0.1:${port}"] }`;
      const text = `${front("{ template: session }")}
  bus: { type: hub }
templates:
  session:
    entry: tap:left
    nodes: { tap: { type: tee }, upstream: ${upstream} }
    links: [["tap:right", upstream], ["tap:left2right", bus]]
`;
      await stage.apply(name, text);
      await stage.refusedClient(await stage.port(`${name}/front`));
      return async () => void await stage.serve(port);
    },
  },
  {
    name: "unknown-name",
    reason: "NoTargetUp",
    begin: async (stage, name) => {
      await stage.apply(name, front('{ connect: "inet/no-such-host.invalid:9" }'));
      await stage.refusedClient(await stage.port(`${name}/front`));
      return async () => await stage.apply(name, front("{ peer: echo }") + "  echo: { type: echo }\n");
    },
  },
  {
    name: "connector-refused",
    reason: "ConnectFailed",
    begin: async (stage, name) => {
      const port = await freePort();
      await stage.apply(name, connector(port));
      return async () => void await stage.serve(port);
    },
  },
  {
    name: "connector-reset",
    reason: "ConnectFailed",
    begin: async (stage, name) => {
      const taken: Socket[] = [];
      const server = await stage.serve(undefined, (socket) => taken.push(socket));
      const port = portOf(server);
      await stage.apply(name, connector(port));
      await stage.well(name);
      server.close();
      for (const socket of taken) socket.resetAndDestroy();
      return async () => void await stage.serve(port);
    },
  },
  {
    name: "shared-target-refused",
    reason: "ConnectFailed",
    begin: async (stage, name) => {
      const port = await freePort();
      const text = `${front("{ peer: bus }")}  bus: { type: hub }
  out: { type: ksocket, hook: inet/stream/tcp, messages: [connect: "inet/127.0.0.1:${port}"] }
links: [[bus, out]]
`;
      await stage.apply(name, text);
      return async () => void await stage.serve(port);
    },
  },
  {
    name: "path-missing",
    reason: "NoTargetUp",
    begin: async (stage, name) => {
      const path = join(stage.folder, "target");
      await stage.apply(name, front(`{ connect: 'local/"${path}"' }`));
      await stage.refusedClient(await stage.port(`${name}/front`));
      return async () => void await stage.serve(path);
    },
  },
  {
    name: "never-accepts",
    reason: "NoTargetUp",
    // The others give the system a backlog of their own.
    runtimes: ["posix"],
    begin: async (stage, name) => {
      const deaf = `
nodes:
  front: { type: ksocket, hook: inet/stream/tcp, messages: [bind: "inet/127.0.0.1:0", listen: 1] }
`;
      await stage.apply("deaf", deaf);
      const port = await stage.port("deaf/front");
      await Promise.all([stage.client(port), stage.client(port)]);
      await stage.apply(name, front(`{ connect: "inet/127.0.0.1:${port}" }`));
      await stage.client(await stage.port(`${name}/front`));
      return async () => {
        await stage.engine.down({ names: ["deaf"] });
        await stage.serve(port);
      };
    },
  },
  {
    name: "ends-at-once",
    reason: "NoTargetUp",
    begin: async (stage, name) => {
      const server = await stage.serve(undefined, (socket) => socket.destroy());
      const port = portOf(server);
      await stage.apply(name, front(`{ connect: "inet/127.0.0.1:${port}" }`));
      await stage.refusedClient(await stage.port(`${name}/front`));
      return async () => {
        await stage.end(server);
        await stage.serve(port);
      };
    },
  },
  {
    name: "chained-refused",
    reason: "NoTargetUp",
    begin: async (stage, name) => {
      const port = await freePort();
      await stage.apply("behind", front(`{ connect: "inet/127.0.0.1:${port}" }`));
      await stage.apply(name, front(`{ connect: "inet/127.0.0.1:${await stage.port("behind/front")}" }`));
      await stage.refusedClient(await stage.port(`${name}/front`));
      return async () => void await stage.serve(port);
    },
  },
];
