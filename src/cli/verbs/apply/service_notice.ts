/**
 * Notifications for the service manager that started this program: when it runs, reads its sources again, and stops.
 *
 * @module
 */

import type { ServiceManager } from "../../../runtimes/runtime.ts";
import type { Output } from "../../output.ts";

/** The notifications, by the names of sd_notify(3). */
const STATES = { ready: "READY=1", reloading: "RELOADING=1", stopping: "STOPPING=1" } as const;

/** Notifies the service manager, if there is one. An error is printed once, and has no other effect. */
export class ServiceNotice {
  readonly #service: ServiceManager;
  readonly #output: Output;
  #failed = false;

  constructor(service: ServiceManager, output: Output) {
    this.#service = service;
    this.#output = output;
  }

  /**
   * Sends a state.
   *
   * @param status for people: `systemctl status` shows it
   */
  async notify(state: keyof typeof STATES, status: string): Promise<void> {
    try {
      await this.#service.notify([STATES[state], `STATUS=${status}`]);
    } catch (error) {
      if (!this.#failed) this.#output.error(error instanceof Error ? error.message : String(error));
      this.#failed = true;
    }
  }
}
