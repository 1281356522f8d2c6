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
    static const char *const names[] = {"file", "link", "loose", "new",   "fifo",
                                        "null", "full", "far",   "round", "out"};
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

Test(file, the_mode_of_what_was_there_is_kept)
{
    struct stat is;
    writes("file", "old");
    cr_assert(chmod("file", 0600) == 0);
    writes("file", "new");
    cr_assert(stat("file", &is) == 0);
    cr_assert_eq(is.st_mode & 0777, 0600);
}

// /dev/stdout of "runbook ... >FILE": what was printed stays, and what is printed after it comes
// behind it.
Test(file, our_own_output_goes_on)
{
    error_local(err);
    int kept = dup(STDOUT_FILENO), fd = open("out", O_WRONLY | O_CREAT, 0600);
    cr_assert(symlink("/dev/stdout", "link") == 0 && dup2(fd, STDOUT_FILENO) >= 0);
    fputs("before,", stdout);
    bool ok = file_write("link", "in,", 3, &err);
    fputs("after", stdout);
    fflush(stdout);
    dup2(kept, STDOUT_FILENO);
    cr_assert(ok, "%s", error_text(&err));
    holds("out", "before,in,after");
    close(kept);
    close(fd);
}

static void refuses(const char *path, const char *why)
{
    error_local(err);
    cr_assert_not(file_may_write(path, &err), "%s", path);
    cr_assert_str_eq(error_text(&err), why);
}

Test(file, what_may_be_written_is_known_before)
{
    error_local(err);
    writes("file", "old");
    cr_assert(symlink("file", "link") == 0 && symlink("new", "loose") == 0 &&
              symlink("none/file", "far") == 0 && symlink("round", "round") == 0 &&
              mkfifo("fifo", 0600) == 0);
    static const char *const good[] = {"file", "link", "loose", "other", "fifo", "/dev/stderr"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        cr_assert(file_may_write(good[i], &err), "%s: %s", good[i], error_text(&err));
    holds("file", "old");
    cr_assert(access("new", F_OK) != 0 && access("other", F_OK) != 0);
    refuses(".", "it is a folder; name a file in it");
    refuses("far", "No such file or directory; choose another place");
    refuses("round", "Too many levels of symbolic links; choose another place");
}

Test(file, what_cannot_be_written_is_said)
{
    error_local(err);
    cr_assert(symlink("none/file", "far") == 0);
    cr_assert_not(file_write("far", "x", 1, &err));
    cr_assert_str_eq(error_text(&err), "could not write far: No such file or directory");
    cr_assert_not(file_write(".", "x", 1, &err));
    cr_assert_str_eq(error_text(&err), "could not write .: Is a directory");
    cr_assert_not(file_write("none/file", "x", 1, &err));
    cr_assert_str_eq(error_text(&err), "could not write none/file: No such file or directory");
}
