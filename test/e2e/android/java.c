/* Calls libclassifier.so as Java does: java LIBRARY < 64 floats > 10 floats.
 * Ends with 3 and the words of the exception when it throws one. */
#include "jni.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct object {
  const char *name; /* of a class */
  jsize length;
  jfloat elements[100];
};

static struct object thrown, result;

static jclass find_class(JNIEnv *env, const char *name) {
  (void)env;
  thrown.name = name;
  return &thrown;
}
static jint throw_new(JNIEnv *env, jclass type, const char *message) {
  (void)env;
  fprintf(stderr, "%s: %s\n", type->name, message);
  exit(3);
}
static jsize length(JNIEnv *env, jarray array) {
  (void)env;
  return array->length;
}
static jfloatArray new_array(JNIEnv *env, jsize size) {
  (void)env;
  result.length = size;
  return &result;
}
static void get(JNIEnv *env, jfloatArray array, jsize start, jsize size,
                jfloat *to) {
  (void)env;
  memcpy(to, array->elements + start, sizeof(jfloat) * (size_t)size);
}
static void set(JNIEnv *env, jfloatArray array, jsize start, jsize size,
                const jfloat *from) {
  (void)env;
  memcpy(array->elements + start, from, sizeof(jfloat) * (size_t)size);
}

int main(int argc, char **argv) {
  void *library = argc == 2 ? dlopen(argv[1], RTLD_NOW) : NULL;
  if (!library)
    return fprintf(stderr, "%s\n", dlerror()), 1;
  jfloatArray (*logits)(JNIEnv *, jclass, jfloatArray) =
      (jfloatArray (*)(JNIEnv *, jclass, jfloatArray))dlsym(
          library, "Java_com_example_digits_Classifier_logits");
  const struct JNINativeInterface table = {.FindClass = find_class,
                                           .ThrowNew = throw_new,
                                           .GetArrayLength = length,
                                           .NewFloatArray = new_array,
                                           .GetFloatArrayRegion = get,
                                           .SetFloatArrayRegion = set};
  JNIEnv env = &table;
  struct object picture = {0};
  picture.length = (jsize)fread(picture.elements, sizeof(jfloat), 100, stdin);
  logits(&env, NULL, &picture);
  fwrite(result.elements, sizeof(jfloat), (size_t)result.length, stdout);
  return 0;
}
