/**
 * The tables of keywords are complete: compared with lists, and with the programs where they are installed.
 *
 * @module
 */

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { HAPROXY_KEYWORDS } from "../../../../src/cli/verbs/import/haproxy/keywords.ts";
import { findKeyword, type KeywordTable } from "../../../../src/cli/verbs/import/keyword.ts";
import { KEYWORD_TABLES } from "../../../../src/cli/verbs/import/keyword_tables.ts";
import { NGINX_KEYWORDS } from "../../../../src/cli/verbs/import/nginx/keywords.ts";
import { SYSTEMD_KEYWORDS } from "../../../../src/cli/verbs/import/systemd/keywords.ts";
import { peer, test } from "../../../harness.ts";
import { HAPROXY_GLOBAL, HAPROXY_PROXY, NGINX_DIRECTIVES } from "./known_keywords.ts";

/** Where the programs are. */
const HAPROXY = peer("haproxy");
const SYSTEMD = "/lib/systemd/systemd";

function missing(table: KeywordTable, places: readonly string[], words: readonly string[]): readonly string[] {
  return words.filter((word) => places.every((place) => findKeyword(table, place, word) === null));
}

/** HAProxy's keywords by place, from their list: `server <name> <addr> weight +1`, `option tcpka [ FE ]`. */
function haproxyMissing(lines: readonly string[]): readonly string[] {
  return lines.flatMap((line) => {
    const words = line.trim().split(/\s+/).filter((word) => !/^<|^\+|^\[|^\]$|^(FE|BE|HTTP)$/.test(word));
    const [first = "", second = "", third] = words;
    const has = (place: string, word: string): boolean => findKeyword(HAPROXY_KEYWORDS, place, word) !== null;
    if (words.length > 1 && (first === "bind" || first === "server")) {
      return has(first, words.at(-1) ?? "") ? [] : [line];
    }
    if (!has("a proxy", first)) return [line];
    if (second !== "" && (first === "option" || first === "timeout")) return has(first, second) ? [] : [line];
    if (first === "tcp-request" && third !== undefined) {
      return has("tcp-request rule", third.replace(/\*$/, "")) ? [] : [line];
    }
    return [];
  });
}

test("the tables have every directive of nginx's stream module, and all keywords of HAProxy's manual", () => {
  assert.ok(NGINX_DIRECTIVES.length > 80 && HAPROXY_PROXY.length > 150 && HAPROXY_GLOBAL.length > 100);
  assert.deepEqual(missing(NGINX_KEYWORDS, ["stream", "server", "upstream"], NGINX_DIRECTIVES), []);
  assert.deepEqual(haproxyMissing(HAPROXY_PROXY), []);
  assert.deepEqual(missing(HAPROXY_KEYWORDS, ["global"], HAPROXY_GLOBAL), []);
});

test(
  "the table of HAProxy has what the installed program lists",
  { skip: HAPROXY.skip },
  () => {
    const text = spawnSync(HAPROXY.path ?? "", ["-dKcfg", "-q", "-c", "-f", "/dev/null"], { encoding: "utf8" }).stdout;
    const sections = new Map(
      text.split(/\n(?=\S)/).map((part) => {
        const [name = "", ...lines] = part.split("\n").filter((line) => line.trim() !== "");
        return [name, lines.map((line) => line.trim())];
      }),
    );
    const listen = (sections.get("listen") ?? []).filter((line) =>
      !/^(http-|tcp-response|stats|use_backend)/.test(line)
    );
    assert.ok(listen.length > 200);
    assert.deepEqual(haproxyMissing(listen), []);
    assert.deepEqual(missing(HAPROXY_KEYWORDS, ["global"], sections.get("global") ?? []), []);
  },
);

test(
  "the table of systemd has what the installed program lists",
  { skip: existsSync(SYSTEMD) ? null : "systemd is not installed" },
  () => {
    const text = execFileSync(SYSTEMD, ["--dump-configuration-items"], { encoding: "utf8" });
    let section = "";
    const absent: string[] = [];
    for (const line of text.split("\n")) {
      if (line.startsWith("[")) section = line;
      const key = /^([A-Za-z]\w*)=/.exec(line)?.[1];
      if (key === undefined || !["[Unit]", "[Socket]", "[Service]", "[Install]"].includes(section)) continue;
      if (findKeyword(SYSTEMD_KEYWORDS, section, key) === null) absent.push(`${section} ${key}`);
    }
    assert.deepEqual(absent, []);
  },
);

test("no keyword is twice at one place", () => {
  const twice: string[] = [];
  for (const { program, rows } of KEYWORD_TABLES) {
    const seen = new Set<string>();
    for (const { place, words } of rows) {
      for (const word of words) {
        if (seen.has(`${place} ${word}`)) twice.push(`${program}: ${place} ${word}`);
        seen.add(`${place} ${word}`);
      }
    }
  }
  assert.deepEqual(twice, []);
});
