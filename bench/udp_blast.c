/*
 * udp_blast RELAY_PORT SINK_PORT BYTES SECONDS: sends datagrams to the relay as fast as the system takes them, counts
 * what arrives at the sink, both on 127.0.0.1, and prints {"sent": N, "received": N}.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { RECEIVE_BATCH = 64, SEND_BATCH = 32, MAX_BYTES = 2048, SETTLE_US = 300000 };

static volatile int done = 0;
static volatile long received = 0;

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec / 1e9;
}

static struct sockaddr_in loopback(int port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

static int open_sink(int port) {
  int sink = socket(AF_INET, SOCK_DGRAM, 0);
  int room = 8 << 20;
  struct timeval patience = {0, 50000};
  struct sockaddr_in address = loopback(port);
  setsockopt(sink, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
  setsockopt(sink, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (bind(sink, (struct sockaddr *)&address, sizeof address) < 0) fail("bind");
  return sink;
}

static void *count(void *argument) {
  static char bytes[RECEIVE_BATCH][MAX_BYTES];
  struct iovec parts[RECEIVE_BATCH];
  struct mmsghdr messages[RECEIVE_BATCH];
  int sink = *(int *)argument;
  memset(messages, 0, sizeof messages);
  for (int i = 0; i < RECEIVE_BATCH; i++) {
    parts[i] = (struct iovec){bytes[i], MAX_BYTES};
    messages[i].msg_hdr.msg_iov = &parts[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  while (!done) {
    int taken = recvmmsg(sink, messages, RECEIVE_BATCH, MSG_WAITFORONE, NULL);
    if (taken > 0) received += taken;
  }
  return NULL;
}

static long blast(int port, int length, double seconds) {
  static char bytes[MAX_BYTES];
  struct iovec part = {bytes, length};
  struct mmsghdr messages[SEND_BATCH];
  struct sockaddr_in address = loopback(port);
  int source = socket(AF_INET, SOCK_DGRAM, 0);
  long sent = 0;
  memset(messages, 0, sizeof messages);
  for (int i = 0; i < SEND_BATCH; i++) {
    messages[i].msg_hdr.msg_iov = &part;
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  if (connect(source, (struct sockaddr *)&address, sizeof address) < 0) fail("connect");
  for (double end = now() + seconds; now() < end;) {
    int taken = sendmmsg(source, messages, SEND_BATCH, 0);
    if (taken > 0) sent += taken;
  }
  return sent;
}

int main(int argc, char **argv) {
  pthread_t counter;
  if (argc != 5 || atoi(argv[3]) > MAX_BYTES) {
    fprintf(stderr, "usage: udp_blast RELAY_PORT SINK_PORT BYTES SECONDS\n");
    return 64;
  }
  int sink = open_sink(atoi(argv[2]));
  if (pthread_create(&counter, NULL, count, &sink) != 0) fail("pthread_create");
  long sent = blast(atoi(argv[1]), atoi(argv[3]), atof(argv[4]));
  usleep(SETTLE_US);
  done = 1;
  pthread_join(counter, NULL);
  printf("{\"sent\": %ld, \"received\": %ld}\n", sent, received);
  return 0;
}
