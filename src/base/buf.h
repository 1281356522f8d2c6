// buf: bytes that grow, up to a cap of their own.
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

// All zero is an empty buffer without a cap. `data` is NUL-terminated whenever it is not NULL.
struct buf {
    char *data;
    size_t len, room;
    size_t max; // 0: no cap
};

// Appends; false when the cap would be passed, and then nothing was added.
bool buf_add(struct buf *b, const void *bytes, size_t len);
bool buf_puts(struct buf *b, const char *text);
bool buf_putc(struct buf *b, char c);
bool buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool buf_vprintf(struct buf *b, const char *format, va_list args);
// The text so far, "" when empty. Valid until the next change.
const char *buf_text(const struct buf *b);
void buf_clear(struct buf *b); // empties, keeps the memory and the cap
void buf_free(struct buf *b);  // empties and frees
// Gives the memory to the caller, who frees it; never NULL. The buffer is empty afterwards.
char *buf_take(struct buf *b);
