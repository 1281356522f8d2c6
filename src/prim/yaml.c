// yaml: text and plain data.
#include "base/yaml.h"

#include <lauxlib.h>
#include <string.h>

#include "engine/border.h"
#include "engine/convert.h"
#include "engine/failure.h"
#include "prim/prims.h"
#include "prim/pure.h"

static struct value *documents_read(lua_State *L, const char *what, bool old, struct arena **a)
{
    size_t len;
    error_local(err);
    const char *text = pure_text(L, 1, what, &len);
    *a = border_arena_of(L, len);
    struct value *documents =
        old ? yaml_parse_old(*a, text, len, &err) : yaml_parse(*a, text, len, &err);
    if (documents == NULL)
        pure_refused(L, what, "the text is not YAML", *a, &err);
    return documents;
}

// yaml.decode(text): the one document that the text holds; nil when it holds none. Raises an effect
// failure with line and column when it is not YAML, or when there are several documents.
static int yaml_decode(lua_State *L)
{
    struct arena *a;
    const struct value *documents = documents_read(L, "yaml.decode", false, &a);
    if (value_count(documents) > 1)
        return failure_raise(L, FAILURE_EFFECT,
                             "the text holds %zu YAML documents; read them with yaml.decode_all",
                             value_count(documents));
    return pure_push_value(L, a, value_at(documents, 0));
}

// yaml.decode_all(text [, "1.1"]): the list of its documents. With "1.1" words and numbers without
// quotes mean what they do in kubectl's manifests: yes, no, on, off, y and n are booleans, 1_000
// and 0b11 integers.
static int yaml_decode_all(lua_State *L)
{
    const char *version = luaL_optstring(L, 2, "1.2");
    bool old = strcmp(version, "1.1") == 0;
    if (!old && strcmp(version, "1.2") != 0)
        failure_raise(L, FAILURE_USAGE,
                      "yaml.decode_all knows YAML \"1.1\" and \"1.2\", not \"%s\"", version);
    struct arena *a;
    const struct value *documents = documents_read(L, "yaml.decode_all", old, &a);
    return pure_push_value(L, a, documents);
}

// yaml.encode(value): one document in block style, keys sorted. Raises a usage failure that names
// the place of what is not plain data.
static int yaml_encode(lua_State *L)
{
    struct arena *a;
    struct value *v = pure_value(L, 1, "yaml.encode", &a);
    struct buf text = pure_buf(L);
    bool whole = yaml_write(&text, v);
    return pure_push(L, "yaml.encode", a, &text, whole);
}

int prim_yaml(lua_State *L)
{
    static const luaL_Reg functions[] = {{"decode", yaml_decode},
                                         {"decode_all", yaml_decode_all},
                                         {"encode", yaml_encode},
                                         {NULL, NULL}};
    luaL_newlib(L, functions);
    return 1;
}
