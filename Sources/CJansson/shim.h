// jansson for DynamoDB. Macros and variadic calls get typed inline shims.
#pragma once
#include <jansson.h>

/// Parses `length` bytes: repeated members are refused, \u0000 is allowed. NULL when they are not JSON.
static inline json_t *leveret_json_load(const char *bytes, size_t length) {
    json_error_t error;
    return json_loadb(bytes, length, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
}

/// The type of a value; `json_typeof` is a macro.
static inline json_type leveret_json_type(const json_t *value) {
    return json_typeof(value);
}
