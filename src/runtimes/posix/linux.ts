/**
 * Common to all 64-bit Linux systems with glibc.
 *
 * @module
 */

import type { Constants, MessageLayout } from "./system.ts";

/** The numbers of asm-generic, which x86_64 and arm64 share. */
export const LINUX_CONSTANTS: Constants = {
  EINTR: 4,
  EAGAIN: 11,
  EINPROGRESS: 115,
  AF_UNSPEC: 0,
  AF_LOCAL: 1,
  AF_INET: 2,
  AF_INET6: 10,
  SOCK_NONBLOCK: 0o4000,
  SOCK_CLOEXEC: 0o2000000,
  SOL_SOCKET: 1,
  SO_REUSEADDR: 2,
  SO_ERROR: 4,
  SO_RCVBUF: 8,
  SO_MEMINFO: 55,
  SO_LINGER: 13,
  IPPROTO_TCP: 6,
  TCP_NODELAY: 1,
  TCP_INFO: 11,
  TCP_INFO_BYTES_ACKED: 120,
  IPPROTO_UDP: 17,
  UDP_SEGMENT: 103,
  IPPROTO_IP: 0,
  IP_PKTINFO: 8,
  IPPROTO_IPV6: 41,
  IPV6_RECVPKTINFO: 49,
  IPV6_PKTINFO: 50,
  SHUT_WR: 1,
  MSG_NOSIGNAL: 0x4000,
  MSG_DONTWAIT: 0x40,
  MSG_TRUNC: 0x20,
  F_SETPIPE_SZ: 1031,
  SPLICE_F_NONBLOCK: 0x2,
  SIGPIPE: 13,
  EFD_NONBLOCK: 0o4000,
  EFD_CLOEXEC: 0o2000000,
  EPOLL_CLOEXEC: 0o2000000,
  EPOLL_CTL_ADD: 1,
  EPOLLIN: 0x1,
  EPOLLPRI: 0x2,
  EPOLLOUT: 0x4,
  EPOLLERR: 0x8,
  EPOLLHUP: 0x10,
  EPOLLRDHUP: 0x2000,
  EPOLLET: 1 << 31,
};

/** `struct mmsghdr` and `struct cmsghdr` of glibc on 64 bits. */
export const LINUX_MESSAGE: MessageLayout = {
  size: 64,
  name: 0,
  nameLength: 8,
  pieces: 16,
  pieceCount: 24,
  control: 32,
  controlLength: 40,
  flags: 48,
  length: 56,
  pieceSize: 16,
  controlLevel: 8,
  controlType: 12,
  controlData: 16,
};

/** The path of glibc on the distributions, for a processor's name as Debian writes it. */
export function glibcPaths(multiarch: string): readonly string[] {
  return [`/lib/${multiarch}/libc.so.6`, "/lib64/libc.so.6", "/usr/lib64/libc.so.6", "/usr/lib/libc.so.6", "libc.so.6"];
}
