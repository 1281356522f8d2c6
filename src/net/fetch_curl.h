// fetch_curl: libcurl, loaded when the first request is made. It brings some thirty libraries with
// it (Kerberos, LDAP, GnuTLS ...), and a command that fetches nothing should not wait for them.
#pragma once

#include <stdbool.h>

#include "base/error.h"

// Loads libcurl, once. Must have succeeded before any curl_ function is called. False with `err`
// set when it is not installed.
bool curl_load(struct error *err);
