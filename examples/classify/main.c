/* Says which digit a picture shows: classify seven.pgm */
#include "digits.h"
#include "picture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* What the model takes and gives; digits_description says it too. */
enum { SIDE = 8, CLASSES = 10 };

/* The compiled model allocates nothing: this is all that a run needs. */
static _Alignas(digits_ARENA_ALIGNMENT) char arena[digits_ARENA_SIZE];

int main(int argc, char **argv) {
  if (argc != 2) {
    fprintf(stderr, "usage: classify PICTURE.pgm (or .ppm)\n");
    return 2;
  }
  picture picture;
  const char *problem = picture_read(argv[1], &picture);
  if (problem) {
    fprintf(stderr, "classify: '%s' %s\n", argv[1], problem);
    return 1;
  }
  float image[SIDE * SIDE], logits[CLASSES];
  picture_scale(&picture, SIDE, SIDE, image);
  free(picture.pixels);

  const void *inputs[] = {image};
  void *outputs[] = {logits};
  quantir_context context = {
      .inputs = inputs, .outputs = outputs, .arena = arena};
  if (digits_run(&context) != QUANTIR_DONE) {
    fprintf(stderr, "classify: the model does not run\n");
    return 1;
  }

  int best = 0;
  for (int i = 1; i < CLASSES; ++i)
    if (logits[i] > logits[best])
      best = i;
  double sum = 0;
  for (int i = 0; i < CLASSES; ++i)
    sum += exp(logits[i] - logits[best]);
  printf("%d (%.2f %%)\n", best, 100 / sum);
  return 0;
}
