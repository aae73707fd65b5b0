// CRC-32C by the processor's own instruction, which Swift has no name for.
#ifndef WHEREHOUSE_CCHECKSUM_H
#define WHEREHOUSE_CCHECKSUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Whether this processor has the instruction. Ask before every use of the other function, and keep the answer.
bool cchecksum_has_crc32c(void);

// The CRC-32C of some bytes.
uint32_t cchecksum_crc32c(const void *bytes, size_t count);

#endif
