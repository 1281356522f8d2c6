#include <criterion/criterion.h>

#include "base/shell.h"

Test(shell, words_are_quoted_where_they_have_to_be)
{
    static const struct {
        const char *word, *want;
    } cases[] = {
        {"limit.lua", "limit.lua"},
        {"--set", "--set"},
        {"a=/b,c@d:1%+_-", "a=/b,c@d:1%+_-"},
        {"", "''"},
        {"two words", "'two words'"},
        {"it's", "'it'\\''s'"},
        {"'", "''\\'''"},
        {"$HOME `id` \"x\"", "'$HOME `id` \"x\"'"},
        {"~", "'~'"},
        {"*", "'*'"},
        {"a\nb", "'a\nb'"},
        {"#x", "'#x'"},
        {"größe", "'größe'"},
        {"!x", "'!x'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf text = {0};
        shell_word(&text, cases[i].word);
        cr_expect_str_eq(buf_text(&text), cases[i].want);
        buf_free(&text);
    }
}

Test(shell, words_are_parted_by_a_blank)
{
    struct buf text = {0};
    buf_puts(&text, "runbook apply");
    shell_word(&text, "the plan.json");
    shell_word(&text, "--yes");
    cr_expect_str_eq(buf_text(&text), "runbook apply 'the plan.json' --yes");
    buf_free(&text);
}
