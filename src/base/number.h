// number: numbers <-> text, exact and the same in every locale.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NUMBER_SIZE = 32 };

// Reads text[0..len), an optional sign and digits of the base (2 to 36), which the caller has seen
// to be such. False when 64 bits do not hold it.
bool number_whole(const char *text, size_t len, int base, int64_t *n);
// Reads a decimal number that the caller has seen to be one; infinite when a double does not hold
// it.
double number_parse(const char *text);
// Writes the shortest text of 15 to 17 digits that reads back as n (finite), always with a decimal
// point, so that JSON and YAML 1.1 alike read a float: 1.0, 0.1, 1.0e+300. Returns out.
char *number_format(double n, char out[NUMBER_SIZE]);
// Writes the digits of n. Returns out.
char *number_format_whole(int64_t n, char out[NUMBER_SIZE]);
