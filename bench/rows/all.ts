/**
 * Every row, in the order of the report.
 *
 * @module
 */

import type { Row } from "../row.ts";
import { bulk } from "./bulk.ts";
import { datagrams } from "./datagrams.ts";
import { idle } from "./idle.ts";
import { connections, requests } from "./requests.ts";

/** What is measured. */
export const ROWS: readonly Row[] = [bulk, requests, connections, datagrams, idle];
