/**
 * Which version this is: the same as in deno.json and package.json, which a test holds it to.
 *
 * @module
 */

/** The version of sockgraph. */
export const VERSION = "0.1.0";
