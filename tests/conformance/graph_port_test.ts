import { overMessagePort, remotePort, servePort } from "../../src/graph/port_message.ts";
import { makeGraph } from "../support/graph.ts";
import { testGraphPort } from "./graph_port.ts";

testGraphPort("localPort()", () => {
  const { port } = makeGraph();
  return { port, close: () => port.close() };
});

testGraphPort("remotePort()", () => {
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
});
