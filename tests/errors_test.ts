/**
 * Failures by name: which of them are retried.
 *
 * @module
 */

import { strict as assert } from "node:assert";
import { codeOfLinuxErrno, isErrorCode, isRetryable, isWorldly } from "../src/errors.ts";
import { test } from "./harness.ts";

/** The contract's list (design section 4, Self-heal) but for the ENOENT of a local connect. */
const LISTED = [
  "EADDRINUSE",
  "EADDRNOTAVAIL",
  "ECONNREFUSED",
  "ECONNRESET",
  "EMFILE",
  "ENETDOWN",
  "ENETUNREACH",
  "ENFILE",
  "ENOBUFS",
  "ENOTFOUND",
  "EHOSTUNREACH",
  "ETIMEDOUT",
];

/** The same failures under the names that other systems and local sockets give them. */
const KIN = ["EAGAIN", "ECONNABORTED", "EHOSTDOWN"];

function codes(): readonly string[] {
  const numbered = Array.from({ length: 200 }, (_, errno) => codeOfLinuxErrno(errno)).filter((code) => code !== null);
  return [...numbered, "ENOTFOUND", "ENOTCAPABLE"];
}

test("codeOfLinuxErrno() knows what a full or read-only disk says", () => {
  assert.deepEqual([27, 28, 30, 39, 122].map(codeOfLinuxErrno), ["EFBIG", "ENOSPC", "EROFS", "ENOTEMPTY", "EDQUOT"]);
});

test("isRetryable() is true of the contract's list and its kin, and of nothing else", () => {
  const retried = codes().filter((code) => isErrorCode(code) && isRetryable(code));
  assert.deepEqual(retried.toSorted(), [...LISTED, ...KIN].toSorted());
});

test("isWorldly() adds the local path that a connect or bind does not find", () => {
  const worldly = codes().filter((code) => isErrorCode(code) && isWorldly(code) && !isRetryable(code));
  assert.deepEqual(worldly, ["ENOENT"]);
});
