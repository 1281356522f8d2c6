#include "net/pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int pipe_lift(int fd)
{
    if (fd < 0 || fd > 2)
        return fd;
    int higher = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    close(fd);
    return higher;
}

void pipe_close(const int ends[2])
{
    for (int i = 0; i < 2; i++)
        if (ends[i] >= 0)
            close(ends[i]);
}

int pipe_reopen(int end)
{
    char path[40];
    snprintf(path, sizeof path, "/proc/self/fd/%d", end);
    int both = pipe_lift(open(path, O_RDWR | O_CLOEXEC));
    if (both < 0)
        return end;
    close(end);
    return both;
}

bool pipe_open(int ends[2])
{
    ends[0] = ends[1] = -1;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
    ends[0] = pipe_lift(ends[0]);
    ends[1] = pipe_lift(ends[1]);
    if (ends[0] >= 0 && ends[1] >= 0)
        return true;
    int why = errno;
    pipe_close(ends);
    errno = why;
    return false;
}
