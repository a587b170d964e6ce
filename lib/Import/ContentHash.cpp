#include "quantir/Import/ContentHash.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/bit.h"
#include "llvm/Support/Endian.h"

#ifdef __x86_64__
#include <immintrin.h>
#endif

using namespace llvm;
using namespace quantir;

namespace {
constexpr size_t blockSize = 64;
using State = std::array<uint32_t, 8>;

alignas(16) constexpr uint32_t constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1,
    0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
    0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
    0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
    0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
    0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
    0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
    0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
    0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};
} // namespace

/// FIPS 180-4, section 6.2.2, for `count` blocks of 64 bytes.
static void hashPlainly(State &state, const uint8_t *data, size_t count) {
  for (; count; --count, data += blockSize) {
    uint32_t w[64];
    for (int t = 0; t != 16; ++t)
      w[t] = support::endian::read32be(data + 4 * t);
    for (int t = 16; t != 64; ++t) {
      uint32_t early = w[t - 15], late = w[t - 2];
      w[t] = w[t - 16] + w[t - 7] +
             (rotr(early, 7) ^ rotr(early, 18) ^ (early >> 3)) +
             (rotr(late, 17) ^ rotr(late, 19) ^ (late >> 10));
    }
    auto [a, b, c, d, e, f, g, h] = state;
    for (int t = 0; t != 64; ++t) {
      uint32_t first = h + (rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25)) +
                       ((e & f) ^ (~e & g)) + constants[t] + w[t];
      uint32_t second = (rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22)) +
                        ((a & b) ^ (a & c) ^ (b & c));
      h = g, g = f, f = e, e = d + first;
      d = c, c = b, b = a, a = first + second;
    }
    State sums{a, b, c, d, e, f, g, h};
    for (int i = 0; i != 8; ++i)
      state[i] += sums[i];
  }
}

#ifdef __x86_64__
/// The same in four rounds at a time. The instructions want the state as
/// (f, e, b, a) and (h, g, d, c), lowest lane first.
__attribute__((target("sha,sse4.1"))) static void
hashByInstructions(State &state, const uint8_t *data, size_t count) {
  auto *halves = reinterpret_cast<__m128i *>(state.data());
  const __m128i bigEndian =
      _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
  __m128i badc = _mm_shuffle_epi32(_mm_loadu_si128(halves), 0xb1);
  __m128i hgfe = _mm_shuffle_epi32(_mm_loadu_si128(halves + 1), 0x1b);
  __m128i feba = _mm_alignr_epi8(badc, hgfe, 8);
  __m128i hgdc = _mm_blend_epi16(hgfe, badc, 0xf0);
  for (; count; --count, data += blockSize) {
    __m128i before = feba, beforeToo = hgdc, w[4];
    for (int i = 0; i != 4; ++i)
      w[i] = _mm_shuffle_epi8(
          _mm_loadu_si128(reinterpret_cast<const __m128i *>(data) + i),
          bigEndian);
#pragma clang loop unroll(full)
    for (int four = 0; four != 16; ++four) {
      __m128i term = _mm_add_epi32(
          w[four % 4],
          _mm_load_si128(reinterpret_cast<const __m128i *>(constants) + four));
      hgdc = _mm_sha256rnds2_epu32(hgdc, feba, term);
      feba = _mm_sha256rnds2_epu32(feba, hgdc, _mm_shuffle_epi32(term, 0x0e));
      __m128i last = w[(four + 3) % 4];
      __m128i sum =
          _mm_add_epi32(_mm_sha256msg1_epu32(w[four % 4], w[(four + 1) % 4]),
                        _mm_alignr_epi8(last, w[(four + 2) % 4], 4));
      w[four % 4] = _mm_sha256msg2_epu32(sum, last);
    }
    feba = _mm_add_epi32(feba, before);
    hgdc = _mm_add_epi32(hgdc, beforeToo);
  }
  __m128i abef = _mm_shuffle_epi32(feba, 0x1b);
  __m128i dchg = _mm_shuffle_epi32(hgdc, 0xb1);
  _mm_storeu_si128(halves, _mm_blend_epi16(abef, dchg, 0xf0));
  _mm_storeu_si128(halves + 1, _mm_alignr_epi8(dchg, abef, 8));
}
#endif

static void hashBlocks(State &state, const uint8_t *data, size_t count) {
#ifdef __x86_64__
  static const bool known =
      __builtin_cpu_supports("sha") && __builtin_cpu_supports("sse4.1");
  if (known)
    return hashByInstructions(state, data, count);
#endif
  hashPlainly(state, data, count);
}

void ContentHash::add(StringRef bytes) {
  size_t held = size % blockSize;
  size += bytes.size();
  if (held) {
    StringRef taken = bytes.take_front(blockSize - held);
    copy(taken, rest.begin() + held);
    bytes = bytes.drop_front(taken.size());
    if (held + taken.size() < blockSize)
      return;
    hashBlocks(state, rest.data(), 1);
  }
  hashBlocks(state, bytes.bytes_begin(), bytes.size() / blockSize);
  copy(bytes.take_back(bytes.size() % blockSize), rest.begin());
}

std::string ContentHash::hex() {
  // A one, zeros, and the number of bits, to the end of a block.
  std::array<char, 2 * blockSize> end{char(0x80)};
  size_t length = 8 + blockSize - (size + 8) % blockSize;
  support::endian::write64be(&end[length - 8], 8 * size);
  add(StringRef(end.data(), length));
  std::array<uint8_t, 32> digest;
  for (auto [i, word] : enumerate(state))
    support::endian::write32be(&digest[4 * i], word);
  return toHex(digest, /*LowerCase=*/true);
}
