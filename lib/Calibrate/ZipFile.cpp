#include "ZipFile.h"

#include "llvm/Support/Endian.h"
#include <array>
#include <limits>
#include <zlib.h>

using namespace llvm;
using namespace quantir;

static constexpr uint32_t localSignature = 0x04034b50;
static constexpr size_t localSize = 30;
static constexpr uint16_t stored = 0, deflated = 8;
static constexpr uint16_t encrypted = 1;
static constexpr size_t chunkSize = 1 << 16;

namespace {
/// Follows the reads of a member from its start and compares at its end.
class RunningChecksum {
public:
  explicit RunningChecksum(uint32_t expected) : expected(expected) {}

  Error follow(const ByteStream &stream, uint64_t offset,
               ArrayRef<char> bytes) {
    if (offset == 0)
      position = value = 0;
    if (offset != position)
      return Error::success();
    value = crc32_z(value, reinterpret_cast<const Bytef *>(bytes.data()),
                    bytes.size());
    position += bytes.size();
    if (position == stream.size && value != expected)
      return stream.failure("is damaged: its checksum is wrong; make or copy "
                            "the file again");
    return Error::success();
  }

private:
  uint64_t position = 0;
  uint32_t value = 0;
  uint32_t expected;
};

class StoredMember final : public ByteStream {
public:
  StoredMember(std::shared_ptr<DataFile> file, std::string where,
               const ZipMember &member, uint64_t start)
      : ByteStream(std::move(where), member.size), file(std::move(file)),
        start(start), checksum(member.crc) {}

private:
  Error readInside(uint64_t offset, MutableArrayRef<char> bytes) override {
    if (Error error = file->read(start + offset, bytes))
      return error;
    return checksum.follow(*this, offset, bytes);
  }

  std::shared_ptr<DataFile> file;
  uint64_t start;
  RunningChecksum checksum;
};

class DeflatedMember final : public ByteStream {
public:
  DeflatedMember(std::shared_ptr<DataFile> file, std::string where,
                 const ZipMember &member, uint64_t start)
      : ByteStream(std::move(where), member.size), file(std::move(file)),
        start(start), compressedSize(member.compressedSize),
        checksum(member.crc) {}

  ~DeflatedMember() override {
    if (started)
      inflateEnd(&state);
  }

private:
  Error readInside(uint64_t offset, MutableArrayRef<char> bytes) override {
    if (!started || offset < position)
      if (Error error = restart())
        return error;
    std::array<char, chunkSize> skipped;
    while (position < offset) {
      size_t size = std::min<uint64_t>(skipped.size(), offset - position);
      if (Error error = produce(MutableArrayRef(skipped.data(), size)))
        return error;
    }
    return produce(bytes);
  }

  Error restart() {
    if (started)
      inflateEnd(&state);
    state = {};
    started = inflateInit2(&state, -MAX_WBITS) == Z_OK;
    position = consumed = 0;
    return started ? Error::success()
                   : failure("needs more memory than there is");
  }

  Error refill() {
    size_t size = std::min<uint64_t>(input.size(), compressedSize - consumed);
    if (size == 0)
      return failure("is truncated; make or copy the file again");
    if (Error error =
            file->read(start + consumed, MutableArrayRef(input.data(), size)))
      return error;
    consumed += size;
    state.next_in = reinterpret_cast<Bytef *>(input.data());
    state.avail_in = static_cast<uInt>(size);
    return Error::success();
  }

  /// Inflates the next `bytes.size()` bytes.
  Error produce(MutableArrayRef<char> bytes) {
    uint64_t offset = std::exchange(position, unknown);
    for (MutableArrayRef<char> rest = bytes; !rest.empty();) {
      if (state.avail_in == 0)
        if (Error error = refill())
          return error;
      size_t size = std::min<size_t>(rest.size(), 1u << 30);
      state.next_out = reinterpret_cast<Bytef *>(rest.data());
      state.avail_out = static_cast<uInt>(size);
      int status = inflate(&state, Z_NO_FLUSH);
      rest = rest.drop_front(size - state.avail_out);
      if (status == Z_OK || (status == Z_STREAM_END && rest.empty()))
        continue;
      if (status == Z_BUF_ERROR && state.avail_in == 0)
        continue;
      return failure("is damaged: its compressed data end early or make no "
                     "sense; make or copy the file again");
    }
    position = offset + bytes.size();
    return checksum.follow(*this, offset, bytes);
  }

  std::shared_ptr<DataFile> file;
  uint64_t start;
  uint64_t compressedSize;
  RunningChecksum checksum;
  z_stream state = {};
  bool started = false;
  /// After an error: the next read starts anew.
  static constexpr uint64_t unknown = std::numeric_limits<uint64_t>::max();
  uint64_t position = 0; // of the next byte that inflate gives
  uint64_t consumed = 0; // compressed bytes read from the file
  std::array<char, chunkSize> input;
};
} // namespace

Expected<std::unique_ptr<ByteStream>>
quantir::openZipMember(std::shared_ptr<DataFile> file, const ZipMember &member,
                       std::string where) {
  auto refuse = [&](const Twine &problem) {
    return createStringError(where + " " + problem);
  };
  if (member.flags & encrypted)
    return refuse("is encrypted; save it without a password");
  if (member.method != stored && member.method != deflated)
    return refuse("is compressed by method " + Twine(member.method) +
                  "; save it with numpy.savez or numpy.savez_compressed");
  char local[localSize];
  if (Error error = file->read(member.localHeader, local))
    return error;
  // Only the local header knows how long it is itself.
  uint64_t start = member.localHeader + localSize +
                   support::endian::read16le(local + 26) +
                   support::endian::read16le(local + 28);
  if (support::endian::read32le(local) != localSignature ||
      start > file->size || member.compressedSize > file->size - start ||
      (member.method == stored && member.size != member.compressedSize))
    return refuse("is not where the file's directory says, or cut off; make or "
                  "copy the file again");
  if (member.method == stored)
    return std::make_unique<StoredMember>(std::move(file), std::move(where),
                                          member, start);
  return std::make_unique<DeflatedMember>(std::move(file), std::move(where),
                                          member, start);
}
