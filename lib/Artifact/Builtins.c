/* What some processors have as an instruction and others must compute, and
 * what a C library would bring: functions that become part of an artifact
 * where its code needs them. Compiled to LLVM IR when Quantir is built and to
 * machine code for the artifact's processor, with its vectors, so nothing here
 * may depend on a target: lengths and addresses are of 64 bits. No body may use
 * the operation that it stands for. */

typedef unsigned char byte;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef long long i64;

/*===----------------------------------------------------------------------===*
 * Copies and fills, through vectors
 *===----------------------------------------------------------------------===*/

/* At any address, of any type. */
#define UNALIGNED(bytes)                                                       \
  __attribute__((vector_size(bytes), aligned(1), may_alias))
typedef byte v16 UNALIGNED(16);
typedef byte v64 UNALIGNED(64);
typedef u32 w4 __attribute__((aligned(1), may_alias));

/* An artifact has one of each. */
#define NOINLINE __attribute__((noinline))
#define AT(type, address) (*(type *)(address))

/* Less than a block, in pieces that overlap; all is read before it is written.
 */
static void copy_little(byte *to, const byte *from, u64 size) {
  if (size >= 16) {
    u64 second = (size & 32) >> 1, third = size - 16 - second;
    v16 a = AT(v16, from), b = AT(v16, from + second);
    v16 c = AT(v16, from + third), d = AT(v16, from + size - 16);
    AT(v16, to) = a;
    AT(v16, to + second) = b;
    AT(v16, to + third) = c;
    AT(v16, to + size - 16) = d;
  } else if (size >= 4) {
    u64 second = (size & 8) >> 1, third = size - 4 - second;
    u32 a = AT(w4, from), b = AT(w4, from + second);
    u32 c = AT(w4, from + third), d = AT(w4, from + size - 4);
    AT(w4, to) = a;
    AT(w4, to + second) = b;
    AT(w4, to + third) = c;
    AT(w4, to + size - 4) = d;
  } else if (size > 0) {
    byte a = from[0], b = from[size / 2], c = from[size - 1];
    to[0] = a;
    to[size / 2] = b;
    to[size - 1] = c;
  }
}

/* Also right where `to` lies below `from` and both overlap. */
NOINLINE void quantir_copy(byte *to, const byte *from, u64 size) {
  if (size < 64) {
    copy_little(to, from, size);
    return;
  }
  v64 last = AT(v64, from + size - 64);
  byte *end = to + size - 64;
  for (; to < end; to += 64, from += 64)
    AT(v64, to) = AT(v64, from);
  AT(v64, end) = last;
}

void quantir_move(byte *to, const byte *from, u64 size) {
  if (size < 64) {
    copy_little(to, from, size);
  } else if ((u64)to - (u64)from >= size) {
    quantir_copy(to, from, size);
  } else {
    v64 first = AT(v64, from);
    for (u64 at = size - 64; at > 0; at = at < 64 ? 0 : at - 64)
      AT(v64, to + at) = AT(v64, from + at);
    AT(v64, to) = first;
  }
}

void quantir_fill(byte *to, byte value, u64 size) {
  v16 all = (v16){} + value;
  if (size >= 64) {
    v64 block = (v64){} + value;
    byte *end = to + size - 64;
    for (; to < end; to += 64)
      AT(v64, to) = block;
    AT(v64, end) = block;
  } else if (size >= 16) {
    u64 second = (size & 32) >> 1;
    AT(v16, to) = all;
    AT(v16, to + second) = all;
    AT(v16, to + size - 16 - second) = all;
    AT(v16, to + size - 16) = all;
  } else {
    for (u64 i = 0; i < size; ++i)
      to[i] = value;
  }
}

/*===----------------------------------------------------------------------===*
 * The same without vectors: words where both sides have them
 *===----------------------------------------------------------------------===*/

typedef u64 word __attribute__((may_alias));

NOINLINE void quantir_copy_words(byte *to, const byte *from, u64 size) {
  if ((((u64)to | (u64)from) & 7) == 0)
    for (; size >= 8; size -= 8, to += 8, from += 8)
      AT(word, to) = AT(word, from);
  for (; size > 0; --size)
    *to++ = *from++;
}

void quantir_move_words(byte *to, const byte *from, u64 size) {
  if ((u64)to - (u64)from >= size)
    quantir_copy_words(to, from, size);
  else
    while (size-- > 0)
      to[size] = from[size];
}

void quantir_fill_words(byte *to, byte value, u64 size) {
  for (; size > 0 && ((u64)to & 7) != 0; --size)
    *to++ = value;
  for (; size >= 8; size -= 8, to += 8)
    AT(word, to) = value * 0x0101010101010101;
  for (; size > 0; --size)
    *to++ = value;
}

/*===----------------------------------------------------------------------===*
 * Rounding and fused multiply-add of the C library, exactly as IEEE 754 says
 *===----------------------------------------------------------------------===*/

/* Below 2^23 the sum with 2^23 has no fraction, so the addition rounds; the
 * larger ones, infinities and NaN are what they are. The sign survives on zero.
 */
NOINLINE float roundevenf(float x) {
  float magnitude = __builtin_fabsf(x);
  if (!(magnitude < 0x1p23F))
    return x;
  return __builtin_copysignf(magnitude + 0x1p23F - 0x1p23F, x);
}

float rintf(float x) { return roundevenf(x); }

float nearbyintf(float x) { return roundevenf(x); }

float floorf(float x) {
  float rounded = roundevenf(x);
  return __builtin_copysignf(rounded > x ? rounded - 1 : rounded, x);
}

float ceilf(float x) {
  float rounded = roundevenf(x);
  return __builtin_copysignf(rounded < x ? rounded + 1 : rounded, x);
}

float truncf(float x) {
  return __builtin_copysignf(floorf(__builtin_fabsf(x)), x);
}

/* The product of two floats is exact in double. The sum is rounded to odd there
 * (Boldo and Melquiond, "Emulation of FMA and correctly rounded sums", 2008):
 * then rounding once more, to float, gives the correctly rounded result. */
float fmaf(float a, float b, float c) {
  double product = (double)a * b;
  double sum = product + c;
  /* What the addition lost: Knuth's TwoSum. NaN when the sum is not finite. */
  double c_part = sum - product;
  double product_part = sum - c_part;
  double lost = (c - c_part) + (product - product_part);
  i64 bits = __builtin_bit_cast(i64, sum);
  if ((lost < 0 || lost > 0) && (bits & 1) == 0)
    bits += (bits < 0) != (lost < 0) ? -1 : 1;
  return (float)__builtin_bit_cast(double, bits);
}

/*===----------------------------------------------------------------------===*
 * Numbers of 64 bits on processors of 32
 *===----------------------------------------------------------------------===*/

NOINLINE u64 quantir_udiv(u64 number, u64 by) {
  if ((number | by) >> 32 == 0)
    return (u32)number / (u32)by;
  u64 quotient = 0, rest = 0;
  for (int bit = 63; bit >= 0; --bit) {
    u64 carry = rest >> 63;
    rest = rest << 1 | (number >> bit & 1);
    if (carry || rest >= by) {
      rest -= by;
      quotient |= 1ULL << bit;
    }
  }
  return quotient;
}

u64 quantir_urem(u64 number, u64 by) {
  return number - quantir_udiv(number, by) * by;
}

i64 quantir_sdiv(i64 number, i64 by) {
  u64 quotient = quantir_udiv(number < 0 ? -(u64)number : (u64)number,
                              by < 0 ? -(u64)by : (u64)by);
  return (i64)((number < 0) != (by < 0) ? -quotient : quotient);
}

i64 quantir_srem(i64 number, i64 by) {
  return (i64)((u64)number - (u64)quantir_sdiv(number, by) * (u64)by);
}

/* Towards zero; for magnitudes below 2^64. */
i64 quantir_f32_to_i64(float x) {
  u32 bits = __builtin_bit_cast(u32, x);
  int exponent = (int)(bits >> 23 & 255) - 127;
  u64 digits = (bits & 0x7fffff) | 0x800000;
  u64 magnitude = exponent < 0     ? 0
                  : exponent <= 23 ? digits >> (23 - exponent)
                                   : digits << ((exponent - 23) & 63);
  return (i64)(bits >> 31 ? -magnitude : magnitude);
}

/* More digits than double has leave a trace in the last of them, so that only
 * the step to float rounds. */
NOINLINE float quantir_u64_to_f32(u64 x) {
  double scale = 1;
  if (x >> 53) {
    x = x >> 11 | ((x & 2047) != 0);
    scale = 2048;
  }
  return (float)(((double)(u32)(x >> 32) * 0x1p32 + (double)(u32)x) * scale);
}

float quantir_i64_to_f32(i64 x) {
  float magnitude = quantir_u64_to_f32(x < 0 ? -(u64)x : (u64)x);
  return x < 0 ? -magnitude : magnitude;
}

/*===----------------------------------------------------------------------===*
 * Windows: frames of more than a page touch each in turn
 *===----------------------------------------------------------------------===*/

/* rax bytes, and every register stays. */
__attribute__((naked)) void quantir_probe_x86_64(void) {
  __asm__("pushq %rcx\n"
          "pushq %rax\n"
          "leaq 24(%rsp), %rcx\n"
          "1: cmpq $4096, %rax\n"
          "jb 2f\n"
          "subq $4096, %rcx\n"
          "orq $0, (%rcx)\n"
          "subq $4096, %rax\n"
          "jmp 1b\n"
          "2: subq %rax, %rcx\n"
          "orq $0, (%rcx)\n"
          "popq %rax\n"
          "popq %rcx\n"
          "retq");
}

/* x15 times 16 bytes; may use x16 and x17. */
__attribute__((naked)) void quantir_probe_aarch64(void) {
  __asm__("lsl x16, x15, #4\n"
          "mov x17, sp\n"
          "1: sub x17, x17, #4096\n"
          "subs x16, x16, #4096\n"
          "ldr xzr, [x17]\n"
          "b.gt 1b\n"
          "ret");
}
