#include "base/yaml_scalar.h"

#include <math.h>
#include <string.h>
#include <strings.h>

#include "base/number.h"

#define OCTAL   "01234567"
#define DECIMAL OCTAL "89"
#define HEX     DECIMAL "abcdefABCDEF"

static bool among(const char *text, const char *const words[],
                  int (*compare)(const char *, const char *))
{
    while (*words && compare(*words, text) != 0)
        words++;
    return *words != NULL;
}

static bool consists_of(const char *text, const char *set)
{
    return *text && text[strspn(text, set)] == '\0';
}

static size_t sign_size(const char *text)
{
    return *text == '-' || *text == '+';
}

static bool whole_read(const char *text, int64_t *n)
{
    const char *digits = text + sign_size(text);
    int base = 10;
    if (digits[0] == '0' && digits[1] == 'x' && consists_of(digits + 2, HEX))
        base = 16;
    else if (digits[0] == '0' && digits[1] == 'o' && consists_of(digits + 2, OCTAL))
        base = 8;
    else if (!consists_of(digits, DECIMAL))
        return false;
    else if (digits[0] != '0' || !consists_of(digits, OCTAL))
        return number_whole(text, strlen(text), 10, n);
    digits += base == 10 ? 0 : 2;
    if (!number_whole(digits, strlen(digits), base == 10 ? 8 : base, n))
        return false;
    *n = *text == '-' ? -*n : *n;
    return true;
}

static bool float_read(const char *text, double *n)
{
    static const char *const names[] = {".inf", ".nan", NULL};
    const char *p = text + sign_size(text);
    if (among(p, names, strcasecmp)) {
        *n = NAN;
        return true;
    }
    size_t whole = strspn(p, DECIMAL), fraction = 0;
    p += whole;
    if (*p == '.') {
        fraction = strspn(p + 1, DECIMAL);
        p += 1 + fraction;
    }
    if (whole + fraction == 0)
        return false;
    if (*p == 'e' || *p == 'E') {
        p += 1 + sign_size(p + 1);
        if (!consists_of(p, DECIMAL))
            return false;
        p += strlen(p);
    }
    *n = *p ? NAN : number_parse(text);
    return *p == '\0' && isfinite(*n);
}

void yaml_scalar(const char *text, size_t len, struct value *v)
{
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
    static const char *const trues[] = {"true", "True", "TRUE", NULL};
    static const char *const falses[] = {"false", "False", "FALSE", NULL};
    *v = (struct value){.type = VALUE_STRING, .string = {text, len}};
    if (strlen(text) != len)
        return;
    int64_t integer;
    double number;
    if (among(text, nulls, strcmp))
        *v = (struct value){.type = VALUE_NULL};
    else if (among(text, trues, strcmp))
        *v = (struct value){.type = VALUE_BOOL, .boolean = true};
    else if (among(text, falses, strcmp))
        *v = (struct value){.type = VALUE_BOOL, .boolean = false};
    else if (whole_read(text, &integer))
        *v = (struct value){.type = VALUE_INT, .integer = integer};
    else if (float_read(text, &number))
        *v = (struct value){.type = VALUE_FLOAT, .number = number};
}

// 0b11, with a sign or none.
static bool binary_read(const char *text, int64_t *n)
{
    const char *digits = text + sign_size(text);
    if (digits[0] != '0' || digits[1] != 'b' || !consists_of(digits + 2, "01") ||
        !number_whole(digits + 2, strlen(digits + 2), 2, n))
        return false;
    *n = *text == '-' ? -*n : *n;
    return true;
}

void yaml_scalar_old(const char *text, size_t len, struct value *v)
{
    static const char *const trues[] = {"y", "Y", "yes", "Yes", "YES", "on", "On", "ON", NULL};
    static const char *const falses[] = {"n", "N", "no", "No", "NO", "off", "Off", "OFF", NULL};
    char plain[80];
    size_t size = 0;
    struct value number;
    yaml_scalar(text, len, v);
    if (v->type != VALUE_STRING || strlen(text) != len)
        return;
    if (among(text, trues, strcmp) || among(text, falses, strcmp))
        *v = (struct value){.type = VALUE_BOOL, .boolean = among(text, trues, strcmp)};
    if (strchr(DECIMAL "+-.", *text) == NULL || len >= sizeof plain)
        return;
    for (const char *p = text; *p; p++)
        if (*p != '_')
            plain[size++] = *p;
    plain[size] = '\0';
    yaml_scalar(plain, size, &number);
    if (number.type == VALUE_STRING && binary_read(plain, &number.integer))
        number.type = VALUE_INT;
    if (number.type == VALUE_INT || number.type == VALUE_FLOAT)
        *v = number;
}

bool yaml_scalar_is_text(const char *text, size_t len)
{
    static const char *const words[] = {"y",    "n",     "yes",  "no", "on", "off",
                                        "true", "false", "null", "<<", "=",  NULL};
    struct value v;
    yaml_scalar(text, len, &v);
    if (v.type != VALUE_STRING || among(text, words, strcasecmp))
        return false;
    // Numbers with _ , or :, binary ones, dates and times: begun as a number, of no other signs.
    return strchr(DECIMAL "+-.", *text) == NULL || strpbrk(text, DECIMAL) == NULL ||
           !consists_of(text, HEX "xXoO_:.,+-tTzZ ");
}

bool yaml_tag(const char *tag, enum value_type *type)
{
    static const struct {
        const char *tag;
        enum value_type type;
    } known[] = {{YAML_CORE "null", VALUE_NULL},
                 {YAML_CORE "bool", VALUE_BOOL},
                 {YAML_CORE "int", VALUE_INT},
                 {YAML_CORE "float", VALUE_FLOAT},
                 {YAML_CORE "str", VALUE_STRING},
                 {YAML_CORE "binary", VALUE_STRING},
                 {YAML_CORE "seq", VALUE_ARRAY},
                 {YAML_CORE "map", VALUE_OBJECT},
                 {"!", VALUE_STRING}};
    size_t i = 0, count = sizeof known / sizeof *known;
    while (i < count && strcmp(known[i].tag, tag) != 0)
        i++;
    if (i < count)
        *type = known[i].type;
    return i < count;
}
