// fetch_curl: libcurl, in one of two forms that are told apart by nothing else (cmake/curl.cmake):
// net/curl/slim.c is in the program, net/curl/shared.c opens the system's when it is first wanted.
#pragma once

#include <stdbool.h>

#include "base/error.h"

// Sees to it that libcurl is there: without, its functions answer as if no memory were left. May be
// called again.
bool curl_open(struct error *err);
// Starts libcurl and the TLS library under it, once. Must have succeeded before a request is made;
// URLs can be taken apart without. False when that fails.
bool curl_start(struct error *err);
// The function that libcurl has called, since this was last asked, of a library that it is linked
// without; NULL: none.
const char *curl_missed(void);
