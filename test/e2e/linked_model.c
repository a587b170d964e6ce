/* A program that a model is linked into: runs it on the device that is named,
 * and prints where, then the outputs. */
#include "model.h"
#include "quantir/Runtime/Runtime.h"

#include <stdio.h>

int main(int argc, char **argv) {
  quantir_error error = {{0}};
  quantir_model *model = quantir_adopt(&model_description, model_run, &error);
  if (!model || argc != 2)
    return fprintf(stderr, "%s\n", error.message), 2;
  int status = quantir_model_use_device(model, argv[1], NULL, &error);
  if (status != 0)
    fprintf(stderr, "%s\n", error.message);
  if (status < 0)
    return 1;
  float x[7 * 21], y[7 * 18];
  for (int i = 0; i < 7 * 21; ++i)
    x[i] = (float)(i % 37) * 0.125f - 2;
  const void *inputs[] = {x};
  void *outputs[] = {y};
  size_t in_bytes = sizeof x, out_bytes = sizeof y;
  if (quantir_model_run(model, inputs, &in_bytes, 1, outputs, &out_bytes, 1,
                        NULL, &error) != 0)
    return fprintf(stderr, "%s\n", error.message), 1;
  printf("%s\n", quantir_model_device(model));
  for (int i = 0; i < 7 * 18; ++i)
    printf("%a\n", (double)y[i]);
  quantir_unload(model);
  return 0;
}
