#ifndef QUANTIR_LIB_CALIBRATE_ZIPFILE_H
#define QUANTIR_LIB_CALIBRATE_ZIPFILE_H

#include "DataFile.h"
#include <vector>

namespace quantir {

/// A file inside a zip file, as its central directory describes it.
struct ZipMember {
  std::string name;
  uint16_t flags = 0;
  uint16_t method = 0;
  uint32_t crc = 0;
  uint64_t compressedSize = 0;
  uint64_t size = 0;
  uint64_t localHeader = 0;
};

/// Reads the central directory, zip64 included. No two members share a name.
llvm::Expected<std::vector<ZipMember>> readZipDirectory(DataFile &file);

/// The contents of a stored or deflated member. Its checksum is compared when
/// its last byte was read in order. A deflated member starts anew when read
/// backwards.
/// \param where  names the member in messages.
llvm::Expected<std::unique_ptr<ByteStream>>
openZipMember(std::shared_ptr<DataFile> file, const ZipMember &member,
              std::string where);

} // namespace quantir

#endif // QUANTIR_LIB_CALIBRATE_ZIPFILE_H
