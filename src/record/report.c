#include "record/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "record/html.h"
#include "record/junit.h"
#include "record/markdown.h"
#include "record/story.h"

static void json_render(const struct value *story, struct buf *out)
{
    json_write(out, story, JSON_PRETTY);
    buf_putc(out, '\n');
}

static const struct format {
    const char *name, *ending;
    void (*render)(const struct value *story, struct buf *out);
} formats[] = {{"html", ".html", html_render},
               {"junit", ".xml", junit_render},
               {"markdown", ".md", markdown_render},
               {"json", ".json", json_render}};

struct file {
    char *path; // NULL: standard output
    const struct format *format;
};

struct report {
    struct listener listener;
    struct story *story;
    struct file *files;
    size_t count;
    bool written;
    struct error error; // the first that writing met; "" when none
};

static const struct format *format_of(const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    const char *ending = strrchr(name, '.');
    for (size_t i = 0; ending && ending > name && i < sizeof formats / sizeof *formats; i++)
        if (strcasecmp(formats[i].ending, ending) == 0)
            return &formats[i];
    return NULL;
}

static bool is_writable(const char *path, struct error *err)
{
    error_local(why);
    return file_may_write(path, &why) ||
           error_set(err, "the report cannot be written to %s: %s", path, error_text(&why));
}

static bool file_open(struct file *f, const char *path, struct error *err)
{
    f->path = mem_dup(path);
    f->format = format_of(path);
    if (f->format == NULL)
        return error_set(
            err,
            "no report is known by the ending of %s; it may end in .html, .xml (JUnit), "
            ".md or .json",
            path);
    return is_writable(path, err);
}

static void write_all(struct report *r)
{
    const struct value *story = story_finish(r->story);
    r->written = true;
    for (size_t i = 0; i < r->count; i++) {
        struct buf text = {0};
        error_local(err);
        r->files[i].format->render(story, &text);
        if (r->files[i].path == NULL)
            fwrite(buf_text(&text), 1, text.len, stdout);
        else if (!file_write(r->files[i].path, buf_text(&text), text.len, &err) &&
                 !error_is_set(&r->error))
            error_move(&r->error, &err);
        buf_free(&text);
    }
}

static void report_hear(struct listener *self, const struct event *e)
{
    struct report *r = (struct report *)self;
    story_hear(r->story, e);
    if (e->type == EVENT_RUN_ENDED)
        write_all(r);
}

static struct report *report_alloc(size_t room)
{
    struct report *r = mem_alloc(sizeof *r);
    r->listener.hear = report_hear;
    r->story = story_new();
    r->files = mem_alloc((room + 1) * sizeof *r->files);
    return r;
}

struct listener *report_print(const char *format)
{
    struct report *r = report_alloc(1);
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (strcmp(formats[i].name, format) == 0)
            r->files[r->count++].format = &formats[i];
    return &r->listener;
}

struct listener *report_new(const char *const *paths, size_t count, struct error *err)
{
    struct report *r = report_alloc(count);
    for (r->count = 0; r->count < count; r->count++) {
        if (!file_open(&r->files[r->count], paths[r->count], err)) {
            r->count++;
            report_free(&r->listener);
            return NULL;
        }
    }
    return &r->listener;
}

const struct value *report_story(struct listener *report)
{
    return story_finish(((struct report *)report)->story);
}

bool report_finish(struct listener *report, struct error *err)
{
    struct report *r = (struct report *)report;
    if (!r->written)
        write_all(r);
    return !error_is_set(&r->error) || error_set(err, "%s", error_text(&r->error));
}

void report_free(struct listener *report)
{
    struct report *r = (struct report *)report;
    if (r == NULL)
        return;
    for (size_t i = 0; i < r->count; i++)
        free(r->files[i].path);
    free(r->files);
    story_free(r->story);
    error_free(&r->error);
    free(r);
}
