/* What com.example.digits.Classifier calls. */
#include "digits.h"

#include <jni.h>

enum { PIXELS = 8 * 8, CLASSES = 10 };

/* The compiled model allocates nothing: this is all that a run needs. Java lets
 * one thread in at a time. */
static _Alignas(digits_ARENA_ALIGNMENT) char arena[digits_ARENA_SIZE];

static jfloatArray fail(JNIEnv *env, const char *exception, const char *why) {
  jclass type = (*env)->FindClass(env, exception);
  if (type)
    (*env)->ThrowNew(env, type, why);
  return NULL;
}

JNIEXPORT jfloatArray JNICALL Java_com_example_digits_Classifier_logits(
    JNIEnv *env, jclass self, jfloatArray picture) {
  (void)self;
  if (!picture || (*env)->GetArrayLength(env, picture) != PIXELS)
    return fail(env, "java/lang/IllegalArgumentException",
                "a picture has 8 x 8 shades from 0 to 1");
  float image[PIXELS], logits[CLASSES];
  (*env)->GetFloatArrayRegion(env, picture, 0, PIXELS, image);

  const void *inputs[] = {image};
  void *outputs[] = {logits};
  quantir_context context = {
      .inputs = inputs, .outputs = outputs, .arena = arena};
  if (digits_run(&context) != 0)
    return fail(env, "java/lang/IllegalStateException",
                "the model does not run");

  jfloatArray result = (*env)->NewFloatArray(env, CLASSES);
  if (result)
    (*env)->SetFloatArrayRegion(env, result, 0, CLASSES, logits);
  return result;
}
