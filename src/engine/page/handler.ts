/**
 * The live page over HTTP: the page itself, its data, and the exchange of a token for a cookie. Without a valid cookie
 * nothing is served. All of it is read-only.
 *
 * @module
 */

import { failure, json } from "../../api/respond.ts";
import type { Handler } from "../../api/server.ts";
import { NetgraphError } from "../../errors.ts";
import type { PageAccess } from "./access.ts";
import type { PageData } from "./data.ts";
import type { PageFeed } from "./feed.ts";

/** The parts of the page. */
export interface PageParts {
  readonly access: PageAccess;
  readonly feed: PageFeed;
  readonly data: PageData;
}

/** The limit of cookies of a request that are tried. */
const MAX_SESSIONS = 8;

/** The path at which a token is exchanged. */
export const OPEN_PATH = "/open";

/**
 * What the browser may do with the page: nothing but load it from here. Text of topologies cannot become HTML, as the
 * page may not convert text to HTML at all.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");

const HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy": POLICY,
  "cross-origin-resource-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-frame-options": "DENY",
};

const DENIED = 'Not signed in: run "sockgraph open" and visit the address that it prints';

/** Serves the page. */
export function pageHandler(parts: PageParts): Handler {
  return async (request) => {
    const response = await answer(request, parts);
    for (const [name, value] of Object.entries(HEADERS)) response.headers.set(name, value);
    return response;
  };
}

async function answer(request: Request, parts: PageParts): Promise<Response> {
  const url = new URL(request.url);
  // Other ports of the same host are the same site, and send the cookie.
  const site = request.headers.get("sec-fetch-site");
  if (request.method !== "GET" || url.pathname === OPEN_PATH) return open(url, request, parts);
  if (!sessionsIn(request, url).some((session) => parts.access.admits(session))) return plain(401, DENIED);
  if (site !== null && site !== "same-origin" && site !== "none") return plain(403, "Not for pages of other origins");
  return await serve(url, parts);
}

/** Exchanges a token: the address without it replaces this one in the browser's history. */
function open(url: URL, request: Request, { access }: PageParts): Response {
  if (request.method !== "GET") return plain(401, DENIED);
  // A browser may load an address before the user visits it: that must not use the token up.
  if (request.headers.has("sec-purpose")) return plain(401, DENIED);
  const session = access.exchange(url.searchParams.get("token") ?? "");
  if (session === null) return plain(401, `This address is not valid any more. ${DENIED}`);
  // A redirect of the protocol would not send a strict cookie if a page of another site has opened the address.
  return new Response('<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0;url=/">', {
    headers: {
      "content-type": "text/html; charset=utf-8",
      "set-cookie": `${cookieName(url)}=${session}; Path=/; HttpOnly; SameSite=Strict`,
    },
  });
}

/** Cookies do not distinguish ports: the name does, so that the pages of several engines can be open. */
function cookieName(url: URL): string {
  return `sockgraph-${url.port === "" ? "80" : url.port}`;
}

/** The sessions of a request: another port of the host can set a cookie of the same name, which the browser sends too. */
function sessionsIn(request: Request, url: URL): readonly string[] {
  const prefix = `${cookieName(url)}=`;
  const cookies = (request.headers.get("cookie") ?? "").split(";").map((one) => one.trim());
  const own = cookies.filter((one) => one.startsWith(prefix)).slice(0, MAX_SESSIONS);
  return own.map((one) => one.slice(prefix.length));
}

async function serve(url: URL, { feed, data }: PageParts): Promise<Response> {
  try {
    switch (url.pathname) {
      case "/":
        return asset("text/html; charset=utf-8", (await import("./assets.ts")).PAGE_HTML);
      case "/page.js":
        return asset("text/javascript; charset=utf-8", (await import("./assets.ts")).PAGE_SCRIPT);
      case "/page.css":
        return asset("text/css; charset=utf-8", (await import("./assets.ts")).PAGE_STYLE);
      case "/stream":
        return feed.open(numberIn(url.searchParams.get("after")));
      case "/generations":
        return json(await data.generations(url.searchParams.get("topology") ?? ""));
      case "/connections":
        return json(await data.connections(url.searchParams.get("topology") ?? ""));
      default:
        return plain(404, "Not found");
    }
  } catch (error) {
    if (!(error instanceof NetgraphError)) throw error;
    return failure(422, { code: error.code, message: error.message });
  }
}

/** The number of an event; null for what is none. */
function numberIn(text: string | null): number | null {
  return text !== null && /^[0-9]{1,15}$/.test(text) ? Number(text) : null;
}

function asset(type: string, text: string): Response {
  return new Response(text, { headers: { "content-type": type } });
}

function plain(status: number, message: string): Response {
  return new Response(`${message}\n`, { status, headers: { "content-type": "text/plain; charset=utf-8" } });
}
