#include "SampleFile.h"

#include "NpyHeader.h"
#include "TensorProtoFile.h"
#include "ZipFile.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Sequence.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include <cstring>

using namespace llvm;
using namespace quantir;

SampleFile::~SampleFile() = default;

/// Every input has as many samples as the ones before it.
static Error agree(SampleFile &file, unsigned input, uint64_t samples) {
  if (input == 0)
    file.numSamples = samples;
  if (samples == file.numSamples)
    return Error::success();
  return createStringError(file.where(input) + " holds " + Twine(samples) +
                           (samples == 1 ? " sample" : " samples") + ", but " +
                           file.where(0) + " holds " + Twine(file.numSamples) +
                           "; save as many for every input");
}

namespace {
/// Arrays of one npy or npz file, read in place.
class ArrayFile final : public SampleFile {
public:
  Error add(std::shared_ptr<ByteStream> stream, const ArrayInfo &input) {
    Expected<NpyHeader> header = readNpyHeader(*stream);
    if (!header)
      return header.takeError();
    Expected<uint64_t> samples =
        countSamples(input, header->element, header->shape, stream->where);
    if (!samples)
      return samples.takeError();
    arrays.push_back({std::move(stream), header->dataOffset});
    return agree(*this, arrays.size() - 1, *samples);
  }

  Error read(unsigned input, uint64_t sample,
             MutableArrayRef<char> bytes) override {
    Array &array = arrays[input];
    return array.stream->read(array.dataOffset + sample * bytes.size(), bytes);
  }

  std::string where(unsigned input) const override {
    return arrays[input].stream->where;
  }

private:
  struct Array {
    std::shared_ptr<ByteStream> stream;
    uint64_t dataOffset;
  };
  std::vector<Array> arrays;
};

/// The tensors of one ONNX test data set, held in memory.
class TestSet final : public SampleFile {
public:
  static Expected<std::unique_ptr<SampleFile>>
  open(StringRef folder, ArrayRef<ArrayInfo> inputs) {
    Expected<std::vector<ArrayData>> tensors =
        readTestSet(folder, "input", inputs);
    if (!tensors)
      return tensors.takeError();
    auto file = std::make_unique<TestSet>();
    file->folder = folder.str();
    file->tensors = std::move(*tensors);
    for (auto [index, input] : enumerate(inputs))
      if (Error error =
              agree(*file, index,
                    file->tensors[index].bytes.size() / input.byteSize()))
        return error;
    return file;
  }

  Error read(unsigned input, uint64_t sample,
             MutableArrayRef<char> bytes) override {
    std::memcpy(bytes.data(),
                tensors[input].bytes.data() + sample * bytes.size(),
                bytes.size());
    return Error::success();
  }

  std::string where(unsigned input) const override {
    return "'" + folder + "', tensor '" + tensors[input].info.name + "'";
  }

private:
  std::string folder;
  std::vector<ArrayData> tensors;
};
} // namespace

static Expected<std::unique_ptr<SampleFile>>
openNpy(std::shared_ptr<DataFile> file, ArrayRef<ArrayInfo> inputs) {
  if (inputs.size() != 1)
    return file->failure("is one array, but the model has " +
                         Twine(inputs.size()) +
                         " inputs; save them by name in an .npz file");
  auto arrays = std::make_unique<ArrayFile>();
  if (Error error = arrays->add(std::move(file), inputs.front()))
    return error;
  return arrays;
}

/// The array name of a member: `x.npy` is the array `x`.
static std::string arrayName(const ZipMember &member) {
  StringRef name = member.name;
  name.consume_back(".npy");
  return name.str();
}

static Expected<std::unique_ptr<SampleFile>>
openNpz(const std::shared_ptr<DataFile> &file, ArrayRef<ArrayInfo> inputs) {
  Expected<std::vector<ZipMember>> members = readZipDirectory(*file);
  if (!members)
    return members.takeError();
  std::vector<std::string> names;
  for (const ZipMember &member : *members)
    names.push_back(arrayName(member));
  Expected<std::vector<unsigned>> indices =
      matchNames(names, inputs, file->where);
  if (!indices)
    return indices.takeError();
  auto arrays = std::make_unique<ArrayFile>();
  for (auto [index, input] : zip(*indices, inputs)) {
    Expected<std::unique_ptr<ByteStream>> stream = openZipMember(
        file, (*members)[index], file->where + ", array '" + input.name + "'");
    if (!stream)
      return stream.takeError();
    if (Error error = arrays->add(std::move(*stream), input))
      return error;
  }
  return arrays;
}

Expected<std::unique_ptr<SampleFile>>
quantir::openSampleFile(StringRef path, ArrayRef<ArrayInfo> inputs) {
  if (sys::fs::is_directory(path))
    return TestSet::open(path, inputs);
  Expected<std::shared_ptr<DataFile>> file = DataFile::open(path);
  if (!file)
    return file.takeError();
  char start[6] = {};
  size_t size = std::min<uint64_t>((*file)->size, sizeof(start));
  if (Error error = (*file)->read(0, MutableArrayRef(start, size)))
    return error;
  StringRef bytes(start, sizeof(start));
  if (bytes.starts_with("PK"))
    return openNpz(*file, inputs);
  if (bytes == "\x93NUMPY")
    return openNpy(*file, inputs);
  return (*file)->failure("is neither an .npy nor an .npz file; save the "
                          "samples with numpy.savez");
}

//===----------------------------------------------------------------------===//
// ONNX test data sets
//===----------------------------------------------------------------------===//

static std::string tensorPath(StringRef folder, StringRef prefix,
                              unsigned index) {
  SmallString<128> path(folder);
  sys::path::append(path, prefix + "_" + Twine(index) + ".pb");
  return std::string(path);
}

/// By name; in order where the file's names are other than the model's, as they
/// are in many published sets.
static Expected<std::vector<unsigned>> matchTensors(ArrayRef<ArrayData> tensors,
                                                    ArrayRef<ArrayInfo> wanted,
                                                    const std::string &where) {
  std::vector<std::string> names;
  for (const ArrayData &tensor : tensors)
    names.push_back(tensor.info.name);
  bool anyKnown = any_of(wanted, [&](const ArrayInfo &info) {
    return is_contained(names, info.name);
  });
  if (anyKnown || tensors.size() != wanted.size())
    return matchNames(names, wanted, where);
  auto inOrder = seq<unsigned>(0, wanted.size());
  return std::vector<unsigned>(inOrder.begin(), inOrder.end());
}

Expected<std::vector<ArrayData>>
quantir::readTestSet(StringRef folder, StringRef prefix,
                     ArrayRef<ArrayInfo> wanted) {
  std::vector<ArrayData> tensors;
  for (unsigned index = 0;; ++index) {
    std::string path = tensorPath(folder, prefix, index);
    // The last one is missing; the first one missing is the error to report.
    if (index != 0 && !sys::fs::exists(path))
      break;
    Expected<ArrayData> tensor = readTensorProtoFile(path);
    if (!tensor)
      return tensor.takeError();
    tensors.push_back(std::move(*tensor));
  }
  std::string where = ("'" + folder + "'").str();
  Expected<std::vector<unsigned>> indices =
      matchTensors(tensors, wanted, where);
  if (!indices)
    return indices.takeError();
  std::vector<ArrayData> ordered;
  for (auto [index, info] : zip(*indices, wanted)) {
    ArrayData &tensor = tensors[index];
    Expected<uint64_t> samples =
        countSamples(info, tensor.info.element, tensor.info.shape,
                     "'" + tensorPath(folder, prefix, index) + "', tensor '" +
                         info.name + "'");
    if (!samples)
      return samples.takeError();
    tensor.info.name = info.name;
    ordered.push_back(std::move(tensor));
  }
  return ordered;
}
