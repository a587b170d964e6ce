#ifndef QUANTIR_LIB_INTERPRET_LANEREDUCTION_H
#define QUANTIR_LIB_INTERPRET_LANEREDUCTION_H

#include <cstdint>

namespace quantir {

/// Combines at(0) ... at(size - 1) as rows are combined: element i into lane
/// i mod 16, the lanes as a tree.
template <typename T, typename At, typename Combine>
T reduceInLanes(int64_t size, T identity, At at, Combine combine) {
  constexpr int64_t width = 16;
  T lanes[width];
  for (T &lane : lanes)
    lane = identity;
  for (int64_t i = 0; i < size; ++i)
    lanes[i % width] = combine(lanes[i % width], at(i));
  for (int64_t half = width / 2; half > 0; half /= 2)
    for (int64_t lane = 0; lane < half; ++lane)
      lanes[lane] = combine(lanes[lane], lanes[lane + half]);
  return lanes[0];
}

/// x when it is larger, else (also for NaN) what there was.
template <typename T> T larger(T most, T x) { return x > most ? x : most; }
template <typename T> T smaller(T least, T x) { return x < least ? x : least; }

} // namespace quantir

#endif // QUANTIR_LIB_INTERPRET_LANEREDUCTION_H
