#include "base/person.h"

#include <pwd.h>
#include <stdio.h>
#include <unistd.h>

struct person person_here(void)
{
    struct person p = {"unknown", "unknown"};
    const struct passwd *user = getpwuid(getuid());
    if (user)
        snprintf(p.user, sizeof p.user, "%s", user->pw_name);
    gethostname(p.host, sizeof p.host - 1);
    return p;
}
