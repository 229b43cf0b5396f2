/**
 * Situations of what is made for each connection, and of what connections share.
 *
 * @module
 */

import { connect, type Server } from "node:net";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { connector, front, portOf, type Situation } from "./situation.ts";
import type { HealthStage } from "./stage.ts";

/** Situations of what is made for each connection, and of what connections share. */
export const COPIES: readonly Situation[] = [
  {
    name: "copies-drop-all",
    reason: "AllDropped",
    begin: async (stage, name) => {
      await stage.apply(name, session("entry: tap:left\n    nodes: { tap: { type: tee } }"));
      await talk(stage, await stage.port(`${name}/front`));
      return async () => await stage.apply(name, session("entry: echo\n    nodes: { echo: { type: echo } }"));
    },
  },
  {
    name: "copies-links-off",
    reason: "AllDropped",
    begin: async (stage, name) => {
      const shared = (links: string): string =>
        session(`entry: some:one
    nodes: { some: { type: one2many, messages: [setconfig: { xmitAlg: roundrobin }, setconfig: "{ xmitAlg=1 failAlg=1 enabledLinks=[ ${links} ] }"] } }
    links: [["some:many0", echo]]`).replace("templates:", "  echo: { type: echo }\ntemplates:");
      await stage.apply(name, shared("0"));
      await talk(stage, await stage.port(`${name}/front`));
      return async () => await stage.apply(name, shared("1"));
    },
  },
  {
    name: "no-free-hook",
    reason: "SetupFailed",
    begin: async (stage, name) => {
      const text = (peer: string): string =>
        `${front(`{ peer: "${peer}" }`)}  tap: { type: tee }\n  echo: { type: echo }\nlinks: [["tap:right", echo]]\n`;
      await stage.apply(name, text("tap:left"));
      const port = await stage.port(`${name}/front`);
      await stage.client(port);
      await stage.refusedClient(port);
      return async () => await stage.apply(name, text("echo"));
    },
  },
  {
    name: "copy-without-free-hook",
    reason: "SetupFailed",
    begin: async (stage, name) => {
      const text = (end: string): string =>
        session(`entry: pass:left
    nodes: { pass: { type: tee } }
    links: [["pass:right", ${end}]]`).replace("templates:", "  tap: { type: tee }\n  bus: { type: echo }\ntemplates:");
      await stage.apply(name, text('"tap:left"'));
      const port = await stage.port(`${name}/front`);
      await stage.client(port);
      await stage.refusedClient(port);
      return async () => await stage.apply(name, text("bus"));
    },
  },
  {
    name: "one-at-a-time",
    reason: "SetupFailed",
    begin: async (stage, name) => {
      const text = `${front('{ peer: "tap:left" }')}  tap: { type: tee }\n  echo: { type: echo }\n`;
      await stage.apply(name, `${text}links: [["tap:right", echo]]\n`);
      const port = await stage.port(`${name}/front`);
      const first = await stage.client(port);
      await stage.refusedClient(port);
      return () => Promise.resolve(void first.destroy());
    },
  },
  {
    name: "one-of-two-denied",
    reason: "ClientsDenied",
    begin: async (stage, name) => {
      const text = (block: string): string => {
        const well = front("{ peer: echo }");
        return `${well}  echo: { type: echo }
  other:
    type: ksocket
    hook: inet/stream/tcp
    messages: [bind: "inet/127.0.0.1:0", listen: 16, accept: { peer: echo, allow: ["${block}"] }]
`;
      };
      await stage.apply(name, text("10.0.0.0/8"));
      await stage.client(await stage.port(`${name}/front`));
      await stage.refusedClient(await stage.port(`${name}/other`));
      return async () => await stage.apply(name, text("127.0.0.0/8"));
    },
  },
  {
    name: "connector-path-gone",
    reason: "ConnectFailed",
    begin: async (stage, name) => {
      const path = join(stage.folder, "gone");
      const server = await stage.serve(path);
      await stage.apply(name, localConnector(path));
      await stage.well(name);
      await stage.end(server);
      return async () => void await stage.serve(path);
    },
  },
  {
    name: "connector-path-is-a-file",
    reason: "ConnectFailed",
    begin: async (stage, name) => {
      const path = join(stage.folder, "file");
      await writeFile(path, "");
      await stage.apply(name, localConnector(path));
      return async () => {
        await rm(path);
        await stage.serve(path);
      };
    },
  },
  {
    name: "target-path-replaced",
    reason: "NoTargetUp",
    begin: async (stage, name) => {
      const path = join(stage.folder, "replaced");
      const server = await stage.serve(path);
      await stage.apply(name, front(`{ connect: 'local/"${path}"' }`));
      await stage.client(await stage.port(`${name}/front`));
      await stage.end(server);
      await writeFile(path, "");
      await stage.refusedClient(await stage.port(`${name}/front`));
      return async () => {
        await rm(path);
        await stage.serve(path);
      };
    },
  },
  {
    name: "connector-ended-at-once",
    reason: "ConnectFailed",
    begin: async (stage, name) => {
      const server = await stage.serve(undefined, (socket) => socket.resetAndDestroy());
      const port = portOf(server);
      await stage.apply(name, connector(port));
      return () => again(stage, server, port);
    },
  },
];

/** A listener whose clients get a copy of a template. */
function session(template: string): string {
  return `${front("{ template: session }")}templates:
  session:
    ${template}
`;
}

function localConnector(path: string): string {
  return `
nodes:
  out: { type: ksocket, hook: local/stream/0, messages: [connect: 'local/"${path}"'] }
  end: { type: hole }
links: [[out, end]]
`;
}

/** A client that says something ten times a second. */
async function talk(stage: HealthStage, port: number): Promise<void> {
  stage.repeat(() => {
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => {}); // It may be refused.
    socket.end("x\n");
    socket.resume();
  });
  await Promise.resolve();
}

async function again(stage: HealthStage, server: Server, port: number): Promise<void> {
  await stage.end(server);
  await stage.serve(port);
}
