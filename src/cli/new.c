// new: writes a first runbook that runs as it is.
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/embedded.h"
#include "base/file.h"
#include "cli/say.h"
#include "cli/verbs.h"
#include "engine/run.h"

static bool is_name(const char *name)
{
    if (!isalnum((unsigned char)*name))
        return false;
    for (; *name; name++)
        if (!isalnum((unsigned char)*name) && strchr("._-", *name) == NULL)
            return false;
    return true;
}

// Copies the template with every NAME replaced.
static void fill(struct buf *out, const char *template, const char *name)
{
    for (const char *at; (at = strstr(template, "NAME")) != NULL; template = at + 4) {
        buf_add(out, template, (size_t)(at - template));
        buf_puts(out, name);
    }
    buf_puts(out, template);
}

int new_main(int argc, char **argv)
{
    char path[300];
    error_local(err);
    const char *name = argc == 2 ? argv[1] : "";
    if (!is_name(name) || strlen(name) > 200) {
        fputs("runbook: new wants a name of letters, digits, '.', '_' and '-', as in: "
              "runbook new checkout-golive\n",
              stderr);
        return EXIT_USAGE;
    }
    snprintf(path, sizeof path, "%s.lua", name);
    if (access(path, F_OK) == 0) {
        fprintf(stderr, "runbook: %s is there already; choose another name or move it away\n",
                path);
        return EXIT_USAGE;
    }
    struct buf text = {0};
    fill(&text, embedded_find("templates.new")->text, name);
    bool ok = file_write(path, buf_text(&text), text.len, &err);
    buf_free(&text);
    if (!ok) {
        say(NULL, "%s", error_text(&err));
        return EXIT_USAGE;
    }
    printf("wrote %s; try it:\n  runbook check %s\n  runbook plan %s\n  runbook %s\n", path, path,
           path, path);
    return EXIT_DONE;
}
