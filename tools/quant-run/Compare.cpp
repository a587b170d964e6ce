#include "Compare.h"

#include <cmath>
#include <cstring>

using namespace llvm;
using namespace quantir;

template <typename T> static double readAs(ArrayRef<char> bytes, uint64_t i) {
  T value;
  std::memcpy(&value, bytes.data() + i * sizeof(T), sizeof(T));
  return static_cast<double>(value);
}

/// The types an artifact's outputs have.
static double elementAt(ArrayElement element, ArrayRef<char> bytes,
                        uint64_t i) {
  switch (element) {
  case ArrayElement::I64:
    return readAs<int64_t>(bytes, i);
  case ArrayElement::I32:
    return readAs<int32_t>(bytes, i);
  case ArrayElement::I8:
    return readAs<int8_t>(bytes, i);
  case ArrayElement::F32:
    return readAs<float>(bytes, i);
  default:
    return readAs<uint8_t>(bytes, i);
  }
}

static bool passes(double value, double expected, Tolerance tolerance) {
  if (value == expected || (std::isnan(value) && std::isnan(expected)))
    return true;
  return std::isfinite(expected) &&
         std::abs(value - expected) <=
             tolerance.absolute + tolerance.relative * std::abs(expected);
}

Comparison quantir::compare(const ArrayInfo &info, ArrayRef<char> values,
                            ArrayRef<char> expected, Tolerance tolerance) {
  Comparison result;
  for (uint64_t i = 0, e = info.numElements(); i < e; ++i) {
    double value = elementAt(info.element, values, i);
    double wanted = elementAt(info.element, expected, i);
    if (double error = std::abs(value - wanted); std::isfinite(error))
      result.largestError = std::max(result.largestError, error);
    if (passes(value, wanted, tolerance))
      continue;
    if (result.different++ == 0) {
      result.firstDifferent = i;
      result.value = value;
      result.expected = wanted;
    }
  }
  return result;
}
