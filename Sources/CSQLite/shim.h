// SQLite for TableStore. Macros and variadic calls get typed inline shims, since Swift cannot import them. No logic.
#pragma once
#include <sqlite3.h>

// To be called before anything else: SQLite then does not count its memory, for which all threads share a lock.
static inline int csqlite_configure(void) { return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); }

static inline int csqlite_db_config(sqlite3 *connection, int option, int value) {
    return sqlite3_db_config(connection, option, value, (int *)0);
}

// Binds a blob that stays in place until the statement is bound anew. Bytes at NULL would make it a NULL, not a blob.
static inline int csqlite_bind_static(sqlite3_stmt *statement, int index, const void *bytes, long length) {
    if (length == 0) return sqlite3_bind_zeroblob(statement, index, 0);
    return sqlite3_bind_blob64(statement, index, bytes, (sqlite3_uint64)length, SQLITE_STATIC);
}

// Binds a copy of a blob.
static inline int csqlite_bind_copy(sqlite3_stmt *statement, int index, const void *bytes, long length) {
    if (length == 0) return sqlite3_bind_zeroblob(statement, index, 0);
    return sqlite3_bind_blob64(statement, index, bytes, (sqlite3_uint64)length, SQLITE_TRANSIENT);
}
