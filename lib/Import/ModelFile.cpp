#include "ModelFile.h"

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/LEB128.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;
using namespace quantir;

namespace {
/// Field numbers of the schema, and protobuf's wire types.
enum Field : uint64_t { modelGraph = 7, graphInitializer = 5, tensorRaw = 9 };
enum WireType { varint = 0, eightBytes = 1, counted = 2, fourBytes = 5 };

/// Data that is worth leaving where it is.
constexpr size_t large = 4096;

/// Takes the field of that number and content away, or not.
using TakeField = function_ref<bool(uint64_t, StringRef, raw_ostream &)>;
} // namespace

static bool readVarint(StringRef &bytes, uint64_t &value) {
  unsigned size = 0;
  const char *error = nullptr;
  value = decodeULEB128(bytes.bytes_begin(), &size, bytes.bytes_end(), &error);
  bytes = bytes.drop_front(error ? 0 : size);
  return !error;
}

/// Cuts what follows a tag off `bytes`; false when it is cut short or of a
/// deprecated type.
static bool readContent(StringRef &bytes, uint64_t type, StringRef &content) {
  uint64_t size = type == eightBytes ? 8 : 4;
  if (type == varint) {
    uint64_t value;
    content = bytes;
    if (!readVarint(bytes, value))
      return false;
    content = content.drop_back(bytes.size());
    return true;
  }
  if (type == counted && !readVarint(bytes, size))
    return false;
  if ((type != eightBytes && type != counted && type != fourBytes) ||
      size > bytes.size())
    return false;
  content = bytes.take_front(size);
  bytes = bytes.drop_front(size);
  return true;
}

/// Copies the fields of a message, except for those that `take` takes; false
/// when they are not well-formed.
static bool copyFields(StringRef message, raw_ostream &os, TakeField take) {
  while (!message.empty()) {
    const char *start = message.data();
    uint64_t tag;
    StringRef content;
    if (!readVarint(message, tag) || !readContent(message, tag % 8, content))
      return false;
    if (tag % 8 != counted || !take(tag / 8, content, os))
      os << StringRef(start, message.data() - start);
  }
  return true;
}

static void writeField(uint64_t field, StringRef content, raw_ostream &os) {
  encodeULEB128(field * 8 + counted, os);
  encodeULEB128(content.size(), os);
  os << content;
}

/// The model without the raw data of large initializers, which `data` gets, an
/// entry for each initializer. Null when it is not well-formed or unusual:
/// then protobuf has the word.
static std::optional<std::string>
withoutLargeData(StringRef model, std::vector<StringRef> &data) {
  bool fine = true, hasRaw = false;
  auto takeRaw = [&](uint64_t field, StringRef content, raw_ostream &) {
    if (field != tensorRaw)
      return false;
    fine &= !hasRaw; // of several, the last counts
    hasRaw = true;
    if (content.size() < large)
      return false;
    data.back() = content;
    return true;
  };
  auto rewrite = [&](uint64_t field, StringRef content, raw_ostream &os,
                     TakeField take) {
    std::string shorter;
    raw_string_ostream inner(shorter);
    fine &= copyFields(content, inner, take);
    writeField(field, shorter, os);
    return true;
  };
  auto takeTensor = [&](uint64_t field, StringRef content, raw_ostream &os) {
    if (field != graphInitializer)
      return false;
    data.emplace_back();
    hasRaw = false;
    return rewrite(field, content, os, takeRaw);
  };
  auto takeGraph = [&](uint64_t field, StringRef content, raw_ostream &os) {
    return field == modelGraph && rewrite(field, content, os, takeTensor);
  };
  std::string skeleton;
  raw_string_ostream os(skeleton);
  fine &= copyFields(model, os, takeGraph);
  return fine ? std::optional(std::move(skeleton)) : std::nullopt;
}

bool ModelFile::parse(StringRef bytes) {
  std::vector<StringRef> data;
  // Protobuf's own limits on size and nesting stand.
  std::optional<std::string> skeleton = withoutLargeData(bytes, data);
  if (!skeleton)
    return proto.ParseFromArray(bytes.data(), int(bytes.size()));
  if (!proto.ParseFromArray(skeleton->data(), int(skeleton->size())))
    return false;
  if (proto.graph().initializer_size() != int(data.size()))
    return false;
  for (auto [i, content] : llvm::enumerate(data))
    if (!content.empty())
      left[&proto.graph().initializer(int(i))] = content;
  findRightOperands();
  return true;
}

void ModelFile::findRightOperands() {
  StringSet<> others;
  for (const onnx::NodeProto &node : proto.graph().node())
    for (auto [i, name] : llvm::enumerate(node.input()))
      (i == 1 && node.op_type() == "MatMul" ? rightOperands : others)
          .insert(name);
  for (const onnx::ValueInfoProto &output : proto.graph().output())
    others.insert(output.name());
  for (StringRef name : others.keys())
    rightOperands.erase(name);
}

bool ModelFile::isRightOperand(const onnx::TensorProto &tensor) const {
  return tensor.data_type() == onnx::TensorProto::FLOAT &&
         tensor.data_location() != onnx::TensorProto::EXTERNAL &&
         tensor.dims_size() == 2 && tensor.dims(0) > 0 && tensor.dims(1) > 0 &&
         rightOperands.contains(tensor.name()) &&
         dataOf(tensor).size() / sizeof(float) / tensor.dims(0) ==
             uint64_t(tensor.dims(1)) &&
         dataOf(tensor).size() ==
             sizeof(float) * tensor.dims(0) * tensor.dims(1);
}
