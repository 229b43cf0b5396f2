/**
 * Notifying the service manager on Deno.
 *
 * @module
 */

import { notifySocket } from "../host/notify_socket.ts";
import type { ServiceManager } from "../runtime.ts";
import { systemError } from "../system_error.ts";

/** The service manager that `NOTIFY_SOCKET` names, over Deno's own API. */
export const denoService: ServiceManager = {
  async notify(assignments) {
    const path = notifySocket();
    if (path === null) return false;
    try {
      // Deno has no datagram socket without a name; an abstract one leaves no file.
      const own = `\0sockgraph-notify-${Deno.pid}-${crypto.randomUUID()}`;
      const socket = Deno.listenDatagram({ transport: "unixpacket", path: own });
      try {
        const text = new TextEncoder().encode(`${assignments.join("\n")}\n`);
        await socket.send(text, { transport: "unixpacket", path });
      } finally {
        socket.close();
      }
    } catch (error) {
      throw systemError(error, "Cannot notify the service manager");
    }
    return true;
  },
};
