#include "base/code.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static bool is_among(const char *text, const char *const *list)
{
    while (*list && strcmp(*list, text) != 0)
        list++;
    return *list != NULL;
}

static bool is_one_of(int status, const short *list)
{
    while (*list && *list != status)
        list++;
    return *list != 0;
}

static enum code_sense status_sense(int status)
{
    static const short conflicts[] = {409, 412, 423, 0};
    static const short passing[] = {408, 425, 429, 0};
    static const short never[] = {501, 505, 506, 508, 510, 511, 0}; // what the server cannot do
    // A new look may be one with new credentials.
    static const short open[] = {401, 407, 0};
    if (is_one_of(status, conflicts))
        return CODE_IS_CONFLICT;
    if (is_one_of(status, passing) || (status / 100 == 5 && !is_one_of(status, never)))
        return CODE_IS_PASSING;
    bool refused = status / 100 == 4 || status / 100 == 5;
    return refused && !is_one_of(status, open) ? CODE_IS_FINAL : CODE_IS_OTHER;
}

static enum code_sense reason_sense(const char *reason)
{
    static const char *const conflicts[] = {"Conflict", "AlreadyExists", NULL};
    static const char *const passing[] = {"InternalError", "ServerTimeout",   "ServiceUnavailable",
                                          "Timeout",       "TooManyRequests", NULL};
    static const char *const final[] = {"BadRequest",
                                        "Forbidden",
                                        "Gone",
                                        "Invalid",
                                        "MethodNotAllowed",
                                        "NotAcceptable",
                                        "NotFound",
                                        "RequestEntityTooLarge",
                                        "UnsupportedMediaType",
                                        NULL};
    return is_among(reason, conflicts) ? CODE_IS_CONFLICT
           : is_among(reason, passing) ? CODE_IS_PASSING
           : is_among(reason, final)   ? CODE_IS_FINAL
                                       : CODE_IS_OTHER;
}

enum code_sense code_sense(const char *code)
{
    static const char *const passing[] = {CODE_NO_ANSWER,
                                          CODE_TIMEOUT,
                                          CODE_PROXY,
                                          CODE_IN_DOUBT,
                                          CODE_METRICS "timeout",
                                          CODE_METRICS "unavailable",
                                          CODE_METRICS "internal",
                                          NULL};
    if (code == NULL)
        return CODE_IS_OTHER;
    if (strncmp(code, CODE_HTTP, strlen(CODE_HTTP)) == 0)
        return status_sense(atoi(code + strlen(CODE_HTTP)));
    if (strncmp(code, CODE_K8S, strlen(CODE_K8S)) == 0)
        return reason_sense(code + strlen(CODE_K8S));
    if (is_among(code, passing))
        return CODE_IS_PASSING;
    return strcmp(code, CODE_METRICS "bad_data") == 0 ? CODE_IS_FINAL : CODE_IS_OTHER;
}

bool code_is_answer(const char *code)
{
    static const char *const kinds[] = {CODE_HTTP, CODE_K8S, CODE_METRICS, CODE_EXIT, NULL};
    static const char *const others[] = {CODE_BAD_ANSWER, CODE_TOO_LARGE, CODE_NO_TYPE, NULL};
    for (size_t i = 0; code && kinds[i]; i++)
        if (strncmp(code, kinds[i], strlen(kinds[i])) == 0)
            return true;
    return code && is_among(code, others);
}

const char *code_http(struct arena *a, int status)
{
    return arena_printf(a, CODE_HTTP "%d", status);
}

// The reason of a status as Kubernetes gives it; NULL for those that it has none for.
static const char *reason_of(int status)
{
    static const struct {
        int status;
        const char *reason;
    } reasons[] = {{400, "BadRequest"},
                   {401, "Unauthorized"},
                   {403, "Forbidden"},
                   {404, "NotFound"},
                   {405, "MethodNotAllowed"},
                   {406, "NotAcceptable"},
                   {409, "Conflict"},
                   {410, "Gone"},
                   {415, "UnsupportedMediaType"},
                   {422, "Invalid"},
                   {429, "TooManyRequests"},
                   {500, "InternalError"},
                   {503, "ServiceUnavailable"},
                   {504, "Timeout"},
                   {413, "RequestEntityTooLarge"}};
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (reasons[i].status == status)
            return reasons[i].reason;
    return NULL;
}

const char *code_k8s(struct arena *a, const char *reason, int status)
{
    const char *known = reason && *reason ? reason : reason_of(status);
    return known ? arena_printf(a, CODE_K8S "%s", known) : code_http(a, status);
}
