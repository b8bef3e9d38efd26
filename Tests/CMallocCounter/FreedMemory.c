#define _GNU_SOURCE
#include "FreedMemory.h"
#include "Sanitized.h"

#ifdef SANITIZED

bool freed_memory_available(void) { return false; }
uint64_t freed_memory_large_blocks(void) { return 0; }
void freed_memory_watch(const void *secret, size_t count) {}
uint64_t freed_memory_stop(void) { return 0; }

#else

#include <malloc.h>
#include <string.h>

// The C library's own under another name, as in CMallocCounter.c.
void __libc_free(void *block);

static const size_t large = 1 << 20;

static _Thread_local uint64_t large_blocks, found;
static _Thread_local const void *watched;
static _Thread_local size_t watched_count;

bool freed_memory_available(void) { return true; }
uint64_t freed_memory_large_blocks(void) { return large_blocks; }

void freed_memory_watch(const void *secret, size_t count) {
    found = 0;
    watched = secret;
    watched_count = count;
}

uint64_t freed_memory_stop(void) {
    watched = NULL;
    return found;
}

void free(void *block) {
    if (block != NULL) {
        size_t size = malloc_usable_size(block);
        if (size > large) {
            large_blocks++;
        }
        if (watched != NULL && memmem(block, size, watched, watched_count) != NULL) {
            found++;
        }
    }
    __libc_free(block);
}

#endif
