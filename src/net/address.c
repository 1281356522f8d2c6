#include "net/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};

void address_text(const struct sockaddr *sa, char out[ADDRESS_TEXT])
{
    out[0] = '\0';
    if (sa->sa_family == AF_INET) {
        inet_ntop(AF_INET, &((const struct sockaddr_in *)sa)->sin_addr, out, ADDRESS_TEXT);
    } else if (sa->sa_family == AF_INET6) {
        const unsigned char *ip = ((const struct sockaddr_in6 *)sa)->sin6_addr.s6_addr;
        bool four = memcmp(ip, mapped, sizeof mapped) == 0;
        inet_ntop(four ? AF_INET : AF_INET6, four ? ip + 12 : ip, out, ADDRESS_TEXT);
    }
}

int address_port(const struct sockaddr *sa)
{
    if (sa->sa_family == AF_INET)
        return ntohs(((const struct sockaddr_in *)sa)->sin_port);
    return sa->sa_family == AF_INET6 ? ntohs(((const struct sockaddr_in6 *)sa)->sin6_port) : 0;
}

bool address_read(const char *host, char out[ADDRESS_TEXT])
{
    char text[ADDRESS_TEXT];
    size_t len = strlen(host);
    struct sockaddr_in four = {.sin_family = AF_INET};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6};
    if (len > 1 && host[0] == '[' && host[len - 1] == ']') {
        host++;
        len -= 2;
    }
    if (len && host[len - 1] == '.')
        len--;
    if (len == 0 || len >= sizeof text)
        return false;
    snprintf(text, sizeof text, "%.*s", (int)len, host);
    // inet_aton knows the octal, hexadecimal and short forms, but also takes what follows a blank.
    if (strspn(text, "0123456789abcdefABCDEFxX.") == len && inet_aton(text, &four.sin_addr)) {
        address_text((struct sockaddr *)&four, out);
        return true;
    }
    text[strcspn(text, "%")] = '\0';
    if (inet_pton(AF_INET6, text, &six.sin6_addr) != 1)
        return false;
    address_text((struct sockaddr *)&six, out);
    return true;
}

struct range {
    unsigned char prefix[16];
    int bits;
};

static bool is_in(const unsigned char *ip, const struct range *ranges, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int bytes = ranges[i].bits / 8, rest = ranges[i].bits % 8;
        unsigned char mask = (unsigned char)(0xff00 >> rest);
        if (memcmp(ip, ranges[i].prefix, (size_t)bytes) == 0 &&
            (rest == 0 || (ip[bytes] & mask) == (ranges[i].prefix[bytes] & mask)))
            return true;
    }
    return false;
}

static bool is_public_four(const unsigned char *ip)
{
    static const struct range reserved[] = {
        {{0}, 8},
        {{10}, 8},
        {{100, 64}, 10},
        {{127}, 8},
        {{169, 254}, 16},
        {{172, 16}, 12},
        {{192, 0, 0}, 24},
        {{192, 0, 2}, 24},
        {{192, 88, 99}, 24},
        {{192, 168}, 16},
        {{198, 18}, 15},
        {{198, 51, 100}, 24},
        {{203, 0, 113}, 24},
        {{224}, 4},
        {{240}, 4},
    };
    return !is_in(ip, reserved, sizeof reserved / sizeof *reserved);
}

static bool is_public_six(const unsigned char *ip)
{
    static const struct range carriers[] = {{{0, 0x64, 0xff, 0x9b}, 96}}; // RFC 6052
    static const struct range global[] = {{{0x20}, 3}};
    static const struct range reserved[] = {{{0x20, 0x01, 0x00, 0x00}, 23}, // Teredo and others
                                            {{0x20, 0x01, 0x0d, 0xb8}, 32},
                                            {{0x3f, 0xff}, 20}};
    if (memcmp(ip, mapped, sizeof mapped) == 0 || is_in(ip, carriers, 1))
        return is_public_four(ip + 12);
    if (ip[0] == 0x20 && ip[1] == 0x02) // 6to4: the IPv4 address follows
        return is_public_four(ip + 2);
    return is_in(ip, global, 1) && !is_in(ip, reserved, sizeof reserved / sizeof *reserved);
}

bool address_is_public(const struct sockaddr *sa)
{
    if (sa->sa_family == AF_INET)
        return is_public_four(
            (const unsigned char *)&((const struct sockaddr_in *)sa)->sin_addr.s_addr);
    return sa->sa_family == AF_INET6 &&
           is_public_six(((const struct sockaddr_in6 *)sa)->sin6_addr.s6_addr);
}
