/**
 * The conformance suite over the runtime `posix`, on either host.
 *
 * @module
 */

import { rmSync } from "node:fs";
import { POSIX_CAPABILITIES } from "../../src/runtimes/posix/capabilities.ts";
import { machine, openDriven } from "../runtimes/posix/subject.ts";
import { temporaryFolder } from "./folder.ts";
import { testSocketRuntime } from "./socket_runtime.ts";

testSocketRuntime({
  name: "posix",
  capabilities: POSIX_CAPABILITIES,
  skip: machine.skip,
  open: openDriven,
  folder: temporaryFolder,
  removePath: rmSync,
});
