import assert from "node:assert/strict";
import { OctetReader, OctetWriter } from "../../../src/ascii/octets.ts";
import { parseText } from "../../../src/ascii/parse.ts";
import { string } from "../../../src/ascii/text.ts";
import { acceptTargetType } from "../../../src/nodes/ksocket/accept_target.ts";
import { test } from "../../harness.ts";

const acceptTarget = acceptTargetType(string);

for (const connect of ["inet/192.0.2.1:80", "[ inet/192.0.2.1:80 inet/192.0.2.2:80 ]"]) {
  test(`accept has octets from which connect=${connect} comes back`, () => {
    const target = parseText(acceptTarget, `{ connect=${connect} }`);
    const writer = new OctetWriter();
    acceptTarget.pack(target, writer);
    const reader = new OctetReader(writer.finish());
    assert.deepEqual(acceptTarget.unpack(reader), target);
    assert.equal(reader.remaining, 0);
  });
}
