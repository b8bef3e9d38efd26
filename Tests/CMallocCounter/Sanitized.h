#pragma once

// SANITIZED is defined under AddressSanitizer and ThreadSanitizer, which replace functions of the C library themselves.

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
