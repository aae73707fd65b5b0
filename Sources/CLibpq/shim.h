// libpq's C interface, and what an event loop needs of the system beside it.
#ifndef WHEREHOUSE_CLIBPQ_SHIM_H
#define WHEREHOUSE_CLIBPQ_SHIM_H

#include <libpq-fe.h>
#include <poll.h>
#include <sys/eventfd.h>

// Takes the notices that libpq would print.
static inline void clibpq_ignore_notice(void *argument, const PGresult *notice) {
    (void)argument;
    (void)notice;
}

static inline void clibpq_ignore_notices(PGconn *connection) {
    PQsetNoticeReceiver(connection, clibpq_ignore_notice, (void *)0);
}

static inline int clibpq_eventfd(void) { return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC); }

#endif
