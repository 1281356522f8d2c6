// completion: prints a script that teaches a shell the verbs and options.
#include <stdio.h>
#include <string.h>

#include "cli/option_table.h"
#include "cli/verbs.h"
#include "engine/run.h"

static void print_flags(void)
{
    for (size_t i = 0; i < option_count; i++)
        printf("%s--%s", i ? " " : "", option_rows[i].name);
}

static void print_verbs(void)
{
    for (const struct verb *v = verbs; v->name; v++)
        printf("%s%s", v == verbs ? "" : " ", v->name);
}

static void print_bash(void)
{
    printf("_runbook() {\n"
           "    local word=${COMP_WORDS[COMP_CWORD]}\n"
           "    case $word in\n"
           "    -*) COMPREPLY=($(compgen -W '");
    print_flags();
    printf("' -- \"$word\")) ;;\n"
           "    *)  COMPREPLY=($(compgen -f -X '!*.lua' -- \"$word\") $(compgen -d -- \"$word\"))\n"
           "        [ \"${COMP_WORDS[1]}\" != apply ] ||\n"
           "            COMPREPLY+=($(compgen -f -X '!*.json' -- \"$word\"))\n"
           "        if ((COMP_CWORD == 1)); then\n"
           "            COMPREPLY+=($(compgen -W '");
    print_verbs();
    printf("' -- \"$word\"))\n"
           "        fi ;;\n"
           "    esac\n"
           "}\n"
           "complete -o filenames -F _runbook runbook\n");
}

int completion_main(int argc, char **argv)
{
    const char *shell = argc == 2 ? argv[1] : "";
    if (strcmp(shell, "zsh") == 0)
        printf("autoload -U +X bashcompinit && bashcompinit\n");
    if (strcmp(shell, "bash") == 0 || strcmp(shell, "zsh") == 0) {
        print_bash();
    } else if (strcmp(shell, "fish") == 0) {
        printf("complete -c runbook -n __fish_use_subcommand -a '");
        print_verbs();
        printf("'\n");
        for (size_t i = 0; i < option_count; i++)
            printf("complete -c runbook -l %s%s\n", option_rows[i].name,
                   option_rows[i].has_value ? " -r" : "");
    } else {
        fputs("runbook: completion wants a shell: bash, zsh or fish, as in: "
              "source <(runbook completion bash)\n",
              stderr);
        return EXIT_USAGE;
    }
    return EXIT_DONE;
}
