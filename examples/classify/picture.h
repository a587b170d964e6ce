#ifndef CLASSIFY_PICTURE_H
#define CLASSIFY_PICTURE_H

#include <stdint.h>

/* A picture in shades of grey, row by row. */
typedef struct picture {
  int width, height;
  uint32_t white; /* what the lightest possible pixel has */
  uint32_t *pixels;
} picture;

/* Reads a PGM or PPM file, as text or binary; colours become grey. NULL when
 * done, and then `pixels` is to be freed; else what is wrong with the file. */
const char *picture_read(const char *path, picture *result);

/* The picture with `width` by `height` pixels from 0 (black) to 1: each is the
 * mean of what it covers, the same to the bit on every processor. */
void picture_scale(const picture *from, int width, int height, float *to);

#endif /* CLASSIFY_PICTURE_H */
