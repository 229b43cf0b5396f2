/**
 * Every row, in the order of the report.
 *
 * @module
 */

import type { Row } from "../row.ts";
import { bulk, streams } from "./bulk.ts";
import { datagrams } from "./datagrams.ts";
import { idle } from "./idle.ts";
import { connections, requests } from "./requests.ts";
import { status } from "./status.ts";

/** What is measured. */
export const ROWS: readonly Row[] = [bulk, streams, requests, connections, datagrams, idle, status];
