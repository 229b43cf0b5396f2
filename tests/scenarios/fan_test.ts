import assert from "node:assert/strict";
import { peer } from "../harness.ts";
import { freePort, launch, run } from "../support/process.ts";
import { scenario } from "./world.ts";

const socat = peer("socat");

for (const fan of ["all", "roundrobin", "failover"] as const) {
  scenario(
    `topologies/udp-fan.yaml sends to its receivers: ${fan}`,
    { peers: [socat], timeoutMs: 10_000 },
    async (withTopology) => {
      const ports = [await freePort(), await freePort(), await freePort()] as const;
      const receive = (port: number) =>
        launch(socat.path ?? "", ["-dd", "-u", `UDP-RECV:${port},bind=127.0.0.1`, "STDOUT"]);
      await using first = receive(ports[0]);
      await using second = receive(ports[1]);
      await using third = receive(ports[2]);
      const all = [first, second, third];
      await Promise.all(all.map((one) => one.until(/starting data transfer loop/)));
      const [a, b, c] = ports.map((port) => `127.0.0.1:${port}`);
      await withTopology("udp-fan", { FAN: fan, FIRST: a ?? "", SECOND: b ?? "", THIRD: c ?? "" }, async (world) => {
        const send = async (input: string) =>
          await run(socat.path ?? "", ["-u", "-", `UDP-SENDTO:${await world.address("in")}`], { input });
        for (const input of ["one\n", "two\n", "three\n"]) await send(input);
        if (fan === "all") await Promise.all(all.map((one) => one.until(/one\n[^]*two\n[^]*three\n/)));
        if (fan === "failover") await first.until(/one\n[^]*two\n[^]*three\n/);
        if (fan === "roundrobin") {
          await Promise.all([first.until(/one\n/), second.until(/two\n/), third.until(/three\n/)]);
        }
        const stats = await world.engine.msg({ path: "udp-fan/fan:", command: "getstats", argument: "-1" });
        assert.equal(stats.text, "{ recvOctets=14 recvPackets=3 }");
      });
    },
  );
}
