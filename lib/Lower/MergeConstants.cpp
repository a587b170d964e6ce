#include "KernelFunction.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/SymbolTable.h"
#include "quantir/Lower/Passes.h"

namespace quantir {
#define GEN_PASS_DEF_MERGECONSTANTSPASS
#include "quantir/Lower/Passes.h.inc"
} // namespace quantir

using namespace mlir;
using namespace quantir;

namespace {
constexpr StringLiteral kMerged = "constants";

/// The data of a global that is one flat private constant, or null.
DenseElementsAttr dataOf(memref::GlobalOp global) {
  if (!global.getConstant() || global.isPublic() || global.isExternal())
    return {};
  auto data = dyn_cast<DenseElementsAttr>(global.getConstantInitValue());
  bool flat = data && data.getType().getRank() == 1 &&
              data.getElementType().isIntOrFloat() &&
              data.getElementType().getIntOrFloatBitWidth() % 8 == 0;
  return flat ? data : DenseElementsAttr();
}

/// Appends the elements of `global`, aligned as it asks; the slack of what is
/// there already may be overwritten. Returns the offset.
int64_t append(std::vector<char> &bytes, int64_t &end, memref::GlobalOp global,
               DenseElementsAttr data) {
  int64_t width = data.getElementType().getIntOrFloatBitWidth() / 8;
  int64_t offset = llvm::alignTo(end, global.getAlignment().value_or(width));
  int64_t size = data.getNumElements() * width;
  bytes.resize(offset + size, 0);
  ArrayRef<char> raw = data.getRawData();
  for (int64_t at = 0; at < size; at += raw.size())
    llvm::copy(raw, bytes.begin() + offset + at);
  end = offset + size - (global->hasAttr(kSlackAttr) ? kSlackBytes : 0);
  return offset;
}

struct MergeConstants : quantir::impl::MergeConstantsPassBase<MergeConstants> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    std::vector<char> bytes;
    int64_t end = 0;
    llvm::StringMap<int64_t> offsets;
    for (auto global :
         llvm::make_early_inc_range(module.getOps<memref::GlobalOp>()))
      if (DenseElementsAttr data = dataOf(global)) {
        offsets[global.getSymName()] = append(bytes, end, global, data);
        global.erase();
      }
    if (bytes.empty())
      return;
    OpBuilder b = OpBuilder::atBlockBegin(module.getBody());
    auto type = MemRefType::get({int64_t(bytes.size())}, b.getI8Type());
    auto tensor = RankedTensorType::get(type.getShape(), b.getI8Type());
    memref::GlobalOp::create(b, module.getLoc(), kMerged,
                             b.getStringAttr("private"), type,
                             DenseElementsAttr::getFromRawBuffer(tensor, bytes),
                             /*constant=*/true, b.getI64IntegerAttr(64));
    module.walk([&](memref::GetGlobalOp use) {
      auto offset = offsets.find(use.getName());
      if (offset == offsets.end())
        return;
      OpBuilder b(use);
      Location location = use.getLoc();
      Value all = memref::GetGlobalOp::create(b, location, type, kMerged);
      Value start = arith::ConstantIndexOp::create(b, location, offset->second);
      Value view = memref::ViewOp::create(b, location, use.getType(), all,
                                          start, ValueRange());
      use.replaceAllUsesWith(view);
      use.erase();
    });
  }
};
} // namespace
