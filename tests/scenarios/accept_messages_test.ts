/**
 * Messages that every accepted connection gets, over real sockets: an option behind octets that are being written.
 *
 * @module
 */

import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { scenario } from "./world.ts";

const GREETER = `nodes:
  e: { type: echo }
  front:
    type: ksocket
    hook: inet/stream/tcp
    messages:
      - bind: inet/127.0.0.1:0
      - listen: 5
      - accept:
          peer: e
          messages: [send: hi, setopt: { TCP_NODELAY: 1 }, send: " there", setopt: { SO_KEEPALIVE: 1 }]
`;

scenario(
  "a connection that is greeted before its options are set gets both, as does the next",
  {},
  async (withTopology) => {
    await withTopology("echo", { PORT: "0" }, async (world) => {
      const outcome = await world.apply({ text: GREETER });
      assert.deepEqual([outcome.result, outcome.ready], ["applied", true]);
      const port = await world.port("front");
      for (let count = 0; count < 2; count++) {
        const client = connect(port, "127.0.0.1");
        let text = "";
        client.setEncoding("utf8").on("data", (data: string) => text += data);
        client.end("!");
        await once(client, "close");
        assert.equal(text, "hi there!");
      }
    });
  },
);
