// crypto: the few functions a pretend service needs to sign and to name things.
//   crypto.sha256(text) -> hex, crypto.hmac_sha256(key, text) -> hex
//   crypto.base64_encode(bytes) -> text, crypto.base64_decode(text) -> bytes, or nil and a message
//   crypto.random_id([prefix]) -> the prefix and 24 hex digits
#pragma once

#include <lua.h>

// Pushes the table of these functions.
int crypto_open(lua_State *L);
