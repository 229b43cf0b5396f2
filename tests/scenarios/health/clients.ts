/**
 * Situations of clients that are not let in.
 *
 * @module
 */

import { front, type Situation } from "./situation.ts";

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
