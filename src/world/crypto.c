#include "world/crypto.h"

#include <lauxlib.h>

#include "base/base64.h"
#include "engine/border.h"
#include "net/digest.h"

static int hex_push(lua_State *L, const char *prefix, const unsigned char *bytes, size_t len)
{
    luaL_Buffer text;
    luaL_buffinit(L, &text);
    luaL_addstring(&text, prefix);
    digest_hex(bytes, len, luaL_prepbuffsize(&text, 2 * len));
    luaL_addsize(&text, 2 * len);
    luaL_pushresult(&text);
    return 1;
}

static int crypto_sha256(lua_State *L)
{
    size_t len;
    const char *text = luaL_checklstring(L, 1, &len);
    unsigned char digest[DIGEST_SIZE];
    digest_sha256(text, len, digest);
    return hex_push(L, "", digest, sizeof digest);
}

static int crypto_hmac_sha256(lua_State *L)
{
    size_t key_len, len;
    const char *key = luaL_checklstring(L, 1, &key_len);
    const char *text = luaL_checklstring(L, 2, &len);
    unsigned char digest[DIGEST_SIZE];
    digest_hmac_sha256(key, key_len, text, len, digest);
    return hex_push(L, "", digest, sizeof digest);
}

static int crypto_base64_encode(lua_State *L)
{
    size_t len;
    const char *bytes = luaL_checklstring(L, 1, &len);
    lua_pushstring(L, base64_encode(border_arena(L), bytes, len));
    return 1;
}

static int crypto_base64_decode(lua_State *L)
{
    const char *text = luaL_checkstring(L, 1);
    error_local(err);
    size_t len;
    char *bytes = base64_decode(border_arena(L), text, &len, &err);
    if (bytes == NULL) {
        lua_pushnil(L);
        lua_pushstring(L, error_text(&err));
        return 2;
    }
    lua_pushlstring(L, bytes, len);
    return 1;
}

static int crypto_random_id(lua_State *L)
{
    const char *prefix = luaL_optstring(L, 1, "");
    unsigned char bytes[12];
    if (!digest_random(bytes, sizeof bytes))
        return luaL_error(L, "the system has no random numbers to give");
    return hex_push(L, prefix, bytes, sizeof bytes);
}

int crypto_open(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"sha256", crypto_sha256},
        {"hmac_sha256", crypto_hmac_sha256},
        {"base64_encode", crypto_base64_encode},
        {"base64_decode", crypto_base64_decode},
        {"random_id", crypto_random_id},
        {NULL, NULL},
    };
    luaL_newlib(L, functions);
    return 1;
}
