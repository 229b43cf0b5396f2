/**
 * Standard input and output that a test controls.
 *
 * @module
 */

import assert from "node:assert/strict";
import { NetgraphError } from "../../src/errors.ts";
import type { StandardIo, StandardIoOwner, StandardStream } from "../../src/socket/standard_io.ts";
import { octets } from "./graph.ts";

/** Standard input and output that a test controls. */
export class FakeStdio implements StandardIo {
  owner: StandardIoOwner | null = null;
  reading = false;
  full = false;
  readonly written: string[] = [];

  open(owner: StandardIoOwner): StandardStream {
    if (this.owner !== null) throw new NetgraphError("EBUSY", "Taken");
    this.owner = owner;
    return {
      resume: () => void (this.reading = true),
      write: (bytes) => {
        this.written.push(new TextDecoder().decode(bytes));
        return this.full ? false : undefined;
      },
      close: () => {
        this.owner = null;
        this.reading = false;
      },
    };
  }

  /** Something is typed, if it is read. */
  type(text: string): void {
    assert.equal(this.reading, true);
    if (this.owner?.received(octets(text)) === false) this.reading = false;
  }
}
