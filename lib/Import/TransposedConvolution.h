#ifndef QUANTIR_LIB_IMPORT_TRANSPOSEDCONVOLUTION_H
#define QUANTIR_LIB_IMPORT_TRANSPOSEDCONVOLUTION_H

#include "NodeImport.h"

namespace quantir {

mlir::LogicalResult importConvTranspose(NodeImport &node);

} // namespace quantir

#endif // QUANTIR_LIB_IMPORT_TRANSPOSEDCONVOLUTION_H
