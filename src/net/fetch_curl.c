#include "net/fetch_curl.h"

#include <curl/curl.h>

// The program is linked with a libcurl whose libraries for other protocols are missing (see
// CMakeLists.txt). Every way that leads there is closed: CURLOPT_PROTOCOLS_STR is "http,https" on
// each handle, CURLOPT_SOCKS5_AUTH leaves Kerberos out, no handle asks for Negotiate, and none has
// cookies. Only this one is called without having been asked for, by curl_global_init.
int libssh2_init(int flags);
int libssh2_init(int flags)
{
    (void)flags;
    return 0;
}

bool curl_start(void)
{
    static bool started;
    started = started || curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
    return started;
}
