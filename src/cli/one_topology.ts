/**
 * The one topology that a verb is about: the named one, or the only one that runs.
 *
 * @module
 */

import { listNames } from "../ascii/near.ts";
import type { EngineApi } from "../api/engine_api.ts";
import { CommandFailure } from "./command.ts";
import { EXIT } from "./exit_code.ts";

/**
 * Its name.
 *
 * @param name as given; the engine rejects an unknown one
 * @throws CommandFailure 64 when several run and none is named, 1 when nothing runs
 */
export async function oneTopology(engine: Pick<EngineApi, "status">, name: string | null): Promise<string> {
  if (name !== null) return name;
  const running = (await engine.status()).topologies.map((topology) => topology.name);
  const [only] = running;
  if (only === undefined) throw new CommandFailure(EXIT.failed, "Nothing runs");
  if (running.length === 1) return only;
  throw new CommandFailure(EXIT.usage, `Several topologies are running: use one of ${listNames(running)}`);
}
