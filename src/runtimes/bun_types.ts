/**
 * The part of Bun's global that is used, written out because Deno's checker has no types of Bun.
 *
 * @module
 */

/** A server made by `Bun.serve`. */
export interface BunServer {
  stop(closeActiveConnections: boolean): Promise<void>;
}

/** The global `Bun`. */
export interface BunGlobal {
  readonly version: string;
  serve(options: {
    readonly unix: string;
    /** Seconds; 0 keeps silent streams open. */
    readonly idleTimeout: number;
    fetch(request: Request): Promise<Response>;
  }): BunServer;
}

/**
 * The global of the host that runs this.
 *
 * @throws TypeError elsewhere than on Bun
 */
export function bunGlobal(): BunGlobal {
  const found: unknown = Reflect.get(globalThis, "Bun");
  if (isBunGlobal(found)) return found;
  throw new TypeError("Cannot find the global Bun: this is another runtime");
}

function isBunGlobal(value: unknown): value is BunGlobal {
  return typeof value === "object" && value !== null && "serve" in value && "version" in value;
}
