// libFuzzer target: runbook.stripe's verify. The input is a payload, a line break and a header, in
// which
// '$' stands for the right signature of the payload at t=1. It never fails with an error, and
// accepts only what bears that signature and that time.
#include <lauxlib.h>
#include <lualib.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/embedded.h"
#include "net/digest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char secret[] = "whsec_fuzz";

static int hmac_sha256(lua_State *L)
{
    size_t key_len, len;
    unsigned char digest[DIGEST_SIZE];
    char hex[2 * DIGEST_SIZE];
    const char *key = luaL_checklstring(L, 1, &key_len), *text = luaL_checklstring(L, 2, &len);
    digest_hmac_sha256(key, key_len, text, len, digest);
    digest_hex(digest, sizeof digest, hex);
    lua_pushlstring(L, hex, sizeof hex);
    return 1;
}

static int equal(lua_State *L)
{
    size_t a_len, b_len;
    const char *a = luaL_checklstring(L, 1, &a_len), *b = luaL_checklstring(L, 2, &b_len);
    lua_pushboolean(L, digest_equal(a, a_len, b, b_len));
    return 1;
}

// What of the prelude verify needs; it is 1970.
static const char prelude[] =
    "words = { options = function(given) return given or {} end, fields = function() end }\n"
    "wait = { now = function() return 1 end }";

// A state with stripe.verify on its stack.
static lua_State *open_state(void)
{
    static const luaL_Reg crypto[] = {{"hmac_sha256", hmac_sha256}, {"equal", equal}, {NULL, NULL}};
    const struct embedded *stripe = embedded_find("runbook.stripe");
    lua_State *L = luaL_newstate();
    luaL_openlibs(L);
    luaL_newlib(L, crypto);
    lua_setglobal(L, "crypto");
    if (luaL_dostring(L, prelude) ||
        luaL_loadbufferx(L, stripe->text, stripe->len, "=runbook.stripe", "t") ||
        lua_pcall(L, 0, 1, 0))
        abort();
    lua_getfield(L, -1, "verify");
    return L;
}

static void signature_of(const char *payload, size_t len, char hex[2 * DIGEST_SIZE])
{
    struct buf signed_text = {0};
    unsigned char digest[DIGEST_SIZE];
    buf_puts(&signed_text, "1.");
    buf_add(&signed_text, payload, len);
    digest_hmac_sha256(secret, sizeof secret - 1, signed_text.data, signed_text.len, digest);
    digest_hex(digest, sizeof digest, hex);
    buf_free(&signed_text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static lua_State *L;
    if (!L)
        L = open_state();
    const char *payload = (const char *)data, *end = memchr(data, '\n', size);
    size_t payload_len = end ? (size_t)(end - payload) : size;
    char right[2 * DIGEST_SIZE];
    signature_of(payload, payload_len, right);
    struct buf header = {0};
    bool signed_well = false;
    for (size_t i = payload_len + 1; i < size; i++) {
        signed_well |= payload[i] == '$';
        if (payload[i] == '$')
            buf_add(&header, right, sizeof right);
        else
            buf_putc(&header, payload[i]);
    }
    lua_settop(L, 2);
    lua_pushvalue(L, 2);
    lua_pushlstring(L, payload, payload_len);
    lua_pushlstring(L, buf_text(&header), header.len);
    lua_pushstring(L, secret);
    if (lua_pcall(L, 3, 2, 0) != LUA_OK || lua_type(L, 3) != LUA_TBOOLEAN) {
        fprintf(stderr, "failed: %s\n", lua_tostring(L, 3));
        abort();
    }
    if (lua_toboolean(L, 3) && !(signed_well && memmem(header.data, header.len, "t=", 2))) {
        fprintf(stderr, "accepted: %s\n", buf_text(&header));
        abort();
    }
    buf_free(&header);
    return 0;
}
