#include "quantir/Calibrate/SampleData.h"

#include "SampleFile.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace llvm;
using namespace quantir;

SampleSource::~SampleSource() = default;

//===----------------------------------------------------------------------===//
// Which files there are
//===----------------------------------------------------------------------===//

static bool isTestSet(StringRef folder) {
  SmallString<128> path(folder);
  sys::path::append(path, "input_0.pb");
  return sys::fs::exists(path);
}

/// Sorted so that `set_10` follows `set_9`; equal on every machine.
static void sortPaths(std::vector<std::string> &paths) {
  sort(paths, [](StringRef left, StringRef right) {
    int order = left.compare_numeric(right);
    return order != 0 ? order < 0 : left < right;
  });
}

static Expected<std::vector<std::string>> listFolder(StringRef folder) {
  std::vector<std::string> arrays, testSets;
  std::error_code code;
  sys::fs::directory_iterator entry(folder, code), end;
  for (; !code && entry != end; entry.increment(code)) {
    StringRef extension = sys::path::extension(entry->path());
    if (extension == ".npy" || extension == ".npz")
      arrays.push_back(entry->path());
    else if (isTestSet(entry->path()))
      testSets.push_back(entry->path());
  }
  if (code)
    return createStringError("cannot read the folder '" + folder +
                             "': " + code.message());
  if (!arrays.empty() && !testSets.empty())
    return createStringError("'" + folder +
                             "' has both array files and ONNX test data sets; "
                             "give a folder with one of the two");
  if (arrays.empty() && testSets.empty())
    return createStringError("'" + folder +
                             "' has no .npy or .npz file and no ONNX test data "
                             "set; save the samples there with numpy.savez");
  std::vector<std::string> &paths = arrays.empty() ? testSets : arrays;
  sortPaths(paths);
  return paths;
}

static Expected<std::vector<std::string>> listFiles(StringRef path) {
  if (sys::fs::is_directory(path) && !isTestSet(path))
    return listFolder(path);
  return std::vector<std::string>{path.str()};
}

//===----------------------------------------------------------------------===//
// What the values may be
//===----------------------------------------------------------------------===//

/// The first element that is not finite, or the number of elements.
template <typename Bits>
static size_t firstNonFinite(ArrayRef<char> bytes, Bits exponent) {
  size_t count = bytes.size() / sizeof(Bits);
  for (size_t index = 0; index != count; ++index) {
    auto bits = support::endian::read<Bits>(bytes.data() + index * sizeof(Bits),
                                            endianness::little);
    if ((bits & exponent) == exponent)
      return index;
  }
  return count;
}

static size_t firstUnusable(const ArrayInfo &input, ArrayRef<char> bytes,
                            NonFinite nonFinite) {
  if (input.element == ArrayElement::Bool)
    return find_if(bytes, [](char byte) { return (byte & ~1) != 0; }) -
           bytes.begin();
  if (nonFinite == NonFinite::Refuse) {
    if (input.element == ArrayElement::F32)
      return firstNonFinite<uint32_t>(bytes, 0x7f800000);
    if (input.element == ArrayElement::F64)
      return firstNonFinite<uint64_t>(bytes, 0x7ff0000000000000);
    if (input.element == ArrayElement::F16)
      return firstNonFinite<uint16_t>(bytes, 0x7c00);
  }
  return input.numElements();
}

/// \param where  names the array and the sample.
static Error checkValues(const ArrayInfo &input, ArrayRef<char> bytes,
                         NonFinite nonFinite, const Twine &where) {
  size_t index = firstUnusable(input, bytes, nonFinite);
  if (index == input.numElements())
    return Error::success();
  if (input.element == ArrayElement::Bool)
    return createStringError(where +
                             " has a bool that is neither 0 nor 1 at "
                             "element " +
                             Twine(index) + "; make the file again");
  return createStringError(where + " has a NaN or infinity at element " +
                           Twine(index) + "; repair or leave out the sample");
}

//===----------------------------------------------------------------------===//
// Samples of all files
//===----------------------------------------------------------------------===//

namespace {
class FileSamples final : public SampleSource {
public:
  FileSamples(ArrayRef<ArrayInfo> inputs, NonFinite nonFinite)
      : inputs(inputs), nonFinite(nonFinite) {}

  Error add(std::string path) {
    if (Error error = open(path))
      return error;
    parts.push_back({std::move(path), samples});
    samples += file->numSamples;
    return Error::success();
  }

  Error read(uint64_t sample,
             ArrayRef<MutableArrayRef<char>> buffers) override {
    assert(sample < samples && buffers.size() == inputs.size());
    const Part &part = *std::prev(
        upper_bound(parts, sample, [](uint64_t sample, const Part &part) {
          return sample < part.first;
        }));
    if (openPath != part.path)
      if (Error error = open(part.path))
        return error;
    uint64_t index = sample - part.first;
    if (index >= file->numSamples)
      return createStringError("'" + part.path + "' changed while it was read");
    for (auto [input, info] : enumerate(inputs)) {
      assert(buffers[input].size() == info.byteSize());
      if (Error error = file->read(input, index, buffers[input]))
        return error;
      if (Error error =
              checkValues(info, buffers[input], nonFinite,
                          file->where(input) + ", sample " + Twine(index)))
        return error;
    }
    return Error::success();
  }

private:
  struct Part {
    std::string path;
    uint64_t first; // index of its first sample among all
  };

  Error open(const std::string &path) {
    Expected<std::unique_ptr<SampleFile>> opened = openSampleFile(path, inputs);
    if (!opened)
      return opened.takeError();
    file = std::move(*opened);
    openPath = path;
    return Error::success();
  }

  std::vector<ArrayInfo> inputs;
  NonFinite nonFinite;
  std::vector<Part> parts;
  std::unique_ptr<SampleFile> file;
  std::string openPath;
};
} // namespace

Expected<std::unique_ptr<SampleSource>>
quantir::openSamples(StringRef path, ArrayRef<ArrayInfo> inputs,
                     NonFinite nonFinite) {
  if (inputs.empty())
    return createStringError("the model has no inputs, so '" + path +
                             "' has nothing to read");
  for (const ArrayInfo &input : inputs)
    if (input.numElements() == 0)
      return createStringError("the model's input '" + input.name +
                               "' has no elements, so '" + path +
                               "' has nothing to read");
  Expected<std::vector<std::string>> files = listFiles(path);
  if (!files)
    return files.takeError();
  auto source = std::make_unique<FileSamples>(inputs, nonFinite);
  for (std::string &file : *files)
    if (Error error = source->add(std::move(file)))
      return error;
  return source;
}

Expected<std::vector<ArrayData>>
quantir::readTestOutputs(StringRef folder, ArrayRef<ArrayInfo> outputs) {
  return readTestSet(folder, "output", outputs);
}
