#include "base/file.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static char folder[] = "/tmp/file-XXXXXX";

static void enter(void)
{
    cr_assert(mkdtemp(folder) && chdir(folder) == 0);
}

static void leave(void)
{
    static const char *const names[] = {"file", "link", "loose", "new", "fifo", "null", "full"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        unlink(names[i]);
    cr_assert(chdir("/") == 0 && rmdir(folder) == 0, "something is left beside");
}

TestSuite(file, .init = enter, .fini = leave);

static mode_t kind_of(const char *path)
{
    struct stat is;
    return lstat(path, &is) == 0 ? is.st_mode & S_IFMT : 0;
}

static void holds(const char *path, const char *text)
{
    error_local(err);
    struct buf out = {0};
    cr_assert(file_read(path, &out, &err), "%s", error_text(&err));
    cr_assert_str_eq(buf_text(&out), text);
    buf_free(&out);
}

static void writes(const char *path, const char *text)
{
    error_local(err);
    cr_assert(file_write(path, text, strlen(text), &err), "%s", error_text(&err));
}

Test(file, a_file_is_replaced)
{
    writes("file", "a longer text");
    writes("file", "short");
    holds("file", "short");
}

Test(file, a_link_stays_one)
{
    writes("file", "old");
    cr_assert(symlink("file", "link") == 0);
    writes("link", "through the link");
    cr_assert_eq(kind_of("link"), S_IFLNK);
    holds("file", "through the link");
}

Test(file, a_link_to_nothing_makes_its_file)
{
    cr_assert(symlink("new", "loose") == 0);
    writes("loose", "there");
    cr_assert_eq(kind_of("loose"), S_IFLNK);
    holds("new", "there");
}

Test(file, a_pipe_is_written_to)
{
    char text[8] = "";
    cr_assert(mkfifo("fifo", 0600) == 0);
    int fd = open("fifo", O_RDWR);
    writes("fifo", "piped");
    cr_assert_eq(read(fd, text, 5), 5);
    cr_assert_str_eq(text, "piped");
    cr_assert_eq(kind_of("fifo"), S_IFIFO);
    close(fd);
}

Test(file, a_device_stays_one)
{
    error_local(err);
    if (mknod("null", S_IFCHR | 0600, makedev(1, 3)) != 0 ||
        mknod("full", S_IFCHR | 0600, makedev(1, 7)) != 0 || access("null", W_OK) != 0)
        cr_skip_test("only root makes devices");
    int fd = open("null", O_WRONLY);
    if (fd < 0)
        cr_skip_test("devices do not work in this folder");
    close(fd);
    writes("null", "gone");
    cr_assert_eq(kind_of("null"), S_IFCHR);
    cr_assert_not(file_write("full", "x", 1, &err));
    cr_assert_str_eq(error_text(&err), "could not write full: No space left on device");
    cr_assert_eq(kind_of("full"), S_IFCHR);
}

Test(file, what_cannot_be_written_is_said)
{
    error_local(err);
    cr_assert_not(file_write(".", "x", 1, &err));
    cr_assert_str_eq(error_text(&err), "could not write .: Is a directory");
    cr_assert_not(file_write("none/file", "x", 1, &err));
    cr_assert_str_eq(error_text(&err), "could not write none/file: No such file or directory");
}
