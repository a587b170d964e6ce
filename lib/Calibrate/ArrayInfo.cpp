#include "quantir/Calibrate/ArrayInfo.h"

#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace llvm;
using namespace quantir;

unsigned quantir::byteSizeOf(ArrayElement element) {
  switch (element) {
  case ArrayElement::Bool:
  case ArrayElement::I8:
  case ArrayElement::U8:
    return 1;
  case ArrayElement::I16:
  case ArrayElement::U16:
  case ArrayElement::F16:
    return 2;
  case ArrayElement::I32:
  case ArrayElement::U32:
  case ArrayElement::F32:
    return 4;
  case ArrayElement::I64:
  case ArrayElement::U64:
  case ArrayElement::F64:
    return 8;
  }
  llvm_unreachable("every element type has a size");
}

StringRef quantir::nameOf(ArrayElement element) {
  switch (element) {
  case ArrayElement::Bool:
    return "bool";
  case ArrayElement::I8:
    return "int8";
  case ArrayElement::U8:
    return "uint8";
  case ArrayElement::I16:
    return "int16";
  case ArrayElement::U16:
    return "uint16";
  case ArrayElement::I32:
    return "int32";
  case ArrayElement::U32:
    return "uint32";
  case ArrayElement::I64:
    return "int64";
  case ArrayElement::U64:
    return "uint64";
  case ArrayElement::F16:
    return "float16";
  case ArrayElement::F32:
    return "float32";
  case ArrayElement::F64:
    return "float64";
  }
  llvm_unreachable("every element type has a name");
}

static std::optional<ArrayElement> integerElement(unsigned width,
                                                  bool isUnsigned) {
  switch (width) {
  case 1:
    return ArrayElement::Bool;
  case 8:
    return isUnsigned ? ArrayElement::U8 : ArrayElement::I8;
  case 16:
    return isUnsigned ? ArrayElement::U16 : ArrayElement::I16;
  case 32:
    return isUnsigned ? ArrayElement::U32 : ArrayElement::I32;
  case 64:
    return isUnsigned ? ArrayElement::U64 : ArrayElement::I64;
  default:
    return std::nullopt;
  }
}

std::optional<ArrayElement> quantir::arrayElementOf(mlir::Type elementType) {
  using Result = std::optional<ArrayElement>;
  return TypeSwitch<mlir::Type, Result>(elementType)
      .Case([](mlir::IntegerType type) {
        return integerElement(type.getWidth(), type.isUnsigned());
      })
      .Case([](mlir::Float16Type) { return ArrayElement::F16; })
      .Case([](mlir::Float32Type) { return ArrayElement::F32; })
      .Case([](mlir::Float64Type) { return ArrayElement::F64; })
      .Default(Result());
}

uint64_t ArrayInfo::numElements() const {
  uint64_t count = 1;
  for (int64_t dim : shape)
    count *= static_cast<uint64_t>(dim);
  return count;
}

uint64_t ArrayInfo::byteSize() const {
  return numElements() * byteSizeOf(element);
}

std::string quantir::shapeString(ArrayRef<int64_t> shape) {
  if (shape.empty())
    return "scalar";
  return join(map_range(shape, [](int64_t dim) { return std::to_string(dim); }),
              "x");
}

SmallVector<int64_t> quantir::shapeOfSamples(ArrayRef<int64_t> shape,
                                             uint64_t samples) {
  SmallVector<int64_t> result(shape);
  if (samples == 1)
    return result;
  if (result.empty())
    result.push_back(1);
  result.front() *= static_cast<int64_t>(samples);
  return result;
}
