#ifndef QUANTIR_LIB_IMPORT_FOLDNODE_H
#define QUANTIR_LIB_IMPORT_FOLDNODE_H

#include "mlir/IR/Builders.h"

namespace quantir {

/// The value of a newly built op: a constant in its place when all its operands
/// are constants and the result needs at most `foldBytes`, or no more than the
/// operands do.
mlir::Value foldNode(mlir::Operation *op, mlir::OpBuilder &builder,
                     int64_t foldBytes);

} // namespace quantir

#endif // QUANTIR_LIB_IMPORT_FOLDNODE_H
