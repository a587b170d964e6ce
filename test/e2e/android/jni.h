/* Of Java's native interface what examples/android uses, each function in its
 * place of the table (JNI 1.6: the number is its index). */
#ifndef QUANTIR_TEST_JNI_H
#define QUANTIR_TEST_JNI_H

#include <stddef.h>
#include <stdint.h>

#define JNIEXPORT __attribute__((visibility("default")))
#define JNICALL

typedef int32_t jint, jsize;
typedef float jfloat;
typedef struct object *jobject, *jclass, *jarray, *jfloatArray;
typedef const struct JNINativeInterface *JNIEnv;

struct JNINativeInterface {
  void *from0[6];
  jclass (*FindClass)(JNIEnv *, const char *); /* 6 */
  void *from7[7];
  jint (*ThrowNew)(JNIEnv *, jclass, const char *); /* 14 */
  void *from15[156];
  jsize (*GetArrayLength)(JNIEnv *, jarray); /* 171 */
  void *from172[9];
  jfloatArray (*NewFloatArray)(JNIEnv *, jsize); /* 181 */
  void *from182[23];
  void (*GetFloatArrayRegion)(JNIEnv *, jfloatArray, jsize, jsize,
                              jfloat *); /* 205 */
  void *from206[7];
  void (*SetFloatArrayRegion)(JNIEnv *, jfloatArray, jsize, jsize,
                              const jfloat *); /* 213 */
  void *from214[19];
};

#endif /* QUANTIR_TEST_JNI_H */
