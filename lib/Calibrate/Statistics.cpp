#include "quantir/Calibrate/Statistics.h"

#include "DataFile.h"
#include "HistogramCodec.h"
#include "OutputFile.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Support/xxhash.h"

using namespace llvm;
using namespace quantir;

/// The last byte is the version of the format.
static constexpr StringLiteral magic("QTRSTAT\x03");
static constexpr size_t checksumSize = 8;
/// Each takes 32 KiB in memory.
static constexpr uint64_t mostTensors = 50000;

const Statistics::Tensor *Statistics::find(StringRef tensor) const {
  auto found = entries.find(tensor.str());
  return found == entries.end() ? nullptr : &found->second;
}

Error Statistics::merge(const Statistics &other) {
  if (hash != other.hash)
    return createStringError("statistics of model " + hash +
                             " cannot be merged with those of model " +
                             other.hash +
                             "; calibrate the same model for all parts");
  auto mergeable = [](const auto &left, const auto &right) {
    size_t mine = left.second.channels.channels().size();
    size_t theirs = right.second.channels.channels().size();
    return left.first == right.first &&
           (mine == theirs || mine == 0 || theirs == 0);
  };
  bool same = std::equal(entries.begin(), entries.end(), other.entries.begin(),
                         other.entries.end(), mergeable);
  if (!same && !entries.empty() && !other.entries.empty())
    return createStringError("statistics of model " + hash +
                             " name different tensors; calibrate all parts "
                             "with the same version and options");
  for (const auto &[name, tensor] : other.entries) {
    entries[name].histogram.merge(tensor.histogram);
    entries[name].channels.merge(tensor.channels);
    entries[name].sensitivity.merge(tensor.sensitivity);
  }
  samples += other.samples;
  return Error::success();
}

//===----------------------------------------------------------------------===//
// The file: magic, model, number of samples, tensors, xxh3 of all of that
//===----------------------------------------------------------------------===//

Error Statistics::save(StringRef path) const {
  std::string bytes;
  raw_string_ostream stream(bytes);
  stream << magic;
  writeText(stream, hash);
  writeNumber(stream, samples);
  writeNumber(stream, entries.size());
  for (const auto &[name, tensor] : entries) {
    writeText(stream, name);
    HistogramCodec::write(stream, tensor.histogram);
    HistogramCodec::write(stream, tensor.channels);
    HistogramCodec::write(stream, tensor.sensitivity);
  }
  char checksum[checksumSize];
  support::endian::write64le(checksum, xxh3_64bits(bytes));
  stream.write(checksum, sizeof(checksum));
  Expected<std::unique_ptr<OutputFile>> file = OutputFile::create(path);
  if (!file)
    return file.takeError();
  if (Error error = (*file)->writeAt(0, bytes))
    return error;
  return (*file)->finish();
}

Expected<Statistics> Statistics::load(StringRef path) {
  Expected<std::shared_ptr<DataFile>> file = DataFile::open(path);
  if (!file)
    return file.takeError();
  auto refuse = [&](const Twine &problem) {
    return (*file)->failure(problem + "; make it again with --calib-stats-out");
  };
  std::string contents((*file)->size, '\0');
  if (Error error = (*file)->read(0, contents))
    return error;
  StringRef bytes = contents;
  if (!bytes.starts_with(magic.drop_back()))
    return refuse("is not a file of calibration statistics");
  if (!bytes.starts_with(magic))
    return refuse("is of another version of the format");
  if (bytes.size() < magic.size() + checksumSize ||
      xxh3_64bits(bytes.drop_back(checksumSize)) !=
          support::endian::read64le(bytes.end() - checksumSize))
    return refuse("is cut off or damaged");

  FieldReader reader(bytes.drop_front(magic.size()).drop_back(checksumSize));
  Statistics result(reader.text());
  result.samples = reader.number();
  uint64_t tensors = reader.number();
  if (tensors > mostTensors)
    return refuse("has " + Twine(tensors) + " tensors, over the limit of " +
                  Twine(mostTensors));
  for (; tensors && !reader.failed; --tensors) {
    auto [entry, isNew] =
        result.entries.try_emplace(reader.text().str(), Tensor());
    if (!isNew || !HistogramCodec::read(reader, entry->second.histogram) ||
        !HistogramCodec::read(reader, entry->second.channels) ||
        !HistogramCodec::read(reader, entry->second.sensitivity))
      return refuse("is damaged: tensor '" + entry->first + "' makes no sense");
  }
  if (reader.failed || !reader.rest.empty())
    return refuse("is cut off or damaged");
  return result;
}
