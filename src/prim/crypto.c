// crypto: digests and encodings, as webhooks and credentials use them.
#include <lauxlib.h>
#include <string.h>

#include "base/base64.h"
#include "engine/border.h"
#include "engine/failure.h"
#include "engine/fiber.h"
#include "engine/identity.h"
#include "net/digest.h"
#include "prim/prims.h"
#include "prim/pure.h"

static int hex_push(lua_State *L, const void *bytes, size_t len)
{
    luaL_Buffer text;
    digest_hex(bytes, len, luaL_buffinitsize(L, &text, 2 * len));
    luaL_pushresultsize(&text, 2 * len);
    return 1;
}

// crypto.sha256(text): its SHA-256, in lower-case hex.
static int crypto_sha256(lua_State *L)
{
    size_t len;
    unsigned char digest[DIGEST_SIZE];
    const char *text = pure_text(L, 1, "crypto.sha256", &len);
    digest_sha256(text, len, digest);
    return hex_push(L, digest, sizeof digest);
}

// crypto.hmac_sha256(key, text): HMAC-SHA-256 in lower-case hex. A key of raw bytes comes from
// base64_decode or hex_decode.
static int crypto_hmac_sha256(lua_State *L)
{
    size_t key_len, len;
    unsigned char digest[DIGEST_SIZE];
    const char *key = pure_text(L, 1, "crypto.hmac_sha256", &key_len);
    const char *text = pure_text(L, 2, "crypto.hmac_sha256", &len);
    digest_hmac_sha256(key, key_len, text, len, digest);
    hex_push(L, digest, sizeof digest);
    identity_computed(run_of(L), lua_tostring(L, -1));
    return 1;
}

// crypto.base64_encode(bytes): RFC 4648 text with padding.
static int crypto_base64_encode(lua_State *L)
{
    size_t len;
    const char *bytes = pure_text(L, 1, "crypto.base64_encode", &len);
    pure_room(L, "crypto.base64_encode", 2 * len);
    lua_pushstring(L, base64_encode(border_arena(L), bytes, len));
    return 1;
}

// crypto.base64_decode(text): its bytes; line ends are skipped. Raises an effect failure when it is
// not base64.
static int crypto_base64_decode(lua_State *L)
{
    size_t len;
    error_local(err);
    const char *text = pure_text(L, 1, "crypto.base64_decode", &len);
    pure_room(L, "crypto.base64_decode", len);
    if (strlen(text) != len)
        return failure_raise(L, FAILURE_EFFECT, "not base64: character %zu is not allowed there",
                             strlen(text) + 1);
    const char *bytes = base64_decode(border_arena(L), text, &len, &err);
    if (bytes == NULL)
        return failure_raise_error(L, FAILURE_EFFECT, NULL, &err);
    lua_pushlstring(L, bytes, len);
    return 1;
}

// crypto.hex_encode(bytes): two lower-case hex digits a byte.
static int crypto_hex_encode(lua_State *L)
{
    size_t len;
    const char *bytes = pure_text(L, 1, "crypto.hex_encode", &len);
    return hex_push(L, bytes, len);
}

static int digit_value(char c)
{
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    const char *at = memchr(digits, c, sizeof digits - 1);
    return at ? (int)(at - digits) & 15 : -1;
}

// crypto.hex_decode(text): the bytes that its hex digits, of either case, stand for. Raises an
// effect failure when it holds anything else.
static int crypto_hex_decode(lua_State *L)
{
    size_t len;
    luaL_Buffer bytes;
    const char *text = pure_text(L, 1, "crypto.hex_decode", &len);
    if (len % 2)
        return failure_raise(L, FAILURE_EFFECT,
                             "not hex: %zu characters, and a byte has two of them", len);
    char *out = luaL_buffinitsize(L, &bytes, len / 2);
    for (size_t i = 0; i < len; i += 2) {
        int high = digit_value(text[i]), low = digit_value(text[i + 1]);
        if (high < 0 || low < 0)
            return failure_raise(L, FAILURE_EFFECT, "not hex: character %zu is no hex digit",
                                 i + (high < 0 ? 1 : 2));
        out[i / 2] = (char)(high << 4 | low);
    }
    luaL_pushresultsize(&bytes, len / 2);
    return 1;
}

// crypto.equal(a, b): whether two texts are the same, without telling by time where they part; for
// signatures and tokens.
static int crypto_equal(lua_State *L)
{
    size_t a_len, b_len;
    const char *a = pure_text(L, 1, "crypto.equal", &a_len);
    const char *b = pure_text(L, 2, "crypto.equal", &b_len);
    lua_pushboolean(L, digest_equal(a, a_len, b, b_len));
    return 1;
}

int prim_crypto(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"sha256", crypto_sha256},
        {"hmac_sha256", crypto_hmac_sha256},
        {"base64_encode", crypto_base64_encode},
        {"base64_decode", crypto_base64_decode},
        {"hex_encode", crypto_hex_encode},
        {"hex_decode", crypto_hex_decode},
        {"equal", crypto_equal},
        {NULL, NULL},
    };
    luaL_newlib(L, functions);
    return 1;
}
