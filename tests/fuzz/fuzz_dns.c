// libFuzzer target: what arrives from a DNS server is read or refused; and what is asked for reads
// back as a question.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "net/dns_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// As an answer to that question: the id and the mark of an answer are given, to get anywhere.
static void read_answer(const uint8_t *data, size_t size)
{
    struct arena a = {0};
    unsigned char question[DNS_QUESTION_MAX], *bytes = malloc(size + 1);
    size_t len = dns_question_write(question, "shop.test", dns_type_number("TXT"), true, 0x1234);
    memcpy(bytes, data, size);
    if (size > 2) {
        memcpy(bytes, question, 2);
        bytes[2] |= 0x80;
    }
    const struct value *v = dns_answer_read(&a, bytes, size, question, len);
    const struct value *answers = value_get(v, "answers");
    for (size_t i = 0; i < value_count(answers); i++)
        if (value_get(value_at(answers, i), "data")->type != VALUE_STRING)
            abort();
    dns_answer_is_cut(bytes, size, question);
    free(bytes);
    arena_free(&a);
}

static void write_question(const uint8_t *data, size_t size)
{
    struct arena a = {0};
    unsigned char question[DNS_QUESTION_MAX];
    const char *name = arena_copy(&a, (const char *)data, size);
    size_t len = dns_question_write(question, name, 1, true, 7);
    if (len > sizeof question)
        abort();
    if (len) {
        question[2] |= 0x80;
        if (!dns_answer_read(&a, question, len, question, len))
            abort();
    }
    arena_free(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    read_answer(data, size);
    write_question(data, size);
    return 0;
}
