// SQLite's C interface, with what its store needs and Swift can't call: variadic functions and pointer constants.
#ifndef WHEREHOUSE_CSQLITE_SHIM_H
#define WHEREHOUSE_CSQLITE_SHIM_H

#include <sqlite3.h>

// sqlite3_db_config for the options that take a switch.
static inline int csqlite_configure(sqlite3 *connection, int option, int enabled) {
    return sqlite3_db_config(connection, option, enabled, (int *)0);
}

// Binds bytes that SQLite copies; no bytes are an empty value, never NULL.
static inline int csqlite_bind_copy(sqlite3_stmt *statement, int index, const void *bytes, sqlite3_uint64 count) {
    return bytes ? sqlite3_bind_blob64(statement, index, bytes, count, SQLITE_TRANSIENT)
                 : sqlite3_bind_zeroblob(statement, index, 0);
}

// Binds bytes that stay where they are until the statement is reset; no bytes are an empty value, never NULL.
static inline int csqlite_bind_borrowed(sqlite3_stmt *statement, int index, const void *bytes, sqlite3_uint64 count) {
    return bytes ? sqlite3_bind_blob64(statement, index, bytes, count, SQLITE_STATIC)
                 : sqlite3_bind_zeroblob(statement, index, 0);
}

#endif
