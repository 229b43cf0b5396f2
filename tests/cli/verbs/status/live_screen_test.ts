/**
 * A terminal as the live table leaves it.
 *
 * @module
 */

import assert from "node:assert/strict";
import { COLOR, NO_COLOR, paint } from "../../../../src/cli/color.ts";
import { LiveScreen } from "../../../../src/cli/verbs/status/live_screen.ts";
import { displayWidth } from "../../../../src/display_width.ts";
import { truncatePainted } from "../../../../src/cli/width.ts";
import { test } from "../../../harness.ts";

/** Collects what is written. */
function makeTerminal(): { written: string[]; process: { write(stream: string, text: string): void } } {
  const written: string[] = [];
  return { written, process: { write: (_stream, text) => void written.push(text) } };
}

test("LiveScreen writes only lines that differ, all at once", () => {
  const { written, process } = makeTerminal();
  using screen = new LiveScreen(process);
  screen.show(["head", "a 1", "b 1"]);
  written.length = 0;
  screen.show(["head", "a 2", "b 1"]);
  assert.deepEqual(written, ["\u001b[2;1H\u001b[2Ka 2"]);
  screen.show(["head", "a 2", "b 1"]);
  assert.equal(written.length, 1);
  screen.show(["head"]);
  assert.equal(written.at(-1), "\u001b[2;1H\u001b[2K\u001b[3;1H\u001b[2K");
});

test("LiveScreen redraws everything after clear()", () => {
  const { written, process } = makeTerminal();
  using screen = new LiveScreen(process);
  screen.show(["head"]);
  screen.clear();
  screen.show(["head"]);
  assert.equal(written.filter((text) => text.includes("head")).length, 2);
});

test("LiveScreen gives screen, cursor and wrapping back, once", () => {
  const { written, process } = makeTerminal();
  const screen = new LiveScreen(process);
  screen.show(["a"]);
  screen.close();
  screen.close();
  screen.show(["b"]);
  const all = written.join("");
  for (const mode of ["?1049", "?25", "?7"]) {
    const switched = [...all.matchAll(new RegExp(`\\[\\${mode}([hl])`, "g"))].map(([, to]) => to);
    assert.equal(switched.length, 2, mode);
    assert.notEqual(switched[0], switched[1]);
  }
  assert.ok(!all.includes("b"));
});

test("truncatePainted() truncates the visible text, and ends the colour", () => {
  const line = `${paint("strong", "name")}  ${paint("good", "ready")}`;
  assert.equal(truncatePainted(line, 11), line);
  const bare = (text: string) => text.replaceAll(new RegExp(COLOR, "g"), "");
  for (let columns = 1; columns < 11; columns++) {
    const truncated = truncatePainted(line, columns);
    assert.equal(displayWidth(bare(truncated)), columns);
    assert.ok(truncated.endsWith(NO_COLOR));
  }
});
