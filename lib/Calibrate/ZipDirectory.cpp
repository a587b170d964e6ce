#include "ZipFile.h"

#include "llvm/ADT/StringSet.h"
#include "llvm/Support/Endian.h"
#include <vector>

using namespace llvm;
using namespace quantir;
using support::endian::read16le;
using support::endian::read32le;
using support::endian::read64le;

// The names and offsets are those of "APPNOTE.TXT - .ZIP File Format
// Specification", PKWARE, version 6.3.
static constexpr uint32_t endSignature = 0x06054b50;
static constexpr uint32_t end64Signature = 0x06064b50;
static constexpr uint32_t locator64Signature = 0x07064b50;
static constexpr uint32_t entrySignature = 0x02014b50;
static constexpr size_t endSize = 22, locatorSize = 20, end64Size = 56,
                        entrySize = 46;
static constexpr uint32_t seeZip64 = 0xffffffff;
static constexpr uint64_t largestDirectory = 64 << 20;

namespace {
struct DirectoryPlace {
  uint64_t offset;
  uint64_t size;
};
} // namespace

static Error damaged(const DataFile &file, const Twine &how) {
  return file.failure("is not a sound npz (zip) file: " + how +
                      "; make or copy it again");
}

/// The end record is the last thing in the file but for a comment, whose length
/// it states: that tells it from look-alikes inside the comment.
static Expected<uint64_t> findEnd(DataFile &file, std::vector<char> &tail) {
  uint64_t tailSize = std::min<uint64_t>(file.size, endSize + 0xffff);
  tail.resize(tailSize);
  if (Error error = file.read(file.size - tailSize, tail))
    return error;
  for (size_t rest = endSize; rest <= tailSize; ++rest) {
    const char *record = tail.data() + tailSize - rest;
    if (read32le(record) == endSignature &&
        read16le(record + 20) == rest - endSize)
      return file.size - rest;
  }
  return damaged(file, "it has no directory at its end");
}

/// Replaces what the end record leaves to its zip64 counterpart before it.
static Error readEnd64(DataFile &file, uint64_t end, DirectoryPlace &place) {
  char locator[locatorSize], record[end64Size];
  if (end < locatorSize)
    return damaged(file, "its zip64 locator is missing");
  if (Error error = file.read(end - locatorSize, locator))
    return error;
  if (read32le(locator) != locator64Signature)
    return damaged(file, "its zip64 locator is missing");
  uint64_t offset = read64le(locator + 8);
  if (Error error = file.read(offset, record))
    return error;
  if (read32le(record) != end64Signature)
    return damaged(file, "its zip64 directory is missing");
  place = {read64le(record + 48), read64le(record + 40)};
  return Error::success();
}

static Expected<DirectoryPlace> findDirectory(DataFile &file) {
  std::vector<char> tail;
  Expected<uint64_t> end = findEnd(file, tail);
  if (!end)
    return end.takeError();
  const char *record = tail.data() + tail.size() - (file.size - *end);
  DirectoryPlace place{read32le(record + 16), read32le(record + 12)};
  if (place.offset == seeZip64 || place.size == seeZip64 ||
      read16le(record + 10) == 0xffff)
    if (Error error = readEnd64(file, *end, place))
      return error;
  if (place.offset > *end || place.size > *end - place.offset)
    return damaged(file, "its directory lies outside of it");
  if (place.size > largestDirectory)
    return damaged(file, "its directory is over the limit of 64 MiB");
  return place;
}

/// Takes from the zip64 extra field, in their fixed order, the values that did
/// not fit into the entry. False when one is missing.
static bool readExtra64(ArrayRef<char> extra, ZipMember &member) {
  while (extra.size() >= 4) {
    uint16_t id = read16le(extra.data()), size = read16le(extra.data() + 2);
    extra = extra.drop_front(4);
    if (size > extra.size())
      return false;
    ArrayRef<char> field = extra.take_front(size);
    extra = extra.drop_front(size);
    if (id != 1)
      continue;
    for (uint64_t *value :
         {&member.size, &member.compressedSize, &member.localHeader}) {
      if (*value != seeZip64)
        continue;
      if (field.size() < 8)
        return false;
      *value = read64le(field.data());
      field = field.drop_front(8);
    }
    return true;
  }
  return false;
}

/// Takes the next entry off `rest`; nothing where it is damaged.
static std::optional<ZipMember> readEntry(ArrayRef<char> &rest) {
  if (rest.size() < entrySize || read32le(rest.data()) != entrySignature)
    return std::nullopt;
  const char *entry = rest.data();
  ZipMember member;
  member.flags = read16le(entry + 8);
  member.method = read16le(entry + 10);
  member.crc = read32le(entry + 16);
  member.compressedSize = read32le(entry + 20);
  member.size = read32le(entry + 24);
  member.localHeader = read32le(entry + 42);
  size_t nameSize = read16le(entry + 28), extraSize = read16le(entry + 30),
         commentSize = read16le(entry + 32);
  rest = rest.drop_front(entrySize);
  if (rest.size() < nameSize + extraSize + commentSize)
    return std::nullopt;
  member.name.assign(rest.data(), nameSize);
  bool needs64 = member.compressedSize == seeZip64 || member.size == seeZip64 ||
                 member.localHeader == seeZip64;
  if (needs64 && !readExtra64(rest.slice(nameSize, extraSize), member))
    return std::nullopt;
  rest = rest.drop_front(nameSize + extraSize + commentSize);
  return member;
}

Expected<std::vector<ZipMember>> quantir::readZipDirectory(DataFile &file) {
  Expected<DirectoryPlace> place = findDirectory(file);
  if (!place)
    return place.takeError();
  std::vector<char> bytes(place->size);
  if (Error error = file.read(place->offset, bytes))
    return error;
  std::vector<ZipMember> members;
  StringSet<> names;
  for (ArrayRef<char> rest = bytes; !rest.empty();) {
    std::optional<ZipMember> member = readEntry(rest);
    if (!member)
      return damaged(file, "entry " + Twine(members.size()) +
                               " of its directory is cut off or damaged");
    if (!names.insert(member->name).second)
      return damaged(file, "'" + member->name + "' is in it twice");
    members.push_back(std::move(*member));
  }
  return members;
}
