// Linked when configuring: does the slim libcurl have all that it needs?
#include <curl/curl.h>

int main(void)
{
    CURLU *url = curl_url();
    CURLM *multi = curl_multi_init();
    CURLSH *share = curl_share_init();
    CURL *easy = curl_global_init(CURL_GLOBAL_DEFAULT) ? NULL : curl_easy_init();
    return !url || !multi || !share || !easy;
}
