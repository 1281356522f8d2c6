#include "net/dns_server.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "net/dial.h"

enum { SERVERS_MAX = 3, LARGEST_FILE = 65536 };

struct addrinfo *dns_server_address(struct arena *a, const char *server)
{
    struct addrinfo hints = {.ai_socktype = SOCK_DGRAM, .ai_flags = AI_NUMERICHOST}, *found = NULL;
    const char *address;
    char service[8];
    int port = DNS_PORT;
    if (!dial_target(a, server, &address, &port))
        return NULL;
    snprintf(service, sizeof service, "%d", port);
    return getaddrinfo(address, service, &hints, &found) == 0 ? found : NULL;
}

static bool is_address(struct arena *a, const char *text)
{
    struct addrinfo *found = dns_server_address(a, text);
    if (found)
        freeaddrinfo(found);
    return found != NULL;
}

struct value *dns_servers_of_file(struct arena *a, const char *path)
{
    struct value *list = value_array(a);
    struct buf text = {.max = LARGEST_FILE};
    bool there = file_read(path, &text, NULL);
    char *rest = text.data;
    for (char *line; there && (line = strsep(&rest, "\n")) && value_count(list) < SERVERS_MAX;) {
        char *more = NULL, *word = strtok_r(line, " \t\r", &more);
        bool names_one = word && strcmp(word, "nameserver") == 0;
        char *address = names_one ? strtok_r(NULL, " \t\r", &more) : NULL;
        if (address && is_address(a, address))
            value_push(a, list, value_string(a, address));
    }
    buf_free(&text);
    if (value_count(list) == 0)
        value_push(a, list, value_string(a, "127.0.0.1"));
    return list;
}

struct value *dns_servers_of(struct arena *a, const char *text)
{
    struct value *list = value_array(a);
    char *more = NULL, *copy = arena_dup(a, text);
    for (char *one; (one = strtok_r(copy, ", ", &more)); copy = NULL) {
        if (!is_address(a, one))
            return NULL;
        value_push(a, list, value_string(a, one));
    }
    return value_count(list) ? list : NULL;
}
