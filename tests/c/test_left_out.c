// What the slim libcurl is linked without (net/curl/slim.c): should libcurl find a way there all
// the same, the transfer ends with a sentence. The ways are opened here by hand.
#include <criterion/criterion.h>
#include <curl/curl.h>

#include "fetched.h"
#include "net/fetch_curl.h"
#include "net/fetch_pool.h"

TestSuite(left_out, .init = fetched_open, .fini = fetched_close);

// Makes the next fetch start with a handle on which the option is set, as it is on none.
#define slip_in(option, value)                                                                     \
    do {                                                                                           \
        CURL *easy_ = pool_take(fetcher, NULL);                                                    \
        cr_assert(easy_ && !curl_easy_setopt(easy_, option, value));                               \
        fetcher->idle[fetcher->idle_count++] = easy_;                                              \
    } while (0)

static void expect_missed(const char *name)
{
    cr_expect_str_eq(got.result.code ? got.result.code : "", "failed");
    cr_expect(strstr(got.result.error, name) && strstr(got.result.error, "is built without"), "%s",
              got.result.error);
}

Test(left_out, kerberos_ends_the_request)
{
    char url[128];
    slip_in(CURLOPT_HTTPAUTH, (long)CURLAUTH_NEGOTIATE);
    snprintf(url, sizeof url, "http://me:pw@%s", strstr(at("/negotiate"), "://") + 3);
    ask(&(struct fetch_request){.url = url, .retries = 3});
    expect_missed("libcurl called gss_import_name");
    cr_expect_eq(got.result.attempts, 1, "made again %d times", got.result.attempts);

    ask(&(struct fetch_request){.url = at("/ok")});
    cr_expect_eq(got.result.status, 200, "the next one is told of it, too: %s", got.result.error);
}

// libcurl only refuses the cookie, and the answer would pass for one.
Test(left_out, public_suffixes_end_the_request)
{
    char there[64];
    slip_in(CURLOPT_COOKIELIST, "Set-Cookie: a=b; path=/");
    snprintf(there, sizeof there, "127.0.0.1:%d", server.port);
    ask(&(struct fetch_request){.url = "http://shop.co.uk/negotiate", .connect_to = there});
    expect_missed("libcurl called psl_");
}

// By its own handle, to a server that says nothing of use.
static const char *missed_by(const char *url)
{
    CURL *easy = curl_easy_init();
    cr_assert(easy);
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, 5000L);
    curl_easy_setopt(easy, CURLOPT_SSH_PRIVATE_KEYFILE, "/nowhere");
    char why[CURL_ERROR_SIZE] = "";
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, why);
    CURLcode code = curl_easy_perform(easy);
    cr_expect(code != CURLE_OK && code != CURLE_OPERATION_TIMEDOUT, "%s: %s", url, why);
    curl_easy_cleanup(easy);
    const char *name = curl_missed();
    return name ? name : "";
}

Test(left_out, every_protocol_fails_at_its_first_step)
{
    static const struct {
        const char *scheme, *missed;
    } ways[] = {
        {"scp", "libssh2_session_init_ex"},
        {"sftp", "libssh2_session_init_ex"},
        {"ldap", "ldap_url_parse"},
        {"ldaps", "ldap_url_parse"},
        {"rtmp", "RTMP_Alloc"},
        {"rtmps", "RTMP_Alloc"},
    };
    cr_assert(curl_start(NULL));
    cr_expect_null(curl_missed(), "to start, libcurl called what is left out");
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        char url[128];
        snprintf(url, sizeof url, "%s%s", ways[i].scheme, strstr(at("/ok"), "://"));
        const char *missed = missed_by(url);
        cr_expect_str_eq(missed, ways[i].missed, "%s: %s", url, missed);
    }
}

// The libraries are asked for them.
Test(left_out, whatever_it_says_of_its_versions)
{
    cr_assert(curl_start(NULL));
    cr_expect(strstr(curl_version(), "OpenSSL"), "%s", curl_version());
    const char *missed = curl_missed();
    cr_expect_null(missed, "%s", missed);
}
