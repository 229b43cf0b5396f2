/**
 * All that an engine serves on its control socket.
 *
 * @module
 */

import type { EngineApi } from "../../api/engine_api.ts";
import type { Service } from "../../api/service.ts";
import type { NodeType } from "../../graph/core/node_type.ts";
import type { GraphPort } from "../../graph/port/port.ts";
import type { ClientChange } from "../../reconcile/loop/event.ts";
import { ClientReport } from "../client_changes.ts";
import { applyServices } from "./apply.ts";
import { eventServices } from "./events.ts";
import { type PageAddresses, pageServices } from "./page.ts";
import { nodeServices } from "./nodes.ts";
import { sessionServices } from "./session.ts";
import { sourceServices } from "./source.ts";
import { statusServices } from "./status.ts";
import { topologyServices } from "./topology.ts";

/** The input of services beside the engine. */
export interface ServiceOptions {
  /** The port at which sessions are opened. */
  readonly port: Pick<GraphPort, "openSession">;
  /** The node types, which define the queries. */
  readonly types?: readonly NodeType[];
  /** Receives clients' changes. */
  readonly onChange?: (change: ClientChange) => void;
  /** Makes the address of the live page. */
  readonly page?: PageAddresses;
}

/** All services of an engine. */
export function engineServices(
  engine: EngineApi,
  { port, types = [], onChange, page }: ServiceOptions,
): readonly Service[] {
  const report = new ClientReport(onChange ?? (() => {}), types);
  return [
    ...statusServices(engine),
    ...eventServices(engine),
    ...nodeServices(engine, report),
    ...applyServices(engine, report),
    ...sourceServices(engine, report),
    ...topologyServices(engine, report),
    ...sessionServices(port, report),
    ...pageServices(page ?? null),
  ];
}
