#include "TensorProtoFile.h"

#include "DataFile.h"
#include "onnx/onnx-ml.pb.h"
#include "llvm/Support/CheckedArithmetic.h"
#include <cstring>
#include <limits>

using namespace llvm;
using namespace quantir;
using onnx::TensorProto;

static constexpr int largestRank = 32;

static std::optional<ArrayElement> elementOf(int32_t type) {
  switch (type) {
  case TensorProto::BOOL:
    return ArrayElement::Bool;
  case TensorProto::INT8:
    return ArrayElement::I8;
  case TensorProto::UINT8:
    return ArrayElement::U8;
  case TensorProto::INT16:
    return ArrayElement::I16;
  case TensorProto::UINT16:
    return ArrayElement::U16;
  case TensorProto::INT32:
    return ArrayElement::I32;
  case TensorProto::UINT32:
    return ArrayElement::U32;
  case TensorProto::INT64:
    return ArrayElement::I64;
  case TensorProto::UINT64:
    return ArrayElement::U64;
  case TensorProto::FLOAT16:
    return ArrayElement::F16;
  case TensorProto::FLOAT:
    return ArrayElement::F32;
  case TensorProto::DOUBLE:
    return ArrayElement::F64;
  default:
    return std::nullopt;
  }
}

/// Appends `values` as elements of type T; false when one does not fit.
template <typename T, typename Values>
static bool appendAs(const Values &values, std::vector<char> &bytes) {
  for (auto value : values) {
    auto element = static_cast<T>(value);
    if (static_cast<decltype(value)>(element) != value && value == value)
      return false;
    const char *begin = reinterpret_cast<const char *>(&element);
    bytes.insert(bytes.end(), begin, begin + sizeof(T));
  }
  return true;
}

/// Each type has its field, small integers share one.
static bool appendTyped(const TensorProto &tensor, ArrayElement element,
                        std::vector<char> &bytes) {
  switch (element) {
  case ArrayElement::Bool:
  case ArrayElement::U8:
    return appendAs<uint8_t>(tensor.int32_data(), bytes);
  case ArrayElement::I8:
    return appendAs<int8_t>(tensor.int32_data(), bytes);
  case ArrayElement::I16:
    return appendAs<int16_t>(tensor.int32_data(), bytes);
  case ArrayElement::U16:
  case ArrayElement::F16:
    return appendAs<uint16_t>(tensor.int32_data(), bytes);
  case ArrayElement::I32:
    return appendAs<int32_t>(tensor.int32_data(), bytes);
  case ArrayElement::U32:
    return appendAs<uint32_t>(tensor.uint64_data(), bytes);
  case ArrayElement::I64:
    return appendAs<int64_t>(tensor.int64_data(), bytes);
  case ArrayElement::U64:
    return appendAs<uint64_t>(tensor.uint64_data(), bytes);
  case ArrayElement::F32:
    return appendAs<float>(tensor.float_data(), bytes);
  case ArrayElement::F64:
    return appendAs<double>(tensor.double_data(), bytes);
  }
  llvm_unreachable("every element type has a field");
}

/// Number of bytes of the tensor, nothing when its dimensions make no sense.
static std::optional<uint64_t> dataSizeOf(const TensorProto &tensor,
                                          ArrayElement element) {
  std::optional<uint64_t> size = byteSizeOf(element);
  if (tensor.dims_size() > largestRank)
    return std::nullopt;
  for (int64_t dim : tensor.dims()) {
    size = dim < 0 ? std::nullopt
                   : checkedMulUnsigned(*size, static_cast<uint64_t>(dim));
    if (!size)
      return std::nullopt;
  }
  return size;
}

static Error parseFile(StringRef path, TensorProto &tensor,
                       std::string &where) {
  Expected<std::shared_ptr<DataFile>> file = DataFile::open(path);
  if (!file)
    return file.takeError();
  where = (*file)->where;
  if ((*file)->size > std::numeric_limits<int32_t>::max())
    return (*file)->failure("is over the limit of 2 GiB");
  std::string bytes((*file)->size, '\0');
  if (Error error = (*file)->read(0, bytes))
    return error;
  if (!tensor.ParseFromString(bytes))
    return (*file)->failure("is not a file with one ONNX tensor; make or copy "
                            "it again");
  return Error::success();
}

Expected<ArrayData> quantir::readTensorProtoFile(StringRef path) {
  TensorProto tensor;
  std::string where;
  if (Error error = parseFile(path, tensor, where))
    return error;
  auto refuse = [&](const Twine &problem) {
    return createStringError(where + " " + problem);
  };
  std::optional<ArrayElement> element = elementOf(tensor.data_type());
  if (!element)
    return refuse("has ONNX element type " + Twine(tensor.data_type()) +
                  ", which is not read from files; save numbers of 8 to 64 "
                  "bits");
  if (tensor.data_location() == TensorProto::EXTERNAL || tensor.has_segment())
    return refuse("keeps its data in another place; save them inside the file");
  std::optional<uint64_t> size = dataSizeOf(tensor, *element);
  if (!size)
    return refuse("has an impossible shape; make the file again");

  ArrayData result{{tensor.name(), *element, {}}, {}};
  result.info.shape.assign(tensor.dims().begin(), tensor.dims().end());
  if (tensor.has_raw_data())
    result.bytes.assign(tensor.raw_data().begin(), tensor.raw_data().end());
  else if (!appendTyped(tensor, *element, result.bytes))
    return refuse("holds a number that is no " + nameOf(*element) +
                  "; make the file again");
  if (result.bytes.size() != *size)
    return refuse("has " + Twine(result.bytes.size()) +
                  " bytes of data where " + shapeString(result.info.shape) +
                  " " + nameOf(*element) + " takes " + Twine(*size) +
                  "; make or copy the file again");
  return result;
}
