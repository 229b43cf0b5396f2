/**
 * Situations of clients that are not let in.
 *
 * @module
 */

import { connect as connectTls } from "node:tls";
import { type TlsFiles, tlsFiles } from "../../support/tls.ts";
import { echo, front, type Situation } from "./situation.ts";

/** Situations of clients that are not let in. */
export const CLIENTS: readonly Situation[] = [
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
    name: "no-proxy-header",
    reason: "ClientsDenied",
    serving: true,
    begin: async (stage, name) => {
      const header = 'proxyProtocol: require, trusted: ["127.0.0.0/8"]';
      await stage.apply(name, echo(`, ${header}`));
      const port = await stage.port(`${name}/front`);
      const client = await stage.client(port);
      client.write("GET / HTTP/1.0\r\n\r\n");
      return async () => void (await stage.client(port)).write("PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\n");
    },
  },
  {
    name: "no-rule",
    reason: "ClientsDenied",
    serving: true,
    begin: async (stage, name) => {
      await stage.apply(name, `${front('{ route: [{ starts: "A", peer: echo }] }')}  echo: { type: echo }\n`);
      const port = await stage.port(`${name}/front`);
      (await stage.client(port)).write("Beginning");
      return async () => void (await stage.client(port)).write("A beginning");
    },
  },
  ...tlsFiles === null ? [] : [plainClients(tlsFiles)],
  {
    name: "too-often",
    reason: "LimitReached",
    serving: true,
    begin: async (stage, name) => {
      const text = (rate: string): string => `
nodes:
  front:
    type: ksocket
    hook: inet/dgram/udp
    messages: [bind: "inet/127.0.0.1:0", accept: { peer: echo, rate: ${rate}, burst: 1 }]
  echo: { type: echo }
`;
      await stage.apply(name, text("1/h"));
      const port = await stage.port(`${name}/front`);
      stage.sendDatagrams(port);
      stage.sendDatagrams(port);
      return async () => await stage.apply(name, text("100/s"));
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
    name: "draining",
    reason: "Draining",
    begin: async (stage, name) => {
      await stage.apply(name, front("{ peer: echo }") + "  echo: { type: echo }\n");
      await stage.engine.msg({ path: `${name}/front:`, command: "drain", argument: null });
      return async () => void await stage.engine.msg({ path: `${name}/front:`, command: "undrain", argument: null });
    },
  },
  {
    name: "sessions-full",
    reason: "LimitReached",
    begin: async (stage, name) => {
      const text = (max: number): string => `
nodes:
  front:
    type: ksocket
    hook: inet/dgram/udp
    messages: [bind: "inet/127.0.0.1:0", accept: { peer: echo, max: ${max}, overflow: refuse }]
  echo: { type: echo }
`;
      await stage.apply(name, text(1));
      const port = await stage.port(`${name}/front`);
      stage.sendDatagrams(port);
      stage.sendDatagrams(port);
      return async () => await stage.apply(name, text(5));
    },
  },
];

/** Clients that speak no TLS, and then one that does. */
function plainClients({ server }: TlsFiles): Situation {
  return {
    name: "no-handshake",
    reason: "ClientsDenied",
    serving: true,
    begin: async (stage, name) => {
      const settings = `settls: { cert: ${JSON.stringify(server.cert)}, key: ${JSON.stringify(server.key)} }`;
      await stage.apply(
        name,
        echo().replace("inet/stream/tcp", "inet/stream/tls").replace("[bind", `[${settings}, bind`),
      );
      const port = await stage.port(`${name}/front`);
      (await stage.client(port)).write("GET / HTTP/1.0\r\n\r\n");
      return async () => {
        const socket = await stage.client(port);
        connectTls({ socket, rejectUnauthorized: false }).on("error", () => {}); // Only the handshake matters.
      };
    },
  };
}
