// zstd's C interface, with what Swift can't call: macros.
#ifndef WHEREHOUSE_CZSTD_SHIM_H
#define WHEREHOUSE_CZSTD_SHIM_H

#include <zstd.h>

#endif
