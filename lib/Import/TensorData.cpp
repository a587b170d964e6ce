#include "TensorData.h"

#include "ExternalData.h"
#include "onnx/onnx-ml.pb.h"
#include "llvm/ADT/APFloat.h"
#include "llvm/Support/Endian.h"

using namespace mlir;
using namespace quantir;
using onnx::TensorProto;

Type quantir::importElementType(MLIRContext *context, int dataType) {
  switch (dataType) {
  case TensorProto::FLOAT:
  case TensorProto::DOUBLE:
  case TensorProto::FLOAT16:
  case TensorProto::BFLOAT16:
    return Float32Type::get(context);
  case TensorProto::INT64:
    return IntegerType::get(context, 64);
  case TensorProto::INT32:
    return IntegerType::get(context, 32);
  case TensorProto::INT8:
    return IntegerType::get(context, 8);
  case TensorProto::UINT8:
    return IntegerType::get(context, 8, IntegerType::Unsigned);
  case TensorProto::BOOL:
    return IntegerType::get(context, 1);
  default:
    return {};
  }
}

bool quantir::becomesF32(int dataType) {
  return dataType == TensorProto::DOUBLE || dataType == TensorProto::FLOAT16 ||
         dataType == TensorProto::BFLOAT16;
}

StringRef quantir::dataTypeName(int dataType) {
  if (!TensorProto::DataType_IsValid(dataType))
    return "an unknown type";
  return TensorProto::DataType_Name(TensorProto::DataType(dataType));
}

FailureOr<int64_t> quantir::countElements(ArrayRef<int64_t> shape,
                                          unsigned elementBytes,
                                          const ImportLimits &limits) {
  int64_t count = 1;
  // A zero must not hide dimensions whose product overflows.
  int64_t extent = elementBytes;
  for (int64_t size : shape) {
    if (size < 0 ||
        llvm::MulOverflow(extent, std::max<int64_t>(size, 1), extent) ||
        extent > limits.tensorBytes)
      return failure();
    count *= size;
  }
  return count;
}

//===-- Encodings ---------------------------------------------------------===//

/// Bytes of one element in `raw_data`.
static unsigned rawWidth(int dataType) {
  switch (dataType) {
  case TensorProto::DOUBLE:
  case TensorProto::INT64:
    return 8;
  case TensorProto::FLOAT:
  case TensorProto::INT32:
    return 4;
  case TensorProto::FLOAT16:
  case TensorProto::BFLOAT16:
    return 2;
  default:
    return 1;
  }
}

static float fromHalf(uint16_t bits, const llvm::fltSemantics &semantics) {
  llvm::APFloat value(semantics, llvm::APInt(16, bits));
  bool exact;
  value.convert(llvm::APFloat::IEEEsingle(), llvm::APFloat::rmNearestTiesToEven,
                &exact);
  return value.convertToFloat();
}

/// The tensor's values when element i is `get(i)`, of ONNX's own type.
template <typename Get>
static DenseElementsAttr build(RankedTensorType type, int64_t count, Get get) {
  using Value = decltype(get(int64_t()));
  SmallVector<Value> values;
  values.reserve(count);
  for (int64_t i = 0; i < count; ++i)
    values.push_back(get(i));
  if constexpr (std::is_same_v<Value, bool>)
    return DenseElementsAttr::get(type, values);
  ArrayRef<char> bytes(reinterpret_cast<const char *>(values.data()),
                       count * sizeof(Value));
  return DenseElementsAttr::getFromRawBuffer(type, bytes);
}

static DenseElementsAttr fromRaw(RankedTensorType type, int dataType,
                                 int64_t count, StringRef bytes) {
  const char *data = bytes.data();
  auto half = [&](int64_t i) {
    return llvm::support::endian::read16le(data + 2 * i);
  };
  switch (dataType) {
  case TensorProto::BOOL:
    return build(type, count, [&](int64_t i) { return data[i] != 0; });
  case TensorProto::FLOAT16:
    return build(type, count, [&](int64_t i) {
      return fromHalf(half(i), llvm::APFloat::IEEEhalf());
    });
  case TensorProto::BFLOAT16:
    return build(type, count, [&](int64_t i) {
      return fromHalf(half(i), llvm::APFloat::BFloat());
    });
  case TensorProto::DOUBLE:
    return build(type, count, [&](int64_t i) {
      return float(llvm::bit_cast<double>(
          llvm::support::endian::read64le(data + 8 * i)));
    });
  default:
    return DenseElementsAttr::getFromRawBuffer(
        type, ArrayRef<char>(data, bytes.size()));
  }
}

/// How many entries the typed field of `tensor` has.
static int64_t typedCount(const TensorProto &tensor) {
  switch (tensor.data_type()) {
  case TensorProto::FLOAT:
    return tensor.float_data_size();
  case TensorProto::DOUBLE:
    return tensor.double_data_size();
  case TensorProto::INT64:
    return tensor.int64_data_size();
  default:
    return tensor.int32_data_size();
  }
}

static DenseElementsAttr fromTyped(RankedTensorType type, int64_t count,
                                   const TensorProto &tensor) {
  auto narrow = [&](int64_t i) { return tensor.int32_data(int(i)); };
  switch (tensor.data_type()) {
  case TensorProto::FLOAT:
    return build(type, count,
                 [&](int64_t i) { return tensor.float_data(int(i)); });
  case TensorProto::DOUBLE:
    return build(type, count,
                 [&](int64_t i) { return float(tensor.double_data(int(i))); });
  case TensorProto::INT64:
    return build(type, count,
                 [&](int64_t i) { return int64_t(tensor.int64_data(int(i))); });
  case TensorProto::INT32:
    return build(type, count, [&](int64_t i) { return int32_t(narrow(i)); });
  case TensorProto::BOOL:
    return build(type, count, [&](int64_t i) { return narrow(i) != 0; });
  case TensorProto::FLOAT16:
    return build(type, count, [&](int64_t i) {
      return fromHalf(uint16_t(narrow(i)), llvm::APFloat::IEEEhalf());
    });
  case TensorProto::BFLOAT16:
    return build(type, count, [&](int64_t i) {
      return fromHalf(uint16_t(narrow(i)), llvm::APFloat::BFloat());
    });
  default:
    return build(type, count, [&](int64_t i) { return uint8_t(narrow(i)); });
  }
}

//===-- External data -----------------------------------------------------===//

static FailureOr<std::unique_ptr<llvm::MemoryBuffer>>
readExternal(const TensorProto &tensor, int64_t bytes, Location location,
             StringRef modelPath) {
  StringRef file;
  int64_t offset = 0, length = bytes;
  for (const onnx::StringStringEntryProto &entry : tensor.external_data()) {
    StringRef key = entry.key(), value = entry.value();
    int64_t *number = key == "offset"   ? &offset
                      : key == "length" ? &length
                                        : nullptr;
    if (key == "location")
      file = value;
    else if (number && value.getAsInteger(10, *number))
      return emitError(location)
             << "external data " << key << " '" << value << "' is not a number";
  }
  if (length != bytes)
    return emitError(location)
           << "the shape needs " << bytes
           << " bytes, but its external data has length " << length;
  auto buffer = readExternalData(modelPath, file, offset, length);
  if (!buffer)
    return emitError(location) << llvm::toString(buffer.takeError());
  return std::move(*buffer);
}

//===-- The tensor --------------------------------------------------------===//

static LogicalResult refuseNaN(DenseElementsAttr values, Location location) {
  if (!values.getElementType().isF32())
    return success();
  for (auto [i, value] : llvm::enumerate(values.getValues<float>())) {
    if (std::isnan(value))
      return emitError(location)
             << "holds NaN at element " << i << "; such a model computes "
             << "nothing: export it again";
    if (values.isSplat())
      break;
  }
  return success();
}

static FailureOr<DenseElementsAttr> decode(const TensorProto &tensor,
                                           RankedTensorType type, int64_t count,
                                           Location location,
                                           StringRef modelPath, StringRef raw) {
  int dataType = tensor.data_type();
  int64_t bytes = count * rawWidth(dataType);
  if (tensor.data_location() == TensorProto::EXTERNAL) {
    auto buffer = readExternal(tensor, bytes, location, modelPath);
    if (failed(buffer))
      return failure();
    return fromRaw(type, dataType, count, (*buffer)->getBuffer());
  }
  if (tensor.has_raw_data())
    raw = tensor.raw_data();
  if (tensor.has_raw_data() || !raw.empty()) {
    if (int64_t(raw.size()) != bytes)
      return emitError(location)
             << "the shape needs " << bytes << " bytes, but the tensor holds "
             << raw.size() << "; the file is damaged";
    return fromRaw(type, dataType, count, raw);
  }
  if (typedCount(tensor) != count)
    return emitError(location)
           << "the shape needs " << count << " elements, but the tensor holds "
           << typedCount(tensor) << "; the file is damaged";
  return fromTyped(type, count, tensor);
}

FailureOr<DenseElementsAttr> quantir::readTensor(const TensorProto &tensor,
                                                 Location location,
                                                 StringRef modelPath,
                                                 const ImportLimits &limits,
                                                 StringRef raw) {
  int dataType = tensor.data_type();
  Type element = importElementType(location.getContext(), dataType);
  if (!element)
    return emitError(location) << "holds " << dataTypeName(dataType)
                               << ", which is not supported; use float, int64, "
                                  "int32, int8, uint8 or bool";
  SmallVector<int64_t> shape(tensor.dims().begin(), tensor.dims().end());
  if (int64_t(shape.size()) > limits.rank)
    return emitError(location) << "has rank " << shape.size()
                               << ", more than the limit of " << limits.rank;
  FailureOr<int64_t> count = countElements(shape, 8, limits);
  if (failed(count)) {
    InFlightDiagnostic error = emitError(location) << "has the shape [";
    llvm::interleaveComma(shape, error);
    return error << "], which is negative or over the limit of "
                 << limits.tensorBytes << " bytes";
  }
  if (tensor.has_segment())
    return emitError(location) << "is stored in segments, which no exporter "
                                  "writes and Quantir does not read";
  if (becomesF32(dataType))
    emitRemark(location) << dataTypeName(dataType) << " becomes float32";
  auto values = decode(tensor, RankedTensorType::get(shape, element), *count,
                       location, modelPath, raw);
  if (succeeded(values) && failed(refuseNaN(*values, location)))
    return failure();
  return values;
}
