#ifndef QUANTIR_OPS_H
#define QUANTIR_OPS_H

#include "Quantir/FixedPoint.h"
#include "Quantir/QuantirDialect.h"
#include "Quantir/QuantirTypes.h"
#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "Quantir/QuantirEnums.h.inc"
#include "Quantir/QuantirInterfaces.h.inc"
#define GET_ATTRDEF_CLASSES
#include "Quantir/QuantirAttributes.h.inc"
#define GET_OP_CLASSES
#include "Quantir/QuantirOps.h.inc"

namespace quantir {

/// Marks functions without floating point between the conversions of their
/// arguments and results.
constexpr llvm::StringLiteral kIntegerOnlyAttr = "quantir.integer_only";

/// The numpy broadcast of two shapes, or failure.
mlir::FailureOr<llvm::SmallVector<int64_t>>
broadcastShapes(llvm::ArrayRef<int64_t> lhs, llvm::ArrayRef<int64_t> rhs);

/// Creates an op of a type that infers its result, from operands and
/// attributes that may come from a user's file: wrong ones give a diagnostic at
/// `location` and failure, never an op that does not verify.
template <typename OpType>
mlir::FailureOr<OpType>
tryCreate(mlir::OpBuilder &builder, mlir::Location location,
          mlir::ValueRange operands,
          llvm::ArrayRef<mlir::NamedAttribute> attributes = {}) {
  mlir::OperationState state(location, OpType::getOperationName());
  state.addOperands(operands);
  mlir::DictionaryAttr dictionary = builder.getDictionaryAttr(attributes);
  using Properties = typename OpType::Properties;
  mlir::OpaqueProperties properties = nullptr;
  if constexpr (!std::is_same_v<Properties, mlir::EmptyProperties>) {
    Properties &given = state.getOrAddProperties<Properties>();
    auto report = [&] { return mlir::emitError(location); };
    if (mlir::failed(OpType::setPropertiesFromAttr(given, dictionary, report)))
      return mlir::failure();
    properties = &given;
    state.name.populateDefaultProperties(properties);
  }
  mlir::SmallVector<mlir::Type> types;
  if (mlir::failed(OpType::inferReturnTypes(builder.getContext(), location,
                                            operands, dictionary, properties,
                                            {}, types)))
    return mlir::failure();
  state.addTypes(types);
  mlir::Operation *op = builder.create(state);
  if (mlir::failed(mlir::verify(op))) {
    op->erase();
    return mlir::failure();
  }
  return mlir::cast<OpType>(op);
}

/// Segments of the tables of `quantir.piecewise`.
constexpr int kPieces = 16;

/// The segment of `t`, which is not below `low`.
inline int pieceOf(float t, float low, float segmentsPerUnit) {
  return int(std::min((t - low) * segmentsPerUnit, float(kPieces - 1)));
}

/// True for f32 functions that take a polynomial or more.
inline bool isTranscendental(mlir::Operation *op) {
  return mlir::isa<ExpOp, LogOp, ErfOp, TanhOp, SigmoidOp, SiluOp, SoftplusOp,
                   GeluOp>(op);
}

} // namespace quantir

#endif // QUANTIR_OPS_H
