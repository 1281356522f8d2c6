// cjson_memory: what lua-cjson allocates. It ends the process where malloc fails, and leaks what it
// reads into where Lua raises an error meanwhile; so cmake/archives.cmake gives it these in place
// of malloc and its kin.
#pragma once

#include <stddef.h>

// As malloc, realloc and free; never NULL.
void *cjson_malloc(size_t size);
void *cjson_realloc(void *old, size_t size);
void cjson_free(void *block);

// What is allocated between these two, and was not freed by then, is freed at the second.
void cjson_memory_begin(void);
void cjson_memory_end(void);
