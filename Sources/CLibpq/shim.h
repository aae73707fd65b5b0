// libpq's C interface.
#ifndef WHEREHOUSE_CLIBPQ_SHIM_H
#define WHEREHOUSE_CLIBPQ_SHIM_H

#include <libpq-fe.h>

#endif
