// embed: writes a C file with the Lua files of a folder: as text, and but for the templates
// compiled too, so that a run need not. The build calls it: embed OUT FOLDER FILE.lua...
#include <errno.h>
#include <lauxlib.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LARGEST = 1024 * 1024, BYTES_IN_A_LINE = 32 };

struct literal {
    FILE *out;
    size_t len;
};

static void fail(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("embed: ", stderr);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    exit(1);
}

// A lua_Writer: goes on with the string literal.
static int literal_add(lua_State *L, const void *bytes, size_t len, void *to)
{
    (void)L;
    struct literal *literal = to;
    for (const unsigned char *p = bytes, *end = p + len; p < end; p++)
        fprintf(literal->out, "%s\\%03o", literal->len++ % BYTES_IN_A_LINE ? "" : "\"\n\"", *p);
    return 0;
}

static size_t read_text(const char *path, char *text)
{
    FILE *in = fopen(path, "rb");
    if (in == NULL)
        fail("cannot open %s: %s", path, strerror(errno));
    size_t len = fread(text, 1, LARGEST, in);
    if (ferror(in) || !feof(in))
        fail("cannot read %s, or it is larger than %d bytes", path, LARGEST);
    fclose(in);
    return len;
}

// Writes "prelude.k8s.wait" for FOLDER/prelude/k8s/wait.lua.
static void name_module(const char *folder, const char *path, char *name, size_t size)
{
    size_t skipped = strlen(folder) + 1;
    if (strncmp(path, folder, skipped - 1) != 0 || strlen(path) < skipped + strlen("x.lua"))
        fail("%s is not a Lua file in %s", path, folder);
    snprintf(name, size, "%.*s", (int)(strlen(path + skipped) - strlen(".lua")), path + skipped);
    for (char *p = name; (p = strchr(p, '/')) != NULL;)
        *p = '.';
}

// The compiled form keeps the lines and names of the source, which error messages show.
static void write_code(lua_State *L, FILE *out, const char *text, size_t len, const char *module)
{
    const char *chunk = lua_pushfstring(L, "=[%s]", module);
    if (luaL_loadbufferx(L, text, len, chunk, "t") != LUA_OK)
        fail("%s", lua_tostring(L, -1));
    lua_dump(L, literal_add, &(struct literal){out, 0}, 0);
    lua_pop(L, 2);
}

int main(int argc, char **argv)
{
    static char text[LARGEST], name[4096];
    if (argc < 4)
        fail("usage: embed OUT FOLDER FILE.lua...");
    char **files = argv + 3;
    int count = argc - 3;
    FILE *out = fopen(argv[1], "wb");
    lua_State *L = luaL_newstate();
    if (out == NULL || L == NULL)
        fail("cannot write %s: %s", argv[1], strerror(errno));
    fputs("#include \"base/embedded.h\"\n", out);
    for (int i = 0; i < count; i++) {
        size_t len = read_text(files[i], text);
        name_module(argv[2], files[i], name, sizeof name);
        fprintf(out, "\nstatic const char text%d[] = \"", i);
        literal_add(L, text, len, &(struct literal){out, 0});
        fprintf(out, "\";\nstatic const char code%d[] = \"", i);
        if (strncmp(name, "templates.", strlen("templates.")) != 0)
            write_code(L, out, text, len, name);
        fputs("\";\n", out);
    }
    fputs("\nconst struct embedded embedded_files[] = {\n", out);
    for (int i = 0; i < count; i++) {
        name_module(argv[2], files[i], name, sizeof name);
        fprintf(out, "    {\"%s\", text%d, sizeof text%d - 1, code%d, sizeof code%d - 1},\n", name,
                i, i, i, i);
    }
    fprintf(out, "};\nconst size_t embedded_count = %d;\n", count);
    lua_close(L);
    if (fclose(out) != 0)
        fail("cannot write %s: %s", argv[1], strerror(errno));
    return 0;
}
