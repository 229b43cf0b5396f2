/**
 * The tables of keywords of all languages that have one.
 *
 * @module
 */

import { COMPOSE_KEYWORDS } from "./compose/keywords.ts";
import { GOST_KEYWORDS } from "./gost/keywords.ts";
import { HAPROXY_KEYWORDS } from "./haproxy/keywords.ts";
import type { KeywordTable } from "./keyword.ts";
import { NGINX_KEYWORDS } from "./nginx/keywords.ts";
import { SYSTEMD_KEYWORDS } from "./systemd/keywords.ts";

/** The tables, in the order of the documentation. */
export const KEYWORD_TABLES: readonly KeywordTable[] = [
  NGINX_KEYWORDS,
  HAPROXY_KEYWORDS,
  SYSTEMD_KEYWORDS,
  COMPOSE_KEYWORDS,
  GOST_KEYWORDS,
];
