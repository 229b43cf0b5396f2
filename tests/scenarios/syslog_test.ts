import { connect } from "node:net";
import { peer } from "../harness.ts";
import { freePort, launch, run } from "../support/process.ts";
import { scenario, type WithTopology } from "./world.ts";

const socat = peer("socat");
const logger = peer("logger");
const ncat = peer("ncat");

/** Runs `body` with the topology at work, and socat that receives its datagrams. */
async function withSyslog(
  withTopology: WithTopology,
  framing: string,
  body: (front: string, until: (text: RegExp) => Promise<string>) => Promise<void>,
): Promise<void> {
  const port = await freePort();
  await using receiver = launch(socat.path ?? "", ["-dd", "-u", `UDP-RECV:${port},bind=127.0.0.1`, "STDOUT"]);
  await receiver.until(/starting data transfer loop/);
  await withTopology("syslog-tcp-to-udp", { FRAMING: framing, TARGET: `127.0.0.1:${port}` }, async ({ address }) => {
    await body(await address("front"), (text) => receiver.until(text));
  });
}

scenario(
  "topologies/syslog-tcp-to-udp.yaml takes messages with their length from logger",
  { peers: [socat, logger], timeoutMs: 10_000 },
  (withTopology) =>
    withSyslog(withTopology, "octet-counted", async (front, until) => {
      const [host = "", port = ""] = front.split(":");
      const flags = ["--server", host, "--port", port, "--tcp", "--octet-count", "--rfc5424", "--tag", "probe"];
      await run(logger.path ?? "", flags, { input: "hello\nthere\n" });
      // Each message has its own priority before it, and no length: a datagram of its own.
      await until(/<\d+>1 .* probe .*hello[^]*<\d+>1 .* probe .*there/);
    }),
);

scenario(
  "topologies/syslog-tcp-to-udp.yaml takes lines from ncat, the last one without newline too",
  { peers: [socat, ncat], timeoutMs: 10_000 },
  (withTopology) =>
    withSyslog(withTopology, "newline", async (front, until) => {
      const [host = "", port = ""] = front.split(":");
      await run(ncat.path ?? "", ["--send-only", host, port], { input: "<13>one\n<13>two\n<13>last" });
      await until(/<13>one[^]*<13>two[^]*<13>last/);
      // socat prints the size of each datagram: three, without their newlines.
      await until(/packet with 7 bytes[^]*packet with 7 bytes[^]*packet with 8 bytes/);
    }),
);

scenario(
  "topologies/syslog-tcp-to-udp.yaml resets who breaks the framing, and goes on",
  { peers: [socat], timeoutMs: 10_000 },
  (withTopology) =>
    withSyslog(withTopology, "octet-counted", async (front, until) => {
      const [host = "", port = ""] = front.split(":");
      const client = connect(Number(port), host);
      client.on("error", () => {}); // A reset, where the runtime can send one.
      client.write("no length\n");
      await new Promise((resolve) => client.once("close", resolve));
      const other = connect(Number(port), host);
      other.on("error", () => {}); // Its time-out is a reset as well.
      other.end("5 fine!");
      await until(/fine!/);
      await new Promise((resolve) => other.once("close", resolve));
    }),
);
