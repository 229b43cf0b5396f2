/**
 * The topologies in the guides about traffic are valid.
 *
 * @module
 */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describeBuiltinTypes } from "../../src/nodes/builtin.ts";
import { POSIX_CAPABILITIES } from "../../src/runtimes/posix/capabilities.ts";
import { loadTopology } from "../../src/topology/load/load.ts";
import { renderDiagnostics } from "../../src/topology/parse/render.ts";
import { test } from "../harness.ts";
import { readDocument } from "./document.ts";

const GUIDES = ["files", "limits", "load-balancing", "programs", "proxies", "proxy-protocol", "routing"];

for (const guide of GUIDES) {
  test(`docs/${guide}.md has only topologies that are valid`, () => {
    const text = readFileSync(new URL(`../../docs/${guide}.md`, import.meta.url), "utf8");
    const blocks = readDocument(text).blocks.filter(({ language, text }) =>
      language === "yaml" && /^nodes:/m.test(text)
    );
    assert.ok(blocks.length > 0);
    for (const block of blocks) {
      const { diagnostics } = loadTopology({
        source: { name: `${guide}.md:${block.line}`, text: block.text },
        types: describeBuiltinTypes(POSIX_CAPABILITIES),
        env: () => null,
        defaultName: guide,
        baseDirectory: "/",
      });
      assert.deepEqual(renderDiagnostics(diagnostics), renderDiagnostics([]));
    }
  });
}
