/**
 * Situations of chains that go one way, and of datagrams.
 *
 * @module
 */

import { freePort } from "../../support/process.ts";
import { front, portOf, type Situation } from "./situation.ts";
import type { HealthStage } from "./stage.ts";

/** Situations of chains that go one way, and of datagrams. */
export const CHAINS: readonly Situation[] = [
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
    name: "tap-collector-refused",
    reason: "ConnectFailed",
    serving: true,
    begin: async (stage, name) => {
      const server = await stage.serve();
      const port = await freePort();
      const upstream = `{ type: ksocket, hook: inet/stream/tcp, messages: [connect: "inet/127.0.0.1:${
        portOf(server)
      }"] }`;
      const text = `${front("{ template: session }")}  copies: { type: hub }
  collector: { type: ksocket, hook: inet/stream/tcp, messages: [connect: "inet/127.0.0.1:${port}"] }
links: [[copies, collector]]
templates:
  session:
    entry: tap:left
    nodes: { tap: { type: tee }, upstream: ${upstream} }
    links: [["tap:right", upstream], ["tap:left2right", copies]]
`;
      await stage.apply(name, text);
      await stage.client(await stage.port(`${name}/front`));
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
    name: "no-destination",
    reason: "AllDropped",
    begin: async (stage, name) => {
      const out = (then: string): string => `
nodes:
  in: { type: ksocket, hook: inet/dgram/udp, messages: [bind: "inet/127.0.0.1:0"] }
  out: { type: ksocket, hook: inet/dgram/udp, messages: [${then}] }
links: [[in, out]]
`;
      await stage.apply(name, out('bind: "inet/127.0.0.1:0"'));
      stage.sendDatagrams(await stage.port(`${name}/in`));
      return async () => {
        const port = await stage.freeDatagramPort();
        await stage.receiveDatagrams(port);
        await stage.apply(name, out(`connect: "inet/127.0.0.1:${port}"`));
      };
    },
  },
  {
    name: "links-off",
    reason: "AllDropped",
    begin: async (stage, name) => {
      await stage.apply(
        name,
        `
nodes:
  in: { type: ksocket, hook: inet/dgram/udp, messages: [bind: "inet/127.0.0.1:0"] }
  some: { type: one2many, messages: [setconfig: { xmitAlg: roundrobin }] }
  end: { type: hole }
links: [[in, "some:one"], ["some:many0", end]]
`,
      );
      const setting = (link: number): string => `{ xmitAlg=1 failAlg=1 enabledLinks=[ ${link} ] }`;
      await stage.msg(`${name}/some:`, "setconfig", setting(0));
      stage.sendDatagrams(await stage.port(`${name}/in`));
      return async () => await stage.msg(`${name}/some:`, "setconfig", setting(1));
    },
  },
  {
    name: "loop",
    reason: "Loop",
    serving: true,
    begin: async (stage, name) => {
      const text = (rest: string): string => `
nodes:
  in: { type: ksocket, hook: inet/dgram/udp, messages: [bind: "inet/127.0.0.1:0"] }
  bus: { type: hub }
  one: { type: echo }
${rest}
`;
      await stage.apply(name, text("  two: { type: echo }\nlinks: [[in, bus], [bus, one], [bus, two]]"));
      stage.sendDatagrams(await stage.port(`${name}/in`));
      return async () => await stage.apply(name, text("links: [[in, bus], [bus, one]]"));
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
