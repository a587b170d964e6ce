/* What a model asks of Android's libc.so. */
#include <stddef.h>

void *memcpy(void *to, const void *from, size_t n) {
  for (size_t i = 0; i < n; ++i)
    ((char *)to)[i] = ((const char *)from)[i];
  return to;
}
void *memmove(void *to, const void *from, size_t n) {
  if ((char *)to <= (const char *)from)
    return memcpy(to, from, n);
  while (n--)
    ((char *)to)[n] = ((const char *)from)[n];
  return to;
}
void *memset(void *to, int value, size_t n) {
  for (size_t i = 0; i < n; ++i)
    ((char *)to)[i] = (char)value;
  return to;
}
