#include "Quantir/QuantirDialect.h"

#include "Quantir/QuantirOps.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace quantir;

#include "Quantir/QuantirDialect.cpp.inc"
#include "Quantir/QuantirEnums.cpp.inc"
#include "Quantir/QuantirInterfaces.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "Quantir/QuantirAttributes.cpp.inc"
#define GET_OP_CLASSES
#include "Quantir/QuantirOps.cpp.inc"

namespace {
/// Long types get a name at the top of the printed module.
struct QuantirAliases : OpAsmDialectInterface {
  using OpAsmDialectInterface::OpAsmDialectInterface;
  AliasResult getAlias(Type type, raw_ostream &os) const override {
    if (!isa<quant::UniformQuantizedPerAxisType>(type))
      return AliasResult::NoAlias;
    os << "axis";
    return AliasResult::FinalAlias;
  }
};
} // namespace

void QuantirDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "Quantir/QuantirAttributes.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "Quantir/QuantirOps.cpp.inc"
      >();
  addInterfaces<QuantirAliases>();
}

Operation *QuantirDialect::materializeConstant(OpBuilder &builder,
                                               Attribute value, Type type,
                                               Location location) {
  if (auto elements = dyn_cast<ElementsAttr>(value))
    return ConstantOp::create(builder, location, type, elements);
  return nullptr;
}
