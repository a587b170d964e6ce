#ifndef QUANTIR_CALIBRATE_ARRAYINFO_H
#define QUANTIR_CALIBRATE_ARRAYINFO_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mlir {
class Type;
} // namespace mlir

namespace quantir {

/// What the elements of an array in a file are; always little-endian.
enum class ArrayElement : uint8_t {
  Bool, // one byte, 0 or 1
  I8,
  U8,
  I16,
  U16,
  I32,
  U32,
  I64,
  U64,
  F16,
  F32,
  F64,
};

unsigned byteSizeOf(ArrayElement element);
/// The name numpy gives the type: `float32`, `uint8`, `bool`, ...
llvm::StringRef nameOf(ArrayElement element);
/// The element type of a tensor of the model; signless integers are signed, i1
/// is Bool. None for types no array file has.
std::optional<ArrayElement> arrayElementOf(mlir::Type elementType);

/// A named array, C order: one input or output of a model, or what a file holds
/// of it.
struct ArrayInfo {
  std::string name;
  ArrayElement element;
  llvm::SmallVector<int64_t> shape;

  uint64_t numElements() const;
  uint64_t byteSize() const;
};

struct ArrayData {
  ArrayInfo info;
  std::vector<char> bytes;
};

/// `1x3x224x224`; `scalar` for no dimensions.
std::string shapeString(llvm::ArrayRef<int64_t> shape);

/// The shape that holds `samples` samples of `shape`: the first dimension that
/// many times as large, or a new one for scalars.
llvm::SmallVector<int64_t> shapeOfSamples(llvm::ArrayRef<int64_t> shape,
                                          uint64_t samples);

} // namespace quantir

#endif // QUANTIR_CALIBRATE_ARRAYINFO_H
