/**
 * All measured programs, in the order of the tables.
 *
 * @module
 */

import type { Contender } from "../contender.ts";
import { bare } from "./bare.ts";
import { haproxy, haproxyThreads, haproxyTuned } from "./haproxy.ts";
import { nginx, nginxRoomy, nginxTuned } from "./nginx.ts";
import { socat, socatLarge } from "./socat.ts";
import { sockgraphs } from "./sockgraph.ts";

/** Every contender that is a program. */
export const CONTENDERS: readonly Contender[] = [
  bare,
  socat,
  socatLarge,
  haproxy,
  haproxyTuned,
  haproxyThreads,
  nginx,
  nginxTuned,
  nginxRoomy,
  ...sockgraphs,
];
