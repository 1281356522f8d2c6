#include "net/mark.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/duration.h"

#define NAME "_RUNBOOK_EXEC"

void mark_make(char mark[MARK_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    unsigned char bytes[MARK_SIZE / 2];
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes) {
        uint64_t unlike[] = {(uint64_t)clock_wall(), (uint64_t)getpid() << 32 ^ (uintptr_t)mark};
        memcpy(bytes, unlike, sizeof bytes);
    }
    for (size_t i = 0; i < sizeof bytes; i++) {
        mark[2 * i] = digits[bytes[i] >> 4];
        mark[2 * i + 1] = digits[bytes[i] & 15];
    }
    mark[MARK_SIZE - 1] = '\0';
}

const char *const *mark_environment(struct arena *a, const char *const *env, const char *mark)
{
    const char *ours = getenv(NAME);
    size_t count = 0;
    while (env && env[count])
        count++;
    const char **all = arena_alloc(a, (count + 2) * sizeof *all);
    for (size_t i = 0; i < count; i++)
        all[i] = env[i];
    all[count] = arena_printf(a, NAME "=%s%s%s", ours ? ours : "", ours ? " " : "", mark);
    all[count + 1] = NULL;
    return all;
}

bool mark_is_in(const char *path, const char *mark)
{
    char block[4096];
    size_t kept = 0, len = strlen(mark); // of the block before, for one that lies across both
    bool found = false;
    int fd = len ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    while (fd >= 0 && !found) {
        ssize_t n = read(fd, block + kept, sizeof block - kept);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        size_t all = kept + (size_t)n;
        found = memmem(block, all, mark, len) != NULL;
        kept = all < len ? all : len - 1;
        memmove(block, block + all - kept, kept);
    }
    if (fd >= 0)
        close(fd);
    return found;
}
