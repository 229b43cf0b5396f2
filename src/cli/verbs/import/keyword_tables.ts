/**
 * The tables of keywords of all languages that have one.
 *
 * @module
 */

import { HAPROXY_KEYWORDS } from "./haproxy/keywords.ts";
import type { KeywordTable } from "./keyword.ts";
import { NGINX_KEYWORDS } from "./nginx/keywords.ts";

/** The tables, in the order of the documentation. */
export const KEYWORD_TABLES: readonly KeywordTable[] = [NGINX_KEYWORDS, HAPROXY_KEYWORDS];
