#define _GNU_SOURCE
#include "SystemCallCounter.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif

static _Thread_local struct system_calls counts;

struct system_calls system_call_counts(void) { return counts; }

#ifdef SANITIZED

bool system_call_counter_available(void) { return false; }

#else

#include <signal.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

bool system_call_counter_available(void) { return true; }

int epoll_wait(int poller, struct epoll_event *events, int capacity, int timeout) {
    counts.epoll_wait++;
    return (int)syscall(SYS_epoll_pwait, poller, events, capacity, timeout, NULL, _NSIG / 8);
}

int epoll_ctl(int poller, int operation, int descriptor, struct epoll_event *event) {
    counts.epoll_ctl++;
    return (int)syscall(SYS_epoll_ctl, poller, operation, descriptor, event);
}

ssize_t recv(int socket, void *buffer, size_t length, int flags) {
    counts.recv++;
    return syscall(SYS_recvfrom, socket, buffer, length, flags, NULL, NULL);
}

ssize_t send(int socket, const void *bytes, size_t length, int flags) {
    counts.send++;
    return syscall(SYS_sendto, socket, bytes, length, flags, NULL, 0);
}

#endif
