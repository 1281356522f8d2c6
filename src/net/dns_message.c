#include "net/dns_message.h"

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <resolv.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"

enum { HEADER_SIZE = 12, IS_ANSWER = 0x80, IS_CUT = 0x02, RECURSION_DESIRED = 0x01 };

static const struct {
    const char *name;
    int number;
} types[] = {
    {"A", ns_t_a},   {"AAAA", ns_t_aaaa}, {"CAA", ns_t_caa}, {"CNAME", ns_t_cname}, {"MX", ns_t_mx},
    {"NS", ns_t_ns}, {"PTR", ns_t_ptr},   {"SOA", ns_t_soa}, {"TXT", ns_t_txt},
};

int dns_type_number(const char *name)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strcasecmp(types[i].name, name) == 0)
            return types[i].number;
    return 0;
}

static const char *type_name(int number)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (types[i].number == number)
            return types[i].name;
    return NULL;
}

size_t dns_question_write(unsigned char out[DNS_QUESTION_MAX], const char *name, int type,
                          bool recursive, uint16_t id)
{
    const unsigned char header[HEADER_SIZE] = {
        (unsigned char)(id >> 8), (unsigned char)id, recursive ? RECURSION_DESIRED : 0, 0, 0, 1};
    memcpy(out, header, sizeof header);
    int len = *name ? dn_comp(name, out + HEADER_SIZE, 255, NULL, NULL) : -1;
    if (len < 0)
        return 0;
    const unsigned char tail[] = {(unsigned char)(type >> 8), (unsigned char)type, 0, ns_c_in};
    memcpy(out + HEADER_SIZE + len, tail, sizeof tail);
    return HEADER_SIZE + (size_t)len + sizeof tail;
}

static const char *status_text(struct arena *a, int code)
{
    static const char *const names[] = {"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN",
                                        "NOTIMP",  "REFUSED", "YXDOMAIN", "YXRRSET",
                                        "NXRRSET", "NOTAUTH", "NOTZONE"};
    return code < (int)(sizeof names / sizeof *names) ? names[code]
                                                      : arena_printf(a, "RCODE%d", code);
}

// A record's data, and where in it the reader stands.
struct data {
    const ns_msg *message;
    const unsigned char *at, *end;
};

// Steps over a number of so many bytes; 0 past the end, where the name after it fails to read.
static unsigned long take_number(struct data *d, int bytes)
{
    unsigned long n = 0;
    for (; bytes > 0 && d->at < d->end; bytes--)
        n = n << 8 | *d->at++;
    return n;
}

static const char *take_name(struct arena *a, struct data *d)
{
    char name[NS_MAXDNAME];
    int len = d->at < d->end ? dn_expand(ns_msg_base(*d->message), ns_msg_end(*d->message), d->at,
                                         name, sizeof name)
                             : -1;
    if (len < 0 || len > d->end - d->at)
        return NULL;
    d->at += len;
    return arena_dup(a, name);
}

static struct value *address_value(struct arena *a, const struct data *d, int family)
{
    char text[INET6_ADDRSTRLEN];
    long wanted = family == AF_INET ? 4 : 16;
    if (d->end - d->at != wanted || !inet_ntop(family, d->at, text, sizeof text))
        return NULL;
    return value_string(a, text);
}

static struct value *text_value(struct arena *a, struct data *d)
{
    struct buf text = {0};
    while (d->at < d->end) {
        size_t len = *d->at++, left = (size_t)(d->end - d->at);
        buf_add(&text, d->at, len < left ? len : left);
        d->at += len < left ? len : left;
    }
    struct value *v = value_bytes(a, buf_text(&text), text.len);
    buf_free(&text);
    return v;
}

// RFC 8659, 4.1
static struct value *caa_value(struct arena *a, struct data *d)
{
    int flags = (int)take_number(d, 1);
    long tag = (long)take_number(d, 1), left = d->end - d->at;
    if (tag < 1 || tag > left)
        return NULL;
    const char *name = (const char *)d->at;
    return value_printf(a, "%d %.*s \"%.*s\"", flags, (int)tag, name, (int)(left - tag),
                        name + tag);
}

static struct value *soa_value(struct arena *a, struct data *d)
{
    const char *primary = take_name(a, d), *mailbox = primary ? take_name(a, d) : NULL;
    return mailbox ? value_printf(a, "%s %s %lu", primary, mailbox, take_number(d, 4)) : NULL;
}

static struct value *data_value(struct arena *a, struct data *d, int type)
{
    const char *name;
    unsigned long preference;
    switch (type) {
    case ns_t_a:
        return address_value(a, d, AF_INET);
    case ns_t_aaaa:
        return address_value(a, d, AF_INET6);
    case ns_t_txt:
        return text_value(a, d);
    case ns_t_caa:
        return caa_value(a, d);
    case ns_t_soa:
        return soa_value(a, d);
    case ns_t_mx:
        preference = take_number(d, 2);
        name = take_name(a, d);
        return name ? value_printf(a, "%lu %s", preference, name) : NULL;
    default:
        name = take_name(a, d);
        return name ? value_string(a, name) : NULL;
    }
}

// The records of one part of the message; NULL when one of them is damaged.
static struct value *section_value(struct arena *a, ns_msg *message, ns_sect section)
{
    struct value *list = value_array(a);
    ns_rr rr;
    for (int i = 0; i < ns_msg_count(*message, section); i++) {
        if (ns_parserr(message, section, i, &rr) != 0)
            return NULL;
        const char *type = type_name(ns_rr_type(rr));
        if (!type || ns_rr_class(rr) != ns_c_in)
            continue;
        struct data d = {message, ns_rr_rdata(rr), ns_rr_rdata(rr) + ns_rr_rdlen(rr)};
        struct value *v = value_object(a), *data = data_value(a, &d, ns_rr_type(rr));
        if (!data)
            return NULL;
        value_set(a, v, "name", value_string(a, ns_rr_name(rr)));
        value_set(a, v, "type", value_string(a, type));
        value_set(a, v, "ttl", value_int(a, (int64_t)ns_rr_ttl(rr)));
        value_set(a, v, "data", data);
        value_push(a, list, v);
    }
    return list;
}

bool dns_answer_is_cut(const unsigned char *bytes, size_t len, const unsigned char *question)
{
    return len >= HEADER_SIZE && memcmp(bytes, question, 2) == 0 &&
           (bytes[2] & (IS_ANSWER | IS_CUT)) == (IS_ANSWER | IS_CUT);
}

// A server that refuses need not repeat the question.
static bool is_about(ns_msg *answer, const unsigned char *question, size_t question_len)
{
    ns_msg asked;
    ns_rr ours, theirs;
    if (!ns_msg_getflag(*answer, ns_f_qr) ||
        ns_initparse(question, (int)question_len, &asked) != 0 ||
        ns_msg_id(*answer) != ns_msg_id(asked))
        return false;
    if (ns_msg_count(*answer, ns_s_qd) == 0)
        return ns_msg_getflag(*answer, ns_f_rcode) != ns_r_noerror;
    return ns_parserr(&asked, ns_s_qd, 0, &ours) == 0 &&
           ns_parserr(answer, ns_s_qd, 0, &theirs) == 0 &&
           strcasecmp(ns_rr_name(ours), ns_rr_name(theirs)) == 0 &&
           ns_rr_type(ours) == ns_rr_type(theirs) && ns_rr_class(ours) == ns_rr_class(theirs);
}

struct value *dns_answer_read(struct arena *a, const unsigned char *bytes, size_t len,
                              const unsigned char *question, size_t question_len)
{
    ns_msg message;
    if (len > DNS_MESSAGE_MAX || ns_initparse(bytes, (int)len, &message) != 0 ||
        !is_about(&message, question, question_len))
        return NULL;
    struct value *answers = section_value(a, &message, ns_s_an),
                 *authority = section_value(a, &message, ns_s_ns), *v = value_object(a);
    if (!answers || !authority)
        return NULL;
    value_set(a, v, "status", value_string(a, status_text(a, ns_msg_getflag(message, ns_f_rcode))));
    value_set(a, v, "authoritative", value_bool(a, ns_msg_getflag(message, ns_f_aa)));
    value_set(a, v, "answers", answers);
    value_set(a, v, "authority", authority);
    return v;
}

bool dns_answer_is_refusal(const struct value *answer)
{
    const char *status = value_get_text(answer, "status");
    return strcmp(status, "SERVFAIL") == 0 || strcmp(status, "REFUSED") == 0 ||
           strcmp(status, "NOTIMP") == 0;
}
