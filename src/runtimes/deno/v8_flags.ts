/**
 * How V8 is to collect where it runs the engine: young objects have 1 MiB, not up to 16.
 *
 * A relay's garbage is small and dies at once, so that this costs no time that shows; and the rooms that V8 would grow
 * for a thousand connections weigh more than the connections do (Deno 2.9.6: 7.5 KiB a connection with them, 3.2
 * without). A flag of the command line, as `v8.setFlagsFromString` comes too late for the threads that Deno starts.
 *
 * @module
 */

/** What `deno run` and `deno compile` take. */
export const V8_FLAGS = "--v8-flags=--max-semi-space-size=1";
