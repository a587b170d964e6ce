/* A loop is published as one word, the ticket: its generation above, the next
 * tile below. Threads claim tiles by compare-and-swap on the ticket, so one
 * that wakes late finds the loop gone and touches nothing; nobody ever waits
 * for a thread that sleeps, only for tiles that have been claimed. */
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

struct quantir_pool {
  _Alignas(CACHE_LINE) _Atomic uint64_t ticket;
  _Alignas(CACHE_LINE) _Atomic int32_t finished;
  _Alignas(CACHE_LINE) _Atomic uint32_t generation; /* what workers watch */
  _Atomic bool stop;
  _Atomic int32_t sleeping_workers;
  _Atomic bool sleeping_caller;
  /* The loop; written only while the ticket is closed. */
  _Alignas(CACHE_LINE) _Atomic(tile_fn) fn;
  _Atomic(void *) ctx;
  _Atomic int32_t tiles;
  /* Held by the thread whose loop runs. */
  _Alignas(CACHE_LINE) atomic_flag busy;
  int32_t threads;
  pthread_mutex_t mutex;
  pthread_cond_t more_work;
  pthread_cond_t all_done;
  pthread_t workers[MAX_THREADS];
};

static void pause_briefly(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

static uint64_t ticket_of(uint32_t generation, uint32_t tile) {
  return (uint64_t)generation << 32 | tile;
}

/* No tile is ever this number, so a loop in this state gives out none. */
static const uint32_t closed = INT32_MAX;

/* Claims and runs tiles of the loop the ticket shows until there are none. */
static void run_tiles(quantir_pool *pool) {
  uint64_t ticket = atomic_load(&pool->ticket);
  for (;;) {
    uint32_t tile = (uint32_t)ticket;
    if (tile == closed)
      return;
    tile_fn fn = atomic_load_explicit(&pool->fn, memory_order_acquire);
    void *ctx = atomic_load_explicit(&pool->ctx, memory_order_acquire);
    int32_t tiles = atomic_load_explicit(&pool->tiles, memory_order_acquire);
    if (tile >= (uint32_t)tiles)
      return;
    /* Success means that the loop was not replaced while it was read. */
    if (!atomic_compare_exchange_weak(&pool->ticket, &ticket, ticket + 1))
      continue;
    fn(ctx, (int32_t)tile);
    if (atomic_fetch_add(&pool->finished, 1) + 1 == tiles &&
        atomic_load(&pool->sleeping_caller)) {
      pthread_mutex_lock(&pool->mutex);
      pthread_cond_signal(&pool->all_done);
      pthread_mutex_unlock(&pool->mutex);
    }
    ticket = atomic_load(&pool->ticket);
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
  quantir_pool *pool = argument;
  uint32_t seen = 0;
  for (;;) {
    seen = wait_for_loop(pool, seen);
    if (atomic_load(&pool->stop))
      return NULL;
    run_tiles(pool);
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

void quantir_pool_parallel_for(void *argument, int32_t tiles, tile_fn fn,
                               void *ctx) {
  quantir_pool *pool = argument;
  if (tiles <= 1 || !pool || pool->threads == 1 ||
      atomic_flag_test_and_set(&pool->busy)) {
    for (int32_t tile = 0; tile < tiles; ++tile)
      fn(ctx, tile);
    return;
  }
  /* The ticket is closed here: only the busy thread opens it. */
  atomic_store_explicit(&pool->fn, fn, memory_order_release);
  atomic_store_explicit(&pool->ctx, ctx, memory_order_release);
  atomic_store_explicit(&pool->tiles, tiles, memory_order_release);
  atomic_store(&pool->finished, 0);
  uint32_t generation = atomic_load(&pool->generation) + 1;
  atomic_store(&pool->ticket, ticket_of(generation, 0));
  announce(pool);
  run_tiles(pool);
  wait_for_tiles(pool, tiles);
  atomic_store(&pool->ticket, ticket_of(generation, closed));
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
    pthread_join(pool->workers[i], NULL);
  pthread_cond_destroy(&pool->all_done);
  pthread_cond_destroy(&pool->more_work);
  pthread_mutex_destroy(&pool->mutex);
  free(pool);
}

quantir_pool *quantir_pool_create(int32_t threads) {
  if (threads < 1 || threads > MAX_THREADS)
    return NULL;
  quantir_pool *pool = aligned_alloc(CACHE_LINE, sizeof(quantir_pool));
  if (!pool)
    return NULL;
  *pool = (quantir_pool){.threads = threads, .busy = ATOMIC_FLAG_INIT};
  atomic_store(&pool->ticket, ticket_of(0, closed));
  pthread_mutex_init(&pool->mutex, NULL);
  pthread_cond_init(&pool->more_work, NULL);
  pthread_cond_init(&pool->all_done, NULL);
  for (int32_t i = 0; i + 1 < threads; ++i)
    if (pthread_create(&pool->workers[i], NULL, work, pool) != 0) {
      end_workers(pool, i);
      return NULL;
    }
  return pool;
}

void quantir_pool_destroy(quantir_pool *pool) {
  if (pool)
    end_workers(pool, pool->threads - 1);
}
