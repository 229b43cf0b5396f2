import { overMessagePort, remotePort, servePort } from "../../src/graph/port/port_message.ts";
import { Shard } from "../../src/engine/threads/shard.ts";
import { ShardedPort } from "../../src/engine/threads/sharded_port.ts";
import { makeGraph, STILL } from "../support/graph.ts";
import { startThreads } from "../../src/engine/threads/threads.ts";
import { startWorkerPort } from "../../src/engine/worker/worker_port.ts";
import { detectRuntime } from "../../src/runtimes/detect.ts";
import { systemClock } from "../../src/runtimes/host/clock_system.ts";
import { machine } from "../runtimes/posix/subject.ts";
import { type PortUnderTest, testGraphPort } from "./graph_port.ts";
import { testSessions } from "./session_suite.ts";

const { skip } = machine;
const { host: { name: host } } = await detectRuntime();

const here = (): PortUnderTest => {
  const { port } = makeGraph();
  return { port, close: () => port.close() };
};

const distant = (): PortUnderTest => {
  const { port } = makeGraph();
  const { port1, port2 } = new MessageChannel();
  const stop = servePort(port, overMessagePort(port1));
  const remote = remotePort(overMessagePort(port2));
  return {
    port: remote,
    async close() {
      await remote.close();
      stop();
    },
  };
};

const threaded = (runtime: "deno" | "bun" | "posix") => async (): Promise<PortUnderTest> => {
  const { port } = await startWorkerPort({ runtime, clock: systemClock });
  return { port, close: () => port.close() };
};

const sharded = (): PortUnderTest => {
  const shards = [1, 2].map((part) => new Shard(part, { port: makeGraph().port, lost: () => false }));
  const port = new ShardedPort(makeGraph().port, shards, { clock: STILL, random: () => 0 });
  return { port, close: () => port.close() };
};

const threads = async (): Promise<PortUnderTest> => {
  const { port } = await startThreads({ runtime: "posix", clock: systemClock, random: Math.random, threads: 2 });
  return { port, close: () => port.close() };
};

for (const suite of [testGraphPort, testSessions]) {
  suite("localPort()", here);
  suite("remotePort()", distant);
  suite("startWorkerPort()", threaded("posix"), { skip });
  suite(`startWorkerPort() on ${host}`, threaded(host));
  suite("ShardedPort", sharded);
  suite("startThreads()", threads, { skip });
}
