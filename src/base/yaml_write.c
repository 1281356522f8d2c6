#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>

#include "base/number.h"
#include "base/utf8.h"
#include "base/yaml.h"
#include "base/yaml_scalar.h"

static int on_text(void *out, unsigned char *text, size_t len)
{
    return buf_add(out, text, len);
}

// Sends what one of libyaml's yaml_*_event_initialize made, unless that failed.
static bool event_send(yaml_emitter_t *emitter, yaml_event_t *event, int made)
{
    return made && yaml_emitter_emit(emitter, event);
}

static bool scalar_send(yaml_emitter_t *emitter, const char *text, size_t len,
                        yaml_scalar_style_t style)
{
    yaml_event_t event;
    return len <= INT_MAX && // the most that libyaml takes
           event_send(emitter, &event,
                      yaml_scalar_event_initialize(&event, NULL, NULL, (const yaml_char_t *)text,
                                                   (int)len, 1, 1, style));
}

static bool string_send(yaml_emitter_t *emitter, const char *text, size_t len)
{
    struct buf clean = {0};
    utf8_add(&clean, text, len);
    yaml_scalar_style_t style = YAML_PLAIN_SCALAR_STYLE;
    if (memchr(clean.data, '\n', clean.len))
        style = YAML_LITERAL_SCALAR_STYLE;
    else if (!yaml_scalar_is_text(clean.data, clean.len))
        style = YAML_DOUBLE_QUOTED_SCALAR_STYLE;
    bool ok = scalar_send(emitter, clean.data, clean.len, style);
    buf_free(&clean);
    return ok;
}

static bool value_send(yaml_emitter_t *emitter, const struct value *v);

static bool array_send(yaml_emitter_t *emitter, const struct value *v)
{
    yaml_event_t event;
    bool ok = event_send(
        emitter, &event,
        yaml_sequence_start_event_initialize(&event, NULL, NULL, 1, YAML_BLOCK_SEQUENCE_STYLE));
    for (size_t i = 0; ok && i < v->array.count; i++)
        ok = value_send(emitter, v->array.items[i]);
    return ok && event_send(emitter, &event, yaml_sequence_end_event_initialize(&event));
}

static bool object_send(yaml_emitter_t *emitter, const struct value *v)
{
    yaml_event_t event;
    bool ok = event_send(
        emitter, &event,
        yaml_mapping_start_event_initialize(&event, NULL, NULL, 1, YAML_BLOCK_MAPPING_STYLE));
    for (size_t i = 0; ok && i < v->object.count; i++) {
        const struct value_member *m = &v->object.members[i];
        ok = string_send(emitter, m->key, m->key_len) && value_send(emitter, m->value);
    }
    return ok && event_send(emitter, &event, yaml_mapping_end_event_initialize(&event));
}

static bool value_send(yaml_emitter_t *emitter, const struct value *v)
{
    char text[NUMBER_SIZE] = "null";
    switch (v ? v->type : VALUE_NULL) {
    case VALUE_NULL:
        break;
    case VALUE_BOOL:
        snprintf(text, sizeof text, v->boolean ? "true" : "false");
        break;
    case VALUE_INT:
        snprintf(text, sizeof text, "%" PRId64, v->integer);
        break;
    case VALUE_FLOAT:
        number_format(v->number, text);
        break;
    case VALUE_STRING:
        return string_send(emitter, v->string.text, v->string.len);
    case VALUE_ARRAY:
        return array_send(emitter, v);
    case VALUE_OBJECT:
        return object_send(emitter, v);
    }
    return scalar_send(emitter, text, strlen(text), YAML_PLAIN_SCALAR_STYLE);
}

bool yaml_write(struct buf *out, const struct value *v)
{
    yaml_emitter_t emitter;
    yaml_event_t event;
    if (!yaml_emitter_initialize(&emitter))
        return false;
    yaml_emitter_set_output(&emitter, on_text, out);
    yaml_emitter_set_encoding(&emitter, YAML_UTF8_ENCODING);
    yaml_emitter_set_unicode(&emitter, 1);
    yaml_emitter_set_width(&emitter, -1); // no line is folded
    bool ok = event_send(&emitter, &event,
                         yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING)) &&
              event_send(&emitter, &event,
                         yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1)) &&
              value_send(&emitter, v) &&
              event_send(&emitter, &event, yaml_document_end_event_initialize(&event, 1)) &&
              event_send(&emitter, &event, yaml_stream_end_event_initialize(&event));
    yaml_emitter_delete(&emitter);
    return ok;
}
