/**
 * Notifying the service manager on Bun, which has no unix datagrams (1.4.5): by the C library.
 *
 * @module
 */

import { NetgraphError } from "../../errors.ts";
import { typeNumber } from "../../socket/endpoint.ts";
import { notifySocket } from "../host/notify_socket.ts";
import { errnoError } from "../posix/errno.ts";
import type { Libc } from "../posix/library.ts";
import { openLibc } from "../posix/open_library.ts";
import { AddressCodec } from "../posix/sockaddr.ts";
import { knownSystem } from "../posix/this_system.ts";
import type { System } from "../posix/system.ts";
import type { ServiceManager } from "../runtime.ts";

const ACTION = "Cannot notify the service manager";

/** The service manager that `NOTIFY_SOCKET` names, over libc. */
export const bunService: ServiceManager = {
  async notify(assignments) {
    const path = notifySocket();
    if (path === null) return false;
    const system = knownSystem();
    if (system === null) throw new NetgraphError("ENOSYS", `${ACTION}: that needs Linux with glibc, on x64 or arm64`);
    const libc = await openLibc(system);
    try {
      send(libc, system, { path, text: new TextEncoder().encode(`${assignments.join("\n")}\n`) });
    } finally {
      libc.unload();
    }
    return true;
  },
};

function send(libc: Libc, system: System, datagram: { path: string; text: Uint8Array }): void {
  const { AF_LOCAL, SOCK_CLOEXEC, MSG_NOSIGNAL } = system.constants;
  const address = new AddressCodec(libc, system).pack({ family: "local", path: datagram.path });
  const fd = libc.socket(AF_LOCAL, typeNumber("dgram") | SOCK_CLOEXEC, 0);
  if (fd < 0) throw errnoError(libc.errno(), ACTION);
  try {
    if (libc.connect(fd, address, address.length) < 0) throw errnoError(libc.errno(), ACTION);
    if (libc.send(fd, datagram.text, datagram.text.length, MSG_NOSIGNAL) < 0) throw errnoError(libc.errno(), ACTION);
  } finally {
    libc.close(fd);
  }
}
