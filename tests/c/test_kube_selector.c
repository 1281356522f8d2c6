// Label selectors against labels, by the rules of Kubernetes.
#include <criterion/criterion.h>

#include "base/json.h"
#include "kube/selector.h"

static const char object[] =
    "{\"metadata\":{\"labels\":{\"app\":\"web\",\"tier\":\"a\",\"x.io/y\":\"\"}}}";

static enum kube_selected match(const char *selector, const char *text)
{
    struct arena a = {0};
    error_local(err);
    struct value *v = json_parse(&a, text, strlen(text), &err);
    enum kube_selected found = kube_selector_match(selector, v);
    arena_free(&a);
    return found;
}

Test(kube_selector, selects)
{
    static const char *const yes[] = {"",
                                      "app",
                                      "app=web",
                                      "app==web",
                                      "app = web",
                                      "app!=db",
                                      "none!=x",
                                      "!none",
                                      "app in (web)",
                                      "app in (db, web)",
                                      "app notin (db)",
                                      "none notin (a,b)",
                                      "app=web,tier in (a,b),!old",
                                      "x.io/y",
                                      "x.io/y="};
    static const char *const no[] = {
        "app=db",         "none",        "none=",       "!app",
        "app!=web",       "app in (db)", "none in (a)", "app notin (web,db)",
        "app=web,tier=b", "tier=a,!app"};
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        cr_expect_eq(match(yes[i], object), KUBE_SELECTED, "%s", yes[i]);
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        cr_expect_eq(match(no[i], object), KUBE_SELECTED_NO, "%s", no[i]);
    cr_expect_eq(match(NULL, object), KUBE_SELECTED);
}

Test(kube_selector, an_object_without_labels_has_none)
{
    cr_expect_eq(match("app=web", "{}"), KUBE_SELECTED_NO);
    cr_expect_eq(match("app!=web,!tier", "{\"metadata\":{}}"), KUBE_SELECTED);
}

Test(kube_selector, what_is_not_understood_is_not_guessed)
{
    static const char *const unclear[] = {"app in web", "app near (a)", "app>1",
                                          "app in (a",  "a b c",        "=x"};
    for (size_t i = 0; i < sizeof unclear / sizeof *unclear; i++)
        cr_expect_eq(match(unclear[i], object), KUBE_SELECTED_UNSURE, "%s", unclear[i]);
}
