// arg: an option that a primitive takes in its table of options: what it is called, what it may be,
// and what it does. A primitive's options are one table of these rows, from which come the check of
// what an author wrote, the suggestion for a slip, and the reference.
#pragma once

#include <lua.h>

#include "base/value.h"

enum arg_type {
    ARG_ANY,
    ARG_TEXT,     // without zero bytes
    ARG_BLOB,     // text with any bytes in it
    ARG_FLAG,     // true or false
    ARG_TIME,     // a length of time: "15m", or seconds
    ARG_SIZE,     // a number of bytes: 65536, or "10MB"
    ARG_WHOLE,    // a whole number
    ARG_MOMENT,   // seconds since 1970
    ARG_TABLE,    // named fields
    ARG_LIST,     // a list
    ARG_FUNCTION, // which cannot be data: kept with the effect
};

struct arg {
    const char *name;
    enum arg_type type;
    const char *help; // NULL: for the library's own calls, and no author is told of it
};

enum { ARGS = 20 };

// A table: another one that it goes on with, or NULL; and rows, those behind the last without a
// name.
struct args {
    const struct args *more;
    struct arg rows[ARGS];
};

// What every effect takes besides its own.
extern const struct args every_args;

// What a type is to people: "true or false".
const char *arg_words(enum arg_type);
// The row of that name in the table or, failing that, in every_args; NULL when there is none.
const struct arg *arg_find(const struct args *table, const char *name);
// Raises a usage failure unless each member of `given`, an object, has a row and is of its type;
// null fits all. `what` names the primitive.
void arg_check(lua_State *L, const struct args *table, const struct value *given, const char *what);
// Pushes the options that authors are told of, every_args among them, as `words.fields` of the
// prelude wants them: { name = "string|number" }.
void arg_push(lua_State *L, const struct args *table);
