/**
 * The differences between systems: numbers, sizes of structs, and the path of the C library.
 *
 * One table per system; the code contains none of these numbers. Only what the code uses is listed.
 *
 * @module
 */

import type { NumberingSystem } from "../../socket/endpoint.ts";

/** Numbers of errno, options and flags. */
export interface Constants {
  readonly EINTR: number;
  readonly EAGAIN: number;
  readonly EINPROGRESS: number;
  readonly AF_UNSPEC: number;
  readonly AF_LOCAL: number;
  readonly AF_INET: number;
  readonly AF_INET6: number;
  readonly SOCK_NONBLOCK: number;
  readonly SOCK_CLOEXEC: number;
  readonly SOL_SOCKET: number;
  readonly SO_REUSEADDR: number;
  readonly SO_ERROR: number;
  readonly SO_RCVBUF: number;
  readonly SO_MEMINFO: number;
  readonly SO_LINGER: number;
  readonly IPPROTO_TCP: number;
  readonly TCP_NODELAY: number;
  readonly TCP_INFO: number;
  /** The offset of the acknowledged bytes in `struct tcp_info`, 64 bits in the host's byte order. */
  readonly TCP_INFO_BYTES_ACKED: number;
  readonly IPPROTO_UDP: number;
  readonly UDP_SEGMENT: number;
  readonly IPPROTO_IP: number;
  readonly IP_PKTINFO: number;
  readonly IPPROTO_IPV6: number;
  readonly IPV6_RECVPKTINFO: number;
  readonly IPV6_PKTINFO: number;
  readonly SHUT_WR: number;
  readonly MSG_NOSIGNAL: number;
  readonly MSG_DONTWAIT: number;
  readonly MSG_TRUNC: number;
  readonly F_SETPIPE_SZ: number;
  readonly SPLICE_F_NONBLOCK: number;
  readonly SIGPIPE: number;
  readonly EFD_NONBLOCK: number;
  readonly EFD_CLOEXEC: number;
  readonly EPOLL_CLOEXEC: number;
  readonly EPOLL_CTL_ADD: number;
  readonly EPOLLIN: number;
  readonly EPOLLPRI: number;
  readonly EPOLLOUT: number;
  readonly EPOLLERR: number;
  readonly EPOLLHUP: number;
  readonly EPOLLRDHUP: number;
  readonly EPOLLET: number;
}

/** `struct epoll_event`, in words of 32 bits: the events are first. */
export interface EpollLayout {
  readonly words: number;
  readonly dataWord: number;
}

/** `struct mmsghdr`, `struct iovec` and `struct cmsghdr` on a 64-bit system, in bytes. */
export interface MessageLayout {
  readonly size: number;
  readonly name: number;
  readonly nameLength: number;
  readonly pieces: number;
  readonly pieceCount: number;
  readonly control: number;
  readonly controlLength: number;
  readonly flags: number;
  readonly length: number;
  readonly pieceSize: number;
  readonly controlLevel: number;
  readonly controlType: number;
  readonly controlData: number;
}

/** One system on one processor. */
export interface System {
  /** For messages: `linux-x86_64`. */
  readonly name: string;
  /** The target system of endpoints' and options' numbers. */
  readonly numbering: NumberingSystem;
  /** The possible paths of the C library, tried in order. The last one leaves the search to the loader. */
  readonly libraries: readonly string[];
  /** The C function that returns the address of errno. */
  readonly errnoFunction: string;
  readonly constants: Constants;
  readonly epollEvent: EpollLayout;
  readonly message: MessageLayout;
}
