/**
 * News for the service manager that started this program: when it runs, reads its sources again, and stops.
 *
 * @module
 */

import type { ServiceManager } from "../../../runtimes/runtime.ts";
import type { Output } from "../../output.ts";

/** What a service manager may be told, by the names of sd_notify(3). */
const STATES = { ready: "READY=1", reloading: "RELOADING=1", stopping: "STOPPING=1" } as const;

/** Tells the service manager, if there is one. That it cannot be told is said once, and ends nothing. */
export class ServiceNotice {
  readonly #service: ServiceManager;
  readonly #output: Output;
  #failed = false;

  constructor(service: ServiceManager, output: Output) {
    this.#service = service;
    this.#output = output;
  }

  /**
   * Tells of a state.
   *
   * @param status for people: `systemctl status` shows it
   */
  async tell(state: keyof typeof STATES, status: string): Promise<void> {
    try {
      await this.#service.notify([STATES[state], `STATUS=${status}`]);
    } catch (error) {
      if (!this.#failed) this.#output.error(error instanceof Error ? error.message : String(error));
      this.#failed = true;
    }
  }
}
