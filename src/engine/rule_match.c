// Whether a rule covers a subject.
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "engine/glob.h"
#include "engine/rule.h"
#include "net/program.h"

static bool fits_or_any(const char *pattern, const char *text)
{
    return pattern == NULL || (text && glob_fits(pattern, text));
}

// To the server an apply is a patch, or creates the object.
static bool does(const char *verb, const char *denied)
{
    return strcmp(verb, "apply") == 0 &&
           (strcmp(denied, "patch") == 0 || strcmp(denied, "create") == 0);
}

static bool verb_fits(const struct rule *r, const char *verb, bool every)
{
    bool reads = verb && (strcmp(verb, "get") == 0 || strcmp(verb, "list") == 0 ||
                          strcmp(verb, "watch") == 0 || strcmp(verb, "logs") == 0);
    if (r->verbs == NULL || verb == NULL)
        return true;
    if (strcmp(verb, NEED_ANY) == 0)
        return !every;
    // What RBAC calls to get pods/log.
    bool log = !every && strcmp(verb, "logs") == 0 && r->name && strcmp(r->name, "log") == 0;
    for (const char **v = r->verbs; *v; v++)
        if (strcmp(*v, verb) == 0 || (reads && strcmp(*v, "read") == 0) ||
            (!every && does(verb, *v)) || (log && strcmp(*v, "get") == 0))
            return true;
    return false;
}

// A pattern that allows names says nothing about addresses; one that denies is meant for both.
static bool host_fits(const struct rule *r, const struct subject *s, bool every)
{
    if (r->host == NULL)
        return true;
    if (!r->address && s->address)
        return !every && glob_fits(r->host, s->host);
    return r->address == s->address &&
           (s->address ? strcmp(r->host, s->host) == 0 : glob_fits(r->host, s->host));
}

static bool port_fits(const struct rule *r, const struct subject *s, bool every)
{
    return r->port <= 0 || r->port == s->port || (!every && (r->usual_port || s->port == 0));
}

static bool path_fits(const char *pattern, const struct subject *s, bool every)
{
    int fitting = 0;
    for (int i = 0; i < s->readings; i++)
        fitting += glob_fits(pattern, s->paths[i]);
    return every ? fitting == s->readings : fitting > 0;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

// Does the name of a program lead to one of the subject's files, in any folder of PATH?
static bool leads_there(const char *name, const struct subject *s)
{
    char **files = program_candidates(name), real[PATH_MAX];
    bool found = false;
    for (char **file = files; *file && !found; file++)
        for (int i = 0; i < s->readings && realpath(*file, real) && !found; i++)
            found = strcmp(real, s->paths[i]) == 0;
    program_candidates_free(files);
    return found;
}

// A program that is denied is denied in every folder, under every name that leads to it.
static bool program_denied(const struct rule *r, const struct subject *s, const char *name)
{
    const char *pattern = r->words[0];
    bool denied = glob_fits(pattern, name) || glob_fits(pattern, base_name(name)) ||
                  (!strchr(pattern, '/') && !strchr(pattern, '*') && leads_there(pattern, s));
    for (int i = 0; i < s->readings && !denied; i++) {
        char real[PATH_MAX];
        denied = glob_fits(pattern, s->paths[i]) || glob_fits(pattern, base_name(s->paths[i])) ||
                 (r->program && (glob_fits(r->program, s->paths[i]) ||
                                 (realpath(r->program, real) && strcmp(real, s->paths[i]) == 0)));
    }
    return denied;
}

// A name is that of a program in a folder of PATH. One with a folder has to stand there; behind a
// `*`, so does what it leads to.
static bool program_fits(const struct rule *r, const struct subject *s, const char *name)
{
    if (strcmp(r->words[0], "*") == 0)
        return true;
    if (r->program == NULL)
        return !strchr(name, '/') && !s->loose && glob_fits(r->words[0], name);
    int all = strchr(r->program, '*') ? s->readings : s->readings > 0;
    for (int i = 0; i < all; i++)
        if (!glob_fits_within(r->program, s->paths[i]))
            return false;
    return all > 0;
}

static bool word_fits(const char *pattern, const char *word, bool every)
{
    if (!every || strcmp(pattern, "*") == 0)
        return glob_fits(pattern, word);
    return glob_fits_within(pattern, word);
}

static bool words_fit(const struct rule *r, const struct subject *s, bool every)
{
    const struct value *words = s->need->words;
    size_t count = value_count(words), i = 0;
    for (; r->words[i]; i++) {
        if (strcmp(r->words[i], "*") == 0 && r->words[i + 1] == NULL)
            return true;
        if (i >= count)
            return false;
        const char *word = value_text(value_at(words, i));
        bool fitting = i       ? word_fits(r->words[i], word, every)
                       : every ? program_fits(r, s, word)
                               : program_denied(r, s, word);
        if (!fitting)
            return false;
    }
    return i == count;
}

// All namespaces are more than one of them, and what stands in none is in no namespace; though who
// may not touch what is in one may not delete it.
static bool place_fits(const struct rule *r, const struct subject *s, bool every)
{
    const char *place = s->need->place;
    if (r->place == NULL)
        return true;
    if (s->type->scope == SCOPE_CLUSTER)
        return !every && strcmp(s->type->plural, "namespaces") == 0 && s->name &&
               glob_fits(r->place, s->name);
    if (s->type->scope == SCOPE_UNKNOWN && every && (!r->type || strchr(r->type, '*')))
        return false; // who names the type knows where it stands
    if (place == NULL || strcmp(place, "*") == 0)
        return !every;
    return glob_fits(r->place, place);
}

// Changing the status or the number of replicas changes the object. Other parts do something else.
static bool part_fits(const struct rule *r, const struct subject *s, bool every)
{
    const char *part = s->need->part;
    if (r->part)
        return part && glob_fits(r->part, part);
    if (part == NULL || r->type == NULL || !every)
        return true;
    return strcmp(part, "status") == 0 || strcmp(part, "scale") == 0;
}

// "pods/exec" denies what RBAC calls so, beside an object of that name.
static bool name_fits(const struct rule *r, const struct subject *s, bool every)
{
    bool log = s->need->verb && strcmp(s->need->verb, "logs") == 0;
    const char *part = log ? "log" : s->need->part;
    if (r->name == NULL || (!every && part && !r->part && strcmp(r->name, part) == 0))
        return true;
    return s->name ? glob_fits(r->name, s->name) : !every;
}

static bool object_fits(const struct rule *r, const struct subject *s, bool every)
{
    if (s->need->what == NULL) // a question about the cluster itself
        return every || (r->type == NULL && r->name == NULL);
    return object_type_fits(s->type, r->type, every) && place_fits(r, s, every) &&
           part_fits(r, s, every) && name_fits(r, s, every);
}

bool rule_covers(const struct rule *r, const struct subject *s, bool every)
{
    if (r->void_)
        return false;
    if (strcmp(r->kind, "*") == 0)
        return true;
    if (strcmp(r->kind, s->need->kind) != 0)
        return false;
    bool any = r->what && strcmp(r->what, "*") == 0;
    switch (rule_shape(r->kind)) {
    case SHAPE_URL:
        return verb_fits(r, s->need->verb, every) &&
               (any || (fits_or_any(r->scheme, s->scheme) && host_fits(r, s, every) &&
                        port_fits(r, s, every) && (!r->path || path_fits(r->path, s, every))));
    case SHAPE_ENDPOINT:
    case SHAPE_HOST:
        return any || (host_fits(r, s, every) && port_fits(r, s, every));
    case SHAPE_OBJECT:
        return (s->need->what == NULL || verb_fits(r, s->need->verb, every)) &&
               object_fits(r, s, every);
    case SHAPE_FILE:
        return any || (r->what && path_fits(r->what, s, every));
    case SHAPE_WORDS:
        return words_fit(r, s, every);
    default:
        return any || (r->what && glob_fits(r->what, s->need->what));
    }
}
