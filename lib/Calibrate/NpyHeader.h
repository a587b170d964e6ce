#ifndef QUANTIR_LIB_CALIBRATE_NPYHEADER_H
#define QUANTIR_LIB_CALIBRATE_NPYHEADER_H

#include "DataFile.h"
#include "quantir/Calibrate/ArrayInfo.h"

namespace quantir {

struct NpyHeader {
  ArrayElement element;
  llvm::SmallVector<int64_t> shape;
  uint64_t dataOffset = 0;
};

/// Reads the header of an array file of version 1, 2 or 3 by a strict grammar;
/// nothing in it is ever evaluated. The data that follow have exactly the size
/// that type and shape ask for.
llvm::Expected<NpyHeader> readNpyHeader(ByteStream &stream);

/// The header of version 1 that numpy itself would write.
std::string npyHeader(ArrayElement element, llvm::ArrayRef<int64_t> shape);

} // namespace quantir

#endif // QUANTIR_LIB_CALIBRATE_NPYHEADER_H
