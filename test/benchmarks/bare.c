/* A program around model.h and model.o that needs no library, so that qemu can
 * run it for processors whose libraries are not here:
 *
 *   clang-22 --target=aarch64-linux-gnu -O2 -ffreestanding -fno-builtin
 * -nostdlib -static -fuse-ld=lld -I. bare.c model.o -o model
 *   qemu-aarch64-static -cpu cortex-a76 model < inputs > outputs
 *
 * For Linux on x86-64, aarch64, riscv64 and arm. Standard input has the inputs
 * of one run after those of another, in the description's order; standard
 * output gets the outputs. The exit status is the model's; 100: an input ends
 * early, 101: no memory.
 */
#include "model.h"
#include <stddef.h>

#define WEAK __attribute__((weak)) /* model.o may bring its own */

WEAK void *memcpy(void *to, const void *from, size_t n) {
  for (size_t i = 0; i < n; ++i)
    ((char *)to)[i] = ((const char *)from)[i];
  return to;
}
WEAK void *memmove(void *to, const void *from, size_t n) {
  if (to <= from)
    return memcpy(to, from, n);
  while (n--)
    ((char *)to)[n] = ((const char *)from)[n];
  return to;
}
WEAK void *memset(void *to, int value, size_t n) {
  for (size_t i = 0; i < n; ++i)
    ((char *)to)[i] = (char)value;
  return to;
}

/* NUMBER, FIRST, SECOND, THIRD: registers of a system call, the result in
 * RESULT. */
#if defined(__x86_64__)
enum { READ = 0, WRITE = 1, EXIT = 60 };
#define NUMBER "rax"
#define FIRST "rdi"
#define SECOND "rsi"
#define THIRD "rdx"
#define RESULT number_
#define TRAP "syscall"
#define ENTER "and $-16, %rsp\n call run"
#elif defined(__aarch64__)
enum { READ = 63, WRITE = 64, EXIT = 93 };
#define NUMBER "x8"
#define FIRST "x0"
#define SECOND "x1"
#define THIRD "x2"
#define RESULT first_
#define TRAP "svc 0"
#define ENTER "bl run"
#elif defined(__riscv)
enum { READ = 63, WRITE = 64, EXIT = 93 };
#define NUMBER "a7"
#define FIRST "a0"
#define SECOND "a1"
#define THIRD "a2"
#define RESULT first_
#define TRAP "ecall"
#define ENTER "call run"
#elif defined(__arm__)
enum { READ = 3, WRITE = 4, EXIT = 1 };
#define NUMBER "r7"
#define FIRST "r0"
#define SECOND "r1"
#define THIRD "r2"
#define RESULT first_
#define TRAP "svc 0"
#define ENTER "bl run"
#endif

__asm__(".globl _start\n_start:\n " ENTER);

static long call(long number, long first, const void *second, long third) {
  register long number_ __asm__(NUMBER) = number;
  register long first_ __asm__(FIRST) = first;
  register const void *second_ __asm__(SECOND) = second;
  register long third_ __asm__(THIRD) = third;
  __asm__ volatile(TRAP
                   : "+r"(number_), "+r"(first_)
                   : "r"(second_), "r"(third_)
                   : "memory"
#if defined(__x86_64__)
                     ,
                     "rcx", "r11"
#endif
  );
  return RESULT;
}

/* Untouched pages of it cost nothing. */
static _Alignas(4096) char memory[1 << 29];
static char *next = memory;

static void *take(uint64_t size) {
  char *taken = next;
  if (size > (uint64_t)(memory + sizeof memory - next) - 64)
    call(EXIT, 101, 0, 0);
  next += (size + 63) / 64 * 64;
  return taken;
}

static long bytes(const quantir_tensor *tensor) {
  long size = tensor->type == QUANTIR_I64                                  ? 8
              : tensor->type == QUANTIR_F32 || tensor->type == QUANTIR_I32 ? 4
                                                                           : 1;
  for (int i = 0; i < tensor->rank; ++i)
    size *= (long)tensor->shape[i];
  return size;
}

/* Reads or writes all of `data`, or nothing at the end of a file. */
static int transfer(long number, long file, char *data, long size) {
  for (long at = 0; at < size;) {
    long done = call(number, file, data + at, size - at);
    if (done <= 0) {
      if (at > 0)
        call(EXIT, 100, 0, 0);
      return 0;
    }
    at += done;
  }
  return 1;
}

void run(void) {
  const quantir_description *d = &model_description;
  void **inputs = take(d->num_inputs * sizeof(void *));
  void **outputs = take(d->num_outputs * sizeof(void *));
  for (unsigned i = 0; i < d->num_inputs; ++i)
    inputs[i] = take((uint64_t)bytes(&d->inputs[i]));
  for (unsigned i = 0; i < d->num_outputs; ++i)
    outputs[i] = take((uint64_t)bytes(&d->outputs[i]));
  quantir_context context = {
      (const void *const *)inputs, outputs, take(d->arena_size), 0, 0, 0, 0, 0};
  for (;;) {
    for (unsigned i = 0; i < d->num_inputs; ++i)
      if (!transfer(READ, 0, inputs[i], bytes(&d->inputs[i])))
        call(EXIT, i > 0 ? 100 : 0, 0, 0);
    long status = model_run(&context);
    if (status != 0)
      call(EXIT, status, 0, 0);
    for (unsigned i = 0; i < d->num_outputs; ++i)
      transfer(WRITE, 1, outputs[i], bytes(&d->outputs[i]));
    if (d->num_inputs == 0)
      call(EXIT, 0, 0, 0);
  }
}
