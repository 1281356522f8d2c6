# Writes a C file that holds Lua sources as byte arrays. Run as a script:
#   cmake -DROOT=lib/lua -DOUT=embedded.c -P embed.cmake
file(GLOB_RECURSE files RELATIVE ${ROOT} ${ROOT}/*.lua)
list(SORT files)
set(text "#include \"base/embedded.h\"\n\n#include <string.h>\n\n")
set(rows "")
set(n 0)
foreach(file IN LISTS files)
  file(READ ${ROOT}/${file} hex HEX)
  string(LENGTH "${hex}" len)
  math(EXPR len "${len} / 2")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
  string(REGEX REPLACE "\\.lua$" "" module ${file})
  string(REPLACE "/" "." module ${module})
  string(APPEND text "static const char f${n}[] = {${bytes}0};\n")
  string(APPEND rows "    {\"${module}\", f${n}, ${len}},\n")
  math(EXPR n "${n} + 1")
endforeach()
string(APPEND text "
static const struct {
    const char *module, *text;
    size_t len;
} files[] = {\n${rows}};

const char *embedded_find(const char *module, size_t *len)
{
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        if (strcmp(files[i].module, module) == 0) {
            *len = files[i].len;
            return files[i].text;
        }
    }
    return NULL;
}

const char *embedded_name(size_t n)
{
    return n < sizeof files / sizeof *files ? files[n].module : NULL;
}
")
file(WRITE ${OUT} "${text}")
