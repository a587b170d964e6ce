#include "picture.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

enum { MAX_SIDE = 4096, MAX_LEVEL = 65535 };

/* Shares of the colours in a shade of grey. */
enum { RED = 299, GREEN = 587, BLUE = 114, ALL = RED + GREEN + BLUE };

/* Passes over white space and comments; the character behind them. */
static int skip_space(FILE *file) {
  int c = getc(file);
  while (isspace(c) || c == '#') {
    if (c == '#')
      while (c != '\n' && c != EOF)
        c = getc(file);
    else
      c = getc(file);
  }
  return c;
}

/* A decimal number in [0, most], or -1. */
static int read_number(FILE *file, int most) {
  int value = -1;
  int c = skip_space(file);
  for (; isdigit(c); c = getc(file)) {
    value = (value < 0 ? 0 : value * 10) + (c - '0');
    if (value > most)
      return -1;
  }
  ungetc(c, file);
  return value;
}

/* A binary sample in [0, most], high byte first, or -1. */
static int read_bytes(FILE *file, int most) {
  int value = getc(file);
  if (most > 255 && value != EOF) {
    int low = getc(file);
    value = low == EOF ? -1 : value * 256 + low;
  }
  return value > most ? -1 : value;
}

static const char *read_pixels(FILE *file, char format, picture *result) {
  int most = (int)(result->white / ALL);
  int is_text = format == '2' || format == '3';
  int is_grey = format == '2' || format == '5';
  int (*read)(FILE *, int) = is_text ? read_number : read_bytes;
  for (int i = 0; i < result->width * result->height; ++i) {
    int red = read(file, most);
    int green = is_grey ? red : read(file, most);
    int blue = is_grey ? red : read(file, most);
    if (red < 0 || green < 0 || blue < 0)
      return feof(file) ? "ends before its last pixel"
                        : "has a pixel that is no number or over its maximum";
    result->pixels[i] = (uint32_t)(red * RED + green * GREEN + blue * BLUE);
  }
  if ((is_text ? skip_space(file) : getc(file)) != EOF)
    return "goes on after its last pixel";
  return NULL;
}

static const char *read_picture(FILE *file, picture *result) {
  int magic = getc(file), format = getc(file);
  if (magic != 'P' ||
      (format != '2' && format != '3' && format != '5' && format != '6'))
    return "is not a PGM or PPM picture";
  result->width = read_number(file, MAX_SIDE);
  result->height = read_number(file, MAX_SIDE);
  if (result->width < 1 || result->height < 1)
    return "has no width and height from 1 to 4096";
  int most = read_number(file, MAX_LEVEL);
  if (most < 1 || !isspace(getc(file)))
    return "has no maximum from 1 to 65535";
  result->white = (uint32_t)most * ALL;
  result->pixels =
      malloc(sizeof(uint32_t) * (size_t)result->width * (size_t)result->height);
  return result->pixels ? read_pixels(file, (char)format, result)
                        : "is too large for this memory";
}

const char *picture_read(const char *path, picture *result) {
  *result = (picture){0};
  FILE *file = fopen(path, "rb");
  if (!file)
    return "cannot be opened";
  const char *problem = read_picture(file, result);
  fclose(file);
  if (problem)
    free(result->pixels);
  return problem;
}

/* What the `i`-th of `n` equal parts of a line has in common with the `j`-th of
 * `m`; the line is n * m long. */
static uint64_t overlap(int64_t i, int64_t n, int64_t j, int64_t m) {
  int64_t begin = i * m > j * n ? i * m : j * n;
  int64_t end = (i + 1) * m < (j + 1) * n ? (i + 1) * m : (j + 1) * n;
  return end > begin ? (uint64_t)(end - begin) : 0;
}

static float mean(const picture *from, int x, int width, int y, int height) {
  uint64_t sum = 0; /* at most 2^24 pixels of 2^26 each */
  for (int64_t v = (int64_t)y * from->height / height;
       v < from->height && overlap(y, height, v, from->height); ++v)
    for (int64_t u = (int64_t)x * from->width / width;
         u < from->width && overlap(x, width, u, from->width); ++u)
      sum += overlap(y, height, v, from->height) *
             overlap(x, width, u, from->width) *
             from->pixels[v * from->width + u];
  return (float)((double)sum /
                 ((double)from->width * from->height * from->white));
}

void picture_scale(const picture *from, int width, int height, float *to) {
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      to[y * width + x] = mean(from, x, width, y, height);
}
