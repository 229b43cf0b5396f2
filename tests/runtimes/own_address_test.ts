/**
 * This machine's own addresses.
 *
 * @module
 */

import assert from "node:assert/strict";
import { networkInterfaces } from "node:os";
import { isOwnAddress } from "../../src/runtimes/own_address.ts";
import { test } from "../harness.ts";

test("isOwnAddress() knows the addresses of the interfaces, and no others", () => {
  const own = Object.values(networkInterfaces()).flatMap((list) => list ?? []).map(({ address }) => address);
  for (const address of own) assert.ok(isOwnAddress(address), address);
  // Of the networks for documentation, and none of an interface.
  const other = ["198.51.100.254", "203.0.113.254"].find((address) => !own.includes(address)) ?? "";
  assert.equal(isOwnAddress(other), false);
});
