#include "CChecksum.h"

#include <string.h>

#if defined(__x86_64__)
#include <nmmintrin.h>
#define INSTRUCTION __attribute__((target("sse4.2")))
#define STEP_8(value, part) (uint32_t) _mm_crc32_u64(value, part)
#define STEP_1(value, part) _mm_crc32_u8(value, part)

bool cchecksum_has_crc32c(void) { return __builtin_cpu_supports("sse4.2"); }

#elif defined(__aarch64__) && defined(__linux__)
#include <arm_acle.h>
#include <sys/auxv.h>
#define INSTRUCTION __attribute__((target("crc")))
#define STEP_8(value, part) __crc32cd(value, part)
#define STEP_1(value, part) __crc32cb(value, part)

// The bit of HWCAP_CRC32, which is part of the kernel's interface.
bool cchecksum_has_crc32c(void) { return (getauxval(AT_HWCAP) & (1 << 7)) != 0; }

#else

bool cchecksum_has_crc32c(void) { return false; }

#endif

#ifdef INSTRUCTION

INSTRUCTION
uint32_t cchecksum_crc32c(const void *bytes, size_t count) {
    const unsigned char *next = bytes;
    uint32_t value = ~(uint32_t)0;
    for (; count >= 8; count -= 8, next += 8) {
        uint64_t part;
        memcpy(&part, next, 8);
        value = STEP_8(value, part);
    }
    for (; count > 0; count--, next++) {
        value = STEP_1(value, *next);
    }
    return ~value;
}

#else

uint32_t cchecksum_crc32c(const void *bytes, size_t count) {
    (void)bytes;
    (void)count;
    return 0;
}

#endif
