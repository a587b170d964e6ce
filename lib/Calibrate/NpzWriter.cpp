#include "quantir/Calibrate/NpzWriter.h"

#include "NpyHeader.h"
#include "OutputFile.h"
#include "llvm/ADT/StringExtras.h"
#include <zlib.h>

using namespace llvm;
using namespace quantir;

// "APPNOTE.TXT - .ZIP File Format Specification", PKWARE, version 6.3.
static constexpr uint64_t seeZip64 = 0xffffffff;

namespace {
/// Little-endian integers, appended.
class Record {
public:
  Record &u16(uint64_t value) { return integer(value, 2); }
  Record &u32(uint64_t value) { return integer(value, 4); }
  Record &u64(uint64_t value) { return integer(value, 8); }
  /// The value, or the mark that the zip64 field has it.
  Record &u32OrMark(uint64_t value) { return u32(std::min(value, seeZip64)); }
  Record &text(StringRef value) {
    bytes += value;
    return *this;
  }

  std::string bytes;

private:
  Record &integer(uint64_t value, unsigned size) {
    for (unsigned index = 0; index != size; ++index)
      bytes += static_cast<char>(value >> (8 * index));
    return *this;
  }
};

/// What both headers of a zip member say.
struct ZipEntry {
  std::string name;
  uint64_t size;
  uint64_t localHeader;
  uint32_t crc;

  bool large() const { return size >= seeZip64; }

  /// From the version needed up to the name's length: flags (UTF-8 names when
  /// not ASCII), stored, 1980-01-01, checksum, sizes.
  void common(Record &record) const {
    record.u16(large() || localHeader >= seeZip64 ? 45 : 20)
        .u16(isASCII(name) ? 0 : 0x800)
        .u16(0)
        .u16(0)
        .u16(0x21)
        .u32(crc)
        .u32OrMark(size)
        .u32OrMark(size)
        .u16(name.size());
  }

  std::string local() const {
    Record extra, record;
    if (large())
      extra.u16(1).u16(16).u64(size).u64(size);
    common(record.u32(0x04034b50));
    return record.u16(extra.bytes.size()).text(name).text(extra.bytes).bytes;
  }

  std::string central() const {
    Record values, extra, record;
    if (large())
      values.u64(size).u64(size);
    if (localHeader >= seeZip64)
      values.u64(localHeader);
    if (!values.bytes.empty())
      extra.u16(1).u16(values.bytes.size()).text(values.bytes);
    common(record.u32(0x02014b50).u16(45));
    record.u16(extra.bytes.size()).u16(0).u16(0).u16(0).u32(0);
    record.u32OrMark(localHeader);
    return record.text(name).text(extra.bytes).bytes;
  }
};
} // namespace

static std::string endOfDirectory(uint64_t entries, uint64_t size,
                                  uint64_t offset) {
  Record record;
  if (entries >= 0xffff || size >= seeZip64 || offset >= seeZip64) {
    record.u32(0x06064b50).u64(44).u16(45).u16(45).u32(0).u32(0);
    record.u64(entries).u64(entries).u64(size).u64(offset);
    record.u32(0x07064b50).u32(0).u64(offset + size).u32(1);
  }
  uint64_t few = std::min<uint64_t>(entries, 0xffff);
  record.u32(0x06054b50).u16(0).u16(0).u16(few).u16(few);
  record.u32OrMark(size).u32OrMark(offset).u16(0);
  return record.bytes;
}

NpzWriter::NpzWriter(std::unique_ptr<OutputFile> file)
    : file(std::move(file)) {}

NpzWriter::~NpzWriter() = default;

static ZipEntry entryOf(const ArrayInfo &info, uint64_t size,
                        uint64_t localHeader, uint32_t crc) {
  return {info.name + ".npy", size, localHeader, crc};
}

Expected<std::unique_ptr<NpzWriter>>
NpzWriter::create(StringRef path, ArrayRef<ArrayInfo> arrays) {
  for (const ArrayInfo &info : arrays)
    if (info.name.size() > 0xff00)
      return createStringError("an array name of " + Twine(info.name.size()) +
                               " bytes does not fit into '" + path + "'");
  Expected<std::unique_ptr<OutputFile>> file = OutputFile::create(path);
  if (!file)
    return file.takeError();
  std::unique_ptr<NpzWriter> writer(new NpzWriter(std::move(*file)));
  writer->place(arrays);
  for (Member &member : writer->members)
    if (Error error = writer->file->writeAt(
            member.dataStart - member.header.size(), member.header))
      return error;
  return writer;
}

/// Gives every member its place; only the checksums are not known yet.
void NpzWriter::place(ArrayRef<ArrayInfo> arrays) {
  for (const ArrayInfo &info : arrays) {
    Member member{info, npyHeader(info.element, info.shape), directory};
    std::string local =
        entryOf(info, member.size(), member.localHeader, 0).local();
    member.dataStart = directory + local.size() + member.header.size();
    member.crc =
        crc32_z(0, reinterpret_cast<const Bytef *>(member.header.data()),
                member.header.size());
    directory += local.size() + member.size();
    members.push_back(std::move(member));
  }
}

Error NpzWriter::append(unsigned index, ArrayRef<char> bytes) {
  Member &member = members[index];
  if (bytes.size() > member.info.byteSize() - member.written)
    return createStringError("array '" + member.info.name + "' of '" +
                             file->path + "' is full");
  if (Error error = file->writeAt(member.dataStart + member.written, bytes))
    return error;
  member.written += bytes.size();
  member.crc = crc32_z(
      member.crc, reinterpret_cast<const Bytef *>(bytes.data()), bytes.size());
  return Error::success();
}

Error NpzWriter::finish() {
  std::string central;
  for (const Member &member : members) {
    if (member.written != member.info.byteSize())
      return createStringError("array '" + member.info.name + "' of '" +
                               file->path + "' has " + Twine(member.written) +
                               " of its " + Twine(member.info.byteSize()) +
                               " bytes");
    ZipEntry entry =
        entryOf(member.info, member.size(), member.localHeader, member.crc);
    if (Error error = file->writeAt(member.localHeader, entry.local()))
      return error;
    central += entry.central();
  }
  uint64_t size = central.size();
  central += endOfDirectory(members.size(), size, directory);
  if (Error error = file->writeAt(directory, central))
    return error;
  return file->finish();
}
