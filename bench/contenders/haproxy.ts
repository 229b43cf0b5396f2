/**
 * HAProxy, with its own buffers and with large ones, which are its best in bulk.
 *
 * @module
 */

import { type Contender, type Place, type RowName, STREAM_ROWS } from "../contender.ts";

interface HaproxyOptions {
  readonly tuning: string;
  readonly rows: readonly RowName[];
  readonly quickRows: readonly RowName[];
  /** How many threads it has; one. */
  readonly threads?: number;
}

/** HAProxy as it comes, in one thread as we are. */
export const haproxy: Contender = haproxyWith("haproxy", {
  tuning: "",
  rows: [...STREAM_ROWS, "idle"],
  quickRows: ["idle"],
});

/** HAProxy with buffers of 256 KiB. */
export const haproxyTuned: Contender = haproxyWith("haproxy 256k", {
  tuning: "tune.bufsize 262144",
  rows: [...STREAM_ROWS, "streams"],
  quickRows: STREAM_ROWS,
});

/** The same in two threads. */
export const haproxyThreads: Contender = haproxyWith("haproxy 256k, 2 threads", {
  tuning: "tune.bufsize 262144",
  rows: ["streams"],
  quickRows: [],
  threads: 2,
});

function haproxyWith(name: string, options: HaproxyOptions): Contender {
  const { tuning, rows, quickRows, threads = 1 } = options;
  return {
    name,
    role: "peer",
    rows,
    quickRows,
    async start(place) {
      const path = `${place.folder}/haproxy.cfg`;
      await Deno.writeTextFile(path, configuration(place, { tuning, threads }));
      return place.children.start(["haproxy", "-db", "-q", "-f", path]);
    },
  };
}

function configuration(
  { port, target }: Place,
  { tuning, threads }: { readonly tuning: string; readonly threads: number },
): string {
  return `global
  maxconn 8000
  nbthread ${threads}
  ${tuning}
defaults
  mode tcp
  timeout connect 5s
  timeout client 60s
  timeout server 60s
listen relay
  bind 127.0.0.1:${port}
  server target 127.0.0.1:${target}
`;
}
