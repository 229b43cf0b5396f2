/**
 * The settings of V8's garbage collector for the engine: a few MiB for young objects, rather than up to 16, and growth
 * of old ones by a quarter between two collections, rather than to several times the live size.
 *
 * The heap that V8 would grow for a thousand connections needs more memory than the connections. On runtime `deno` a
 * connection makes some 25 KiB of garbage, including Deno's own promises: with 1 MiB most objects of a short connection
 * are copied while it is open; 4 MiB have no measurable cost (Deno 2.9.6: 17.4 KiB per idle connection with 4, 17.5
 * with 1, 19.1 with 8). On runtime `posix` a connection makes 8 KiB of garbage: with 1 MiB, collection takes 5.6 µs per
 * connection. With 2 MiB the objects of 128 live connections do not fit: they become old while their connection is
 * open, and a connection costs 9 to 16 µs without the kernel, rather than 3 to 4 with 4 MiB (6 % of all of its time).
 * The price of 4 MiB is 0.65 KiB for each of the first thousand idle connections. This must be a flag of the command
 * line, because `v8.setFlagsFromString` is too late for the threads that Deno starts.
 *
 * Without a limit for old objects, 100 changes under 1,000 sending connections look like a leak: 28 MiB were live after
 * them, and 25 before, but the process had 116. The limit of a quarter has no measurable cost of processor time.
 *
 * @module
 */

/** The options of `deno run` and `deno compile`. */
export const V8_FLAGS = "--v8-flags=--max-semi-space-size=4,--heap-growing-percent=25";
