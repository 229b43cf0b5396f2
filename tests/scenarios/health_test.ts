/**
 * Situations in which traffic is not served, each made with real sockets: everything states it, with the reason, and
 * everything states that it is over. All of them happen at the same time in one engine.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { Server, Socket } from "node:net";
import { test } from "../harness.ts";
import { realRuntimes } from "../support/real_runtimes.ts";
import { HealthStage, type Unwell } from "./health_stage.ts";

/** A situation: a topology, how it comes about, what is stated, and how it ends. */
interface Situation extends Unwell {
  /** Also the topology's name. */
  readonly name: string;
  /** Runtimes whose system states it; absent: all. */
  readonly runtimes?: readonly string[];
  /** Makes it so. Returns what ends it. */
  readonly begin: (stage: HealthStage, name: string) => Promise<() => Promise<void>>;
}

/** A listener on a free port. */
function front(accept: string): string {
  return `
nodes:
  front:
    type: ksocket
    hook: inet/stream/tcp
    messages: [bind: "inet/127.0.0.1:0", listen: 16, accept: ${accept}]
`;
}

/** A port at which nobody listens. */
async function freePort(stage: HealthStage): Promise<number> {
  const server = await stage.serve();
  const port = portOf(server);
  await stage.end(server);
  return port;
}

function portOf(server: Server): number {
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  return address.port;
}

const SITUATIONS: readonly Situation[] = [
  {
    name: "refused",
    reason: "NoTargetUp",
    begin: async (stage, name) => {
      const port = await freePort(stage);
      await stage.apply(name, front(`{ connect: "inet/127.0.0.1:${port}" }`));
      await stage.refusedClient(await stage.port(`${name}/front`));
      return async () => void await stage.serve(port);
    },
  },
  {
    name: "template-refused",
    reason: "NoTargetUp",
    begin: async (stage, name) => {
      const port = await freePort(stage);
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
    name: "denied",
    reason: "ClientsDenied",
    begin: async (stage, name) => {
      await stage.apply(name, front('{ peer: echo, deny: ["127.0.0.0/8"] }') + "  echo: { type: echo }\n");
      await stage.refusedClient(await stage.port(`${name}/front`));
      return async () =>
        await stage.apply(name, front('{ peer: echo, deny: ["10.0.0.0/8"] }') + "  echo: { type: echo }\n");
    },
  },
  {
    name: "not-allowed",
    reason: "ClientsDenied",
    begin: async (stage, name) => {
      await stage.apply(name, front('{ peer: echo, allow: ["10.0.0.0/8"] }') + "  echo: { type: echo }\n");
      const port = await stage.port(`${name}/front`);
      await stage.refusedClient(port);
      return async () => {
        const path = `${name}/front:`;
        await stage.engine.msg({ path, command: "accept", argument: '{ peer="echo" allow=[ 127.0.0.1/32 ] }' });
        await stage.client(port);
        await stage.apply(name, front('{ peer: echo, allow: ["127.0.0.1/32"] }') + "  echo: { type: echo }\n");
      };
    },
  },
  {
    name: "full-refuse",
    reason: "LimitReached",
    begin: async (stage, name) => {
      await stage.apply(name, front("{ peer: echo, max: 1, overflow: refuse }") + "  echo: { type: echo }\n");
      const port = await stage.port(`${name}/front`);
      const client = await stage.client(port);
      await stage.refusedClient(port);
      return () => Promise.resolve(void client.destroy());
    },
  },
  {
    name: "full-wait",
    reason: "LimitReached",
    serving: true,
    begin: async (stage, name) => {
      await stage.apply(name, front("{ peer: echo, max: 1 }") + "  echo: { type: echo }\n");
      const client = await stage.client(await stage.port(`${name}/front`));
      return () => Promise.resolve(void client.destroy());
    },
  },
  {
    name: "connector-refused",
    reason: "ConnectFailed",
    begin: async (stage, name) => {
      const port = await freePort(stage);
      await stage.apply(name, connector(port));
      return async () => void await stage.serve(port);
    },
  },
  {
    name: "connector-reset",
    reason: "ConnectFailed",
    begin: async (stage, name) => {
      const taken: Socket[] = [];
      const server = await stage.serve(0, (socket) => taken.push(socket));
      const port = portOf(server);
      await stage.apply(name, connector(port));
      await stage.well(name);
      server.close();
      for (const socket of taken) socket.resetAndDestroy();
      return async () => void await stage.serve(port);
    },
  },
  {
    name: "collector-gone",
    reason: "PeerClosed",
    begin: async (stage, name) => {
      const server = await stage.serve();
      const port = portOf(server);
      await stage.apply(name, collect(port));
      await stage.well(name);
      await stage.end(server);
      return async () => void await stage.serve(port);
    },
  },
  {
    name: "datagrams-refused",
    reason: "NoTargetUp",
    runtimes: ["posix", "bun"],
    begin: async (stage, name) => {
      const port = await stage.freeDatagramPort();
      await stage.apply(
        name,
        `
nodes:
  in: { type: ksocket, hook: inet/dgram/udp, messages: [bind: "inet/127.0.0.1:0"] }
  out: { type: ksocket, hook: inet/dgram/udp, messages: [connect: "inet/127.0.0.1:${port}"] }
links: [[in, out]]
`,
      );
      return sendDatagrams(stage, { to: await stage.port(`${name}/in`), receiver: port });
    },
  },
  {
    name: "sessions-refused",
    reason: "NoTargetUp",
    runtimes: ["posix", "bun"],
    begin: async (stage, name) => {
      const port = await stage.freeDatagramPort();
      const accept = `accept: { connect: "inet/127.0.0.1:${port}" }`;
      const text = `
nodes:
  front: { type: ksocket, hook: inet/dgram/udp, messages: [bind: "inet/127.0.0.1:0", ${accept}] }
`;
      await stage.apply(name, text);
      return sendDatagrams(stage, { to: await stage.port(`${name}/front`), receiver: port });
    },
  },
  {
    name: "draining",
    reason: "Draining",
    begin: async (stage, name) => {
      await stage.apply(name, front("{ peer: echo }") + "  echo: { type: echo }\n");
      await stage.engine.msg({ path: `${name}/front:`, command: "drain", argument: null });
      return async () => void await stage.engine.msg({ path: `${name}/front:`, command: "undrain", argument: null });
    },
  },
];

/** A chain that goes one way: what comes as datagrams goes out as a stream. */
function collect(port: number): string {
  return `
nodes:
  in: { type: ksocket, hook: inet/dgram/udp, messages: [bind: "inet/127.0.0.1:0"] }
  lines: { type: frame, messages: [setconfig: { framing: newline }] }
  out: { type: ksocket, hook: inet/stream/tcp, messages: [connect: "inet/127.0.0.1:${port}"] }
links: [[in, "lines:items"], ["lines:stream", out]]
`;
}

/** Sends datagrams all the time, and to a receiver once what is returned was called. */
function sendDatagrams(
  stage: HealthStage,
  { to, receiver }: { readonly to: number; readonly receiver: number },
): () => Promise<void> {
  stage.sendDatagrams(to);
  return () => stage.receiveDatagrams(receiver);
}

function connector(port: number): string {
  return `
nodes:
  out: { type: ksocket, hook: inet/stream/tcp, messages: [connect: "inet/127.0.0.1:${port}"] }
  end: { type: hole }
links: [[out, end]]
`;
}

for (const { name: runtime, skip } of realRuntimes) {
  test(
    `health states what becomes of traffic, and that it is over (${runtime})`,
    { skip, timeoutMs: 60_000 },
    async () => {
      await using stage = await HealthStage.open(runtime);
      const here = SITUATIONS.filter(({ runtimes }) => runtimes?.includes(runtime) ?? true);
      const results = await Promise.allSettled(here.map(async ({ name, begin, ...unwell }) => {
        const end = await begin(stage, name);
        await stage.unwell(name, unwell);
        await end();
        await stage.well(name);
      }));
      const failures = results.flatMap((one) => one.status === "rejected" ? [one.reason] : []);
      if (failures.length > 0) throw new AggregateError(failures, failures.map(String).join("\n"));
    },
  );
}
