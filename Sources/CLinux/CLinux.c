#define _GNU_SOURCE
#include "CLinux.h"
#include <sys/syscall.h>
#include <unistd.h>

int clinux_accept(int listener) { return accept4(listener, 0, 0, SOCK_NONBLOCK | SOCK_CLOEXEC); }

ssize_t clinux_recv(int socket, void *buffer, size_t count, int flags) {
    return syscall(SYS_recvfrom, socket, buffer, count, flags, NULL, NULL);
}

ssize_t clinux_send(int socket, const void *bytes, size_t count, int flags) {
    return syscall(SYS_sendto, socket, bytes, count, flags, NULL, 0);
}
