// fetch_curl: libcurl, reduced to what speaks HTTP.
#pragma once

#include <stdbool.h>

// Starts libcurl and the TLS library under it, once. Must have succeeded before a request is made;
// URLs can be taken apart without. False when there is no memory for it.
bool curl_start(void);
