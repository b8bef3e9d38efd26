// Linux calls that Glibc's Swift module does not offer, and typed shims for those that Swift imports badly. No logic.
#pragma once
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/types.h>

/// accept4 with SOCK_NONBLOCK | SOCK_CLOEXEC. In the .c file, since it needs _GNU_SOURCE, which would change the
/// types that Swift has already imported through Glibc.
int clinux_accept(int listener);

/// recv and send without being points where the thread may be cancelled, which nobody does here: where there are several
/// threads glibc pays for that with two atomic operations a call.
ssize_t clinux_recv(int socket, void *buffer, size_t count, int flags);
ssize_t clinux_send(int socket, const void *bytes, size_t count, int flags);

/// epoll_ctl with the event's bits and key spelled out: Swift sees epoll_data as an unsafe union.
static inline int clinux_epoll_ctl(int poller, int operation, int descriptor, uint32_t bits, uint64_t key) {
    struct epoll_event event = {.events = bits, .data = {.u64 = key}};
    return epoll_ctl(poller, operation, descriptor, &event);
}

/// Bytes that the socket has taken and the other side has not acknowledged: ioctl is variadic.
static inline int clinux_unacknowledged(int descriptor) {
    int count = 0;
    return ioctl(descriptor, SIOCOUTQ, &count) == 0 ? count : 0;
}

static inline uint32_t clinux_epoll_bits(const struct epoll_event *event) { return event->events; }
static inline uint64_t clinux_epoll_key(const struct epoll_event *event) { return event->data.u64; }
