// completion: prints a script that teaches a shell the verbs and options.
#include <stdio.h>
#include <string.h>

#include "cli/verbs.h"
#include "engine/run.h"

static const char flags[] =
    "--set --values --dry-run --yes --no-input --from --only --output --report "
    "--kubeconfig --context --allow --deny --permissions --max-memory --max-seconds --verbose "
    "--quiet --color "
    "--detailed-exitcode "
    "--debug --out --sign --require-signature --help";

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
           "    -*) COMPREPLY=($(compgen -W '%s' -- \"$word\")) ;;\n"
           "    *)  COMPREPLY=($(compgen -f -X '!*.lua' -- \"$word\") $(compgen -d -- \"$word\"))\n"
           "        [ \"${COMP_WORDS[1]}\" != apply ] ||\n"
           "            COMPREPLY+=($(compgen -f -X '!*.json' -- \"$word\"))\n"
           "        if ((COMP_CWORD == 1)); then\n"
           "            COMPREPLY+=($(compgen -W '",
           flags);
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
        for (const char *flag = flags; *flag; flag += strspn(flag, " ")) {
            size_t len = strcspn(flag, " ");
            printf("complete -c runbook -l %.*s\n", (int)len - 2, flag + 2);
            flag += len;
        }
    } else {
        fputs("runbook: completion wants a shell: bash, zsh or fish, as in: "
              "source <(runbook completion bash)\n",
              stderr);
        return EXIT_USAGE;
    }
    return EXIT_DONE;
}
