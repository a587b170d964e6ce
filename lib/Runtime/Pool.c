/* A loop is cut into one range of tiles for each thread: what a thread wrote in
 * one loop lies in its cache when it reads the same rows in the next. A range
 * is one word with the loop's generation; its thread claims tiles in front, and
 * those that have no more of their own at the end, by compare-and-swap. A
 * thread that wakes late finds the ranges empty and touches nothing; nobody
 * ever waits for a thread that sleeps, only for tiles that have been claimed.
 */
#include "quantir/Runtime/Runtime.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

enum { MAX_THREADS = 256, CACHE_LINE = 64 };
/* Rounds of looking before a thread sleeps: some tens of microseconds, longer
 * than the gap between the loops of one run. */
enum { SPIN_ROUNDS = 2000 };

typedef void (*tile_fn)(void *ctx, int32_t tile);

/* Generation above, then the end of what is left, then its front, in units. */
struct range {
  _Alignas(CACHE_LINE) _Atomic uint64_t left;
};

struct worker {
  quantir_pool *pool;
  int32_t index; /* of its range; 0 is the caller's */
  pthread_t thread;
};

struct quantir_pool {
  _Alignas(CACHE_LINE) _Atomic int32_t finished;
  _Alignas(CACHE_LINE) _Atomic uint32_t generation; /* what workers watch */
  _Atomic bool stop;
  _Atomic int32_t sleeping_workers;
  _Atomic bool sleeping_caller;
  /* The loop; written only while all ranges are empty. */
  _Alignas(CACHE_LINE) _Atomic(tile_fn) fn;
  _Atomic(void *) ctx;
  _Atomic int32_t tiles;
  /* Held by the thread whose loop runs. */
  _Alignas(CACHE_LINE) atomic_flag busy;
  int32_t threads;
  pthread_mutex_t mutex;
  pthread_cond_t more_work;
  pthread_cond_t all_done;
  struct worker workers[MAX_THREADS];
  struct range ranges[MAX_THREADS];
};

static void pause_briefly(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

/* A unit is this many tiles, so that the units of a loop can be told in 16
 * bits. */
static int32_t tiles_of_unit(int32_t tiles) { return tiles / UINT16_MAX + 1; }

/* Claims a unit of a range, in front or at its end; -1 when there is none. A
 * range that still has one belongs to a loop that has not ended, so that the
 * caller has not yet replaced what `fn` and `ctx` are. */
static int32_t claim(struct range *range, bool at_end) {
  uint64_t left = atomic_load(&range->left);
  for (;;) {
    uint32_t front = left & UINT16_MAX, end = left >> 16 & UINT16_MAX;
    if (front >= end)
      return -1;
    uint64_t fewer = at_end ? left - (UINT64_C(1) << 16) : left + 1;
    if (atomic_compare_exchange_weak(&range->left, &left, fewer))
      return (int32_t)(at_end ? end - 1 : front);
  }
}

static void run_unit(quantir_pool *pool, int32_t unit) {
  tile_fn fn = atomic_load_explicit(&pool->fn, memory_order_acquire);
  void *ctx = atomic_load_explicit(&pool->ctx, memory_order_acquire);
  int32_t tiles = atomic_load_explicit(&pool->tiles, memory_order_acquire);
  int32_t size = tiles_of_unit(tiles), tile = unit * size, done = 0;
  for (; done < size && tile < tiles; ++done, ++tile)
    fn(ctx, tile);
  if (atomic_fetch_add(&pool->finished, done) + done == tiles &&
      atomic_load(&pool->sleeping_caller)) {
    pthread_mutex_lock(&pool->mutex);
    pthread_cond_signal(&pool->all_done);
    pthread_mutex_unlock(&pool->mutex);
  }
}

/* Runs the tiles of a thread's range, then those that the others have left. */
static void run_tiles(quantir_pool *pool, int32_t index) {
  for (int32_t other = 0; other < pool->threads; ++other) {
    struct range *range = &pool->ranges[(index + other) % pool->threads];
    for (int32_t unit; (unit = claim(range, other != 0)) >= 0;)
      run_unit(pool, unit);
  }
}

/* Returns when a loop newer than `seen` has begun, or the pool ends. */
static uint32_t wait_for_loop(quantir_pool *pool, uint32_t seen) {
  for (int round = 0; round < SPIN_ROUNDS; ++round) {
    uint32_t now = atomic_load(&pool->generation);
    if (now != seen)
      return now;
    pause_briefly();
  }
  pthread_mutex_lock(&pool->mutex);
  atomic_fetch_add(&pool->sleeping_workers, 1);
  while (atomic_load(&pool->generation) == seen)
    pthread_cond_wait(&pool->more_work, &pool->mutex);
  atomic_fetch_sub(&pool->sleeping_workers, 1);
  pthread_mutex_unlock(&pool->mutex);
  return atomic_load(&pool->generation);
}

static void *work(void *argument) {
  const struct worker *worker = argument;
  quantir_pool *pool = worker->pool;
  uint32_t seen = 0;
  for (;;) {
    seen = wait_for_loop(pool, seen);
    if (atomic_load(&pool->stop))
      return NULL;
    run_tiles(pool, worker->index);
  }
}

/* Tells the workers that the generation has changed. */
static void announce(quantir_pool *pool) {
  atomic_fetch_add(&pool->generation, 1);
  if (atomic_load(&pool->sleeping_workers) == 0)
    return;
  pthread_mutex_lock(&pool->mutex);
  pthread_cond_broadcast(&pool->more_work);
  pthread_mutex_unlock(&pool->mutex);
}

static void wait_for_tiles(quantir_pool *pool, int32_t tiles) {
  for (int round = 0; round < SPIN_ROUNDS; ++round) {
    if (atomic_load(&pool->finished) == tiles)
      return;
    pause_briefly();
  }
  pthread_mutex_lock(&pool->mutex);
  atomic_store(&pool->sleeping_caller, true);
  while (atomic_load(&pool->finished) != tiles)
    pthread_cond_wait(&pool->all_done, &pool->mutex);
  atomic_store(&pool->sleeping_caller, false);
  pthread_mutex_unlock(&pool->mutex);
}

/* Gives every thread its range of the loop's tiles. */
static void share_out(quantir_pool *pool, int32_t tiles) {
  uint64_t generation = (uint64_t)atomic_load(&pool->generation) + 1;
  int64_t size = tiles_of_unit(tiles), units = (tiles + size - 1) / size;
  for (int64_t i = 0; i < pool->threads; ++i) {
    uint64_t front = (uint64_t)(units * i / pool->threads);
    uint64_t end = (uint64_t)(units * (i + 1) / pool->threads);
    atomic_store(&pool->ranges[i].left, generation << 32 | end << 16 | front);
  }
}

void quantir_pool_parallel_for(void *argument, int32_t tiles, tile_fn fn,
                               void *ctx) {
  quantir_pool *pool = argument;
  if (tiles <= 1 || !pool || pool->threads == 1 ||
      atomic_flag_test_and_set(&pool->busy)) {
    for (int32_t tile = 0; tile < tiles; ++tile)
      fn(ctx, tile);
    return;
  }
  atomic_store_explicit(&pool->fn, fn, memory_order_release);
  atomic_store_explicit(&pool->ctx, ctx, memory_order_release);
  atomic_store_explicit(&pool->tiles, tiles, memory_order_release);
  atomic_store(&pool->finished, 0);
  share_out(pool, tiles);
  announce(pool);
  run_tiles(pool, 0);
  wait_for_tiles(pool, tiles);
  atomic_flag_clear(&pool->busy);
}

int32_t quantir_pool_threads(const quantir_pool *pool) {
  return pool ? pool->threads : 1;
}

/* Ends the first `started` workers and gives back everything. */
static void end_workers(quantir_pool *pool, int32_t started) {
  atomic_store(&pool->stop, true);
  announce(pool);
  for (int32_t i = 0; i < started; ++i)
    pthread_join(pool->workers[i].thread, NULL);
  pthread_cond_destroy(&pool->all_done);
  pthread_cond_destroy(&pool->more_work);
  pthread_mutex_destroy(&pool->mutex);
  free(pool);
}

quantir_pool *quantir_pool_create(int32_t threads) {
  if (threads < 1 || threads > MAX_THREADS)
    return NULL;
  void *memory = NULL;
  if (posix_memalign(&memory, CACHE_LINE, sizeof(quantir_pool)) != 0)
    return NULL;
  quantir_pool *pool = memory;
  *pool = (quantir_pool){.threads = threads, .busy = ATOMIC_FLAG_INIT};
  pthread_mutex_init(&pool->mutex, NULL);
  pthread_cond_init(&pool->more_work, NULL);
  pthread_cond_init(&pool->all_done, NULL);
  for (int32_t i = 0; i + 1 < threads; ++i) {
    struct worker *worker = &pool->workers[i];
    worker->pool = pool, worker->index = i + 1;
    if (pthread_create(&worker->thread, NULL, work, worker) != 0) {
      end_workers(pool, i);
      return NULL;
    }
  }
  return pool;
}

void quantir_pool_destroy(quantir_pool *pool) {
  if (pool)
    end_workers(pool, pool->threads - 1);
}
