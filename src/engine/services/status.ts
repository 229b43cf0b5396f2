/**
 * Serves the status.
 *
 * @module
 */

import type { EngineApi } from "../../api/engine_api.ts";
import { readLiveNodes, readStatus, STATUS } from "../../api/operations/status.ts";
import { serve, serveLines, serveText, type Service } from "../../api/service.ts";

/** Serves the status. */
export function statusServices(
  engine: Pick<EngineApi, "status" | "liveNodes" | "metrics" | "wait">,
): readonly Service[] {
  return [
    serveText(STATUS.livez, () => Promise.resolve("ok\n")),
    serveText(STATUS.readyz, async () => {
      const { ready, waiting } = await engine.wait({ names: [], timeoutMs: 0 });
      return ready ? "ok\n" : { status: 503, text: `${waiting.join("\n")}\n` };
    }),
    serveText(STATUS.metrics, () => engine.metrics()),
    serve(STATUS.version, async () => (await engine.status()).engine),
    serve(STATUS.status, (selection) => readStatus(engine, selection)),
    serveLines(STATUS.liveNodes, async (selection) => {
      await readStatus(engine, { ...selection, node: null }); // An unknown name fails before anything is streamed.
      return readLiveNodes(engine, selection);
    }),
    // The request's signal is not used: on Deno 2.9 it also aborts after success, and prints a warning.
    serve(STATUS.wait, (request) => engine.wait(request)),
  ];
}
