/**
 * How V8 is to collect where it runs the engine: young objects have a few MiB, not up to 16, and old ones may grow by a
 * quarter between two collections, not to several times of what lives.
 *
 * The rooms that V8 would grow for a thousand connections weigh more than the connections do. On runtime `deno` a
 * connection makes some 25 KiB of garbage, Deno's own promises included: in 1 MiB most of what a short connection has
 * is copied while it lives; 4 MiB cost no memory that shows (Deno 2.9.6: 17.4 KiB an idle connection with 4, 17.5 with 1,
 * 19.1 with 8). On runtime `posix` a connection makes 8 KiB of it: with 1 MiB collecting takes 5.6 µs of each, with 2 as
 * with 4 it takes 1.5, and 2 MiB weigh less. A flag of the command line, as `v8.setFlagsFromString` comes too late for
 * the threads that Deno starts.
 *
 * Where old ones grow freely, 100 changes under 1,000 connections that send look like a leak: 28 MiB lived after them,
 * 25 before, but 116 were taken from the system. A quarter costs no processor time that could be measured.
 *
 * @module
 */

/** What `deno run` and `deno compile` take. */
export const V8_FLAGS = "--v8-flags=--max-semi-space-size=4,--heap-growing-percent=25";

/** What `deno run` takes where the sockets are the system's own. */
export const V8_FLAGS_POSIX = "--v8-flags=--max-semi-space-size=2,--heap-growing-percent=25";
