#include "VulkanModel.h"

#include "Level.h"
#include "Numbers.h"

#include <string.h>

typedef unsigned long long ull;

enum { MAX_LOOPS = 5 };

typedef struct loop {
  uint64_t count, to, from;
} loop;

/* Artifact.h says what the numbers mean. */
typedef struct piece {
  uint64_t source, to, from, run;
  bool widens;
  loop loops[MAX_LOOPS]; /* from the outermost on; the first may turn once */
} piece;

static bool read_piece(quantir_reader *from, piece *p) {
  memset(p, 0, sizeof *p);
  uint64_t source = quantir_read_number(from, 64);
  p->source = source / 2;
  p->widens = source % 2;
  p->to = quantir_read_number(from, 64);
  p->from = quantir_read_number(from, 64);
  p->run = quantir_read_number(from, 64);
  uint64_t count = quantir_read_number(from, 64);
  if (from->failed || count > MAX_LOOPS)
    return false;
  for (uint64_t i = 0; i < MAX_LOOPS; ++i) {
    loop *l = &p->loops[i];
    l->count = 1;
    if (i + count < MAX_LOOPS)
      continue;
    l->count = quantir_read_number(from, 64);
    l->to = quantir_read_number(from, 64);
    l->from = quantir_read_number(from, 64);
  }
  return !from->failed;
}

static uint64_t bytes_written(const piece *p) {
  return p->widens ? 4 * p->run : p->run;
}

/* sum + count * stride. False when that is too much. */
static bool add_turns(uint64_t *sum, uint64_t count, uint64_t stride) {
  uint64_t bytes;
  return !__builtin_mul_overflow(count, stride, &bytes) &&
         !__builtin_add_overflow(*sum, bytes, sum);
}

/* Behind the last byte that a piece writes; it was checked. */
static uint64_t end_of(const piece *p) {
  uint64_t end = p->to + bytes_written(p);
  for (int i = 0; i < MAX_LOOPS; ++i)
    end += (p->loops[i].count - 1) * p->loops[i].to;
  return end;
}

/* Whether a piece stays within its source and the constants, of which it takes
 * what it writes from `left`. */
static bool is_valid(const quantir_gpu_program *program, const piece *p,
                     uint64_t *left) {
  uint64_t to = p->to, from = p->from, written = p->widens ? 4 : 1,
           uneven = p->to;
  if (p->source >= QUANTIR_GPU_SOURCES || p->run < 1 ||
      !add_turns(&from, 1, p->run) || !add_turns(&to, p->run, written) ||
      __builtin_mul_overflow(written, p->run, &written))
    return false;
  for (int i = 0; i < MAX_LOOPS; ++i) {
    const loop *l = &p->loops[i];
    if (l->count < 1 || !add_turns(&to, l->count - 1, l->to) ||
        !add_turns(&from, l->count - 1, l->from) ||
        __builtin_mul_overflow(written, l->count, &written))
      return false;
    uneven |= l->to;
  }
  if (to > program->constants_size || from > program->source_sizes[p->source] ||
      written > *left || (p->widens && uneven % 4 != 0))
    return false;
  *left -= written;
  return true;
}

bool quantir_gpu_check_constants(const quantir_gpu_program *program,
                                 quantir_error *error) {
  uint64_t left = program->constants_size, number = 0;
  bool valid = program->pieces_size <= PTRDIFF_MAX &&
               (program->pieces || program->pieces_size == 0);
  for (int i = 0; i < QUANTIR_GPU_SOURCES; ++i)
    valid = valid && program->source_sizes[i] <= PTRDIFF_MAX &&
            (program->sources[i] || program->source_sizes[i] == 0);
  if (!valid) {
    quantir_report(error, "the sources of the GPU's constants are not there");
    return false;
  }
  quantir_reader from = {program->pieces, program->pieces, false};
  if (program->pieces_size > 0)
    from.end += program->pieces_size;
  for (; from.at < from.end; ++number) {
    piece p;
    if (read_piece(&from, &p) && is_valid(program, &p, &left))
      continue;
    quantir_report(error,
                   "piece %llu of the GPU's constants is not valid: %llu bytes "
                   "at %llu of source %llu, to %llu of %llu bytes",
                   (ull)number, (ull)p.run, (ull)p.from, (ull)p.source,
                   (ull)p.to, (ull)program->constants_size);
    return false;
  }
  return true;
}

/* Bytes [begin, end) of the constants, which are put at `bytes`. */
typedef struct window {
  uint64_t begin, end;
  char *bytes;
} window;

/* Puts of a run, which would begin at `to`, what is within the window. */
static void put_run(const window *w, const piece *p, uint64_t to,
                    const char *from) {
  uint64_t end = to + bytes_written(p);
  uint64_t first = to < w->begin ? w->begin : to;
  uint64_t last = end < w->end ? end : w->end;
  if (first >= last)
    return;
  char *into = w->bytes + (first - w->begin);
  if (!p->widens) {
    memcpy(into, from + (first - to), last - first);
    return;
  }
  from += (first - to) / 4;
  for (uint64_t i = 0; i < (last - first) / 4; ++i) {
    float wide = (float)(signed char)from[i];
    memcpy(into + 4 * i, &wide, 4);
  }
}

/* The turns of the innermost loop. */
static void put_line(const window *w, const piece *p, uint64_t to,
                     const char *from) {
  const loop *l = &p->loops[MAX_LOOPS - 1];
  uint64_t end = to + (l->count - 1) * l->to + bytes_written(p);
  bool is_within = to >= w->begin && end <= w->end;
  if (!is_within || p->run != 4 || p->widens) {
    for (uint64_t i = 0; i < l->count; ++i)
      put_run(w, p, to + i * l->to, from + i * l->from);
    return;
  }
  char *into = w->bytes + (to - w->begin);
  for (uint64_t i = 0; i < l->count; ++i, into += l->to, from += l->from)
    memcpy(into, from, 4);
}

static void put_loops(const window *w, const piece *p, int depth, uint64_t to,
                      const char *from) {
  if (depth == MAX_LOOPS - 1) {
    put_line(w, p, to, from);
    return;
  }
  const loop *l = &p->loops[depth];
  for (uint64_t i = 0; i < l->count; ++i)
    put_loops(w, p, depth + 1, to + i * l->to, from + i * l->from);
}

void quantir_gpu_put_constants(const quantir_gpu_program *program,
                               uint64_t begin, uint64_t end, void *into) {
  window w = {begin, end, into};
  memset(into, 0, end - begin);
  if (program->pieces_size == 0)
    return;
  quantir_reader from = {program->pieces,
                         program->pieces + program->pieces_size, false};
  piece p;
  while (from.at < from.end && read_piece(&from, &p))
    if (p.to < end && end_of(&p) > begin)
      put_loops(&w, &p, 0, p.to,
                (const char *)program->sources[p.source] + p.from);
}
