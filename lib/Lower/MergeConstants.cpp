#include "quantir/Lower/MergeConstants.h"

#include "KernelFunction.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/SymbolTable.h"
#include "quantir/Lower/PackedOrder.h"
#include "quantir/Lower/Passes.h"
#include <map>
#include <set>

namespace quantir {
#define GEN_PASS_DEF_MERGECONSTANTSPASS
#include "quantir/Lower/Passes.h.inc"
} // namespace quantir

using namespace mlir;
using namespace quantir;

namespace {
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

/// What becomes one constant.
struct Merged {
  StringRef name;
  std::vector<char> bytes;
  int64_t end = 0; ///< without slack

  /// Appends the elements of `global`, aligned as it asks; the slack of what is
  /// there already may be overwritten. Returns the offset.
  int64_t append(memref::GlobalOp global, DenseElementsAttr data);
  MemRefType type(MLIRContext *context) const {
    return MemRefType::get({int64_t(bytes.size())},
                           IntegerType::get(context, 8));
  }
  void define(ModuleOp module) const;
};

int64_t Merged::append(memref::GlobalOp global, DenseElementsAttr data) {
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

void Merged::define(ModuleOp module) const {
  if (bytes.empty())
    return;
  OpBuilder b = OpBuilder::atBlockBegin(module.getBody());
  auto tensor = RankedTensorType::get({int64_t(bytes.size())}, b.getI8Type());
  memref::GlobalOp::create(b, module.getLoc(), name, b.getStringAttr("private"),
                           type(b.getContext()),
                           DenseElementsAttr::getFromRawBuffer(tensor, bytes),
                           /*constant=*/true, b.getI64IntegerAttr(64));
}

/// What makes two globals one constant.
using Identity = std::tuple<const void *, uint64_t, bool, bool>;

Identity identityOf(memref::GlobalOp global) {
  Attribute value = global.getInitialValue().value_or(Attribute());
  return {value.getAsOpaquePointer(), global.getAlignment().value_or(0),
          global->hasAttr(kSlackAttr), global->hasAttr(kReadByRowsAttr)};
}

/// Where the constants of some modules go.
struct Layout {
  Merged whole{kConstants, {}}, byRows{kTables, {}};
  std::map<Identity, std::pair<Merged *, int64_t>> places;
  SmallVector<MergedConstant> constants;

  void add(memref::GlobalOp global, DenseElementsAttr data) {
    auto [place, isNew] = places.try_emplace(identityOf(global));
    if (!isNew)
      return;
    Merged &merged = global->hasAttr(kReadByRowsAttr) ? byRows : whole;
    place->second = {&merged, merged.append(global, data)};
    int64_t offset = place->second.second;
    constants.push_back({merged.name, offset, merged.end - offset, data,
                         global->getAttr(kOrderAttr)});
  }
  void rewrite(ModuleOp module) const;
};

/// Makes the globals of a module views of the merged ones.
void Layout::rewrite(ModuleOp module) const {
  llvm::StringMap<std::pair<Merged *, int64_t>> placeOf;
  for (auto global :
       llvm::make_early_inc_range(module.getOps<memref::GlobalOp>()))
    if (dataOf(global)) {
      placeOf[global.getSymName()] = places.at(identityOf(global));
      global.erase();
    }
  byRows.define(module);
  whole.define(module);
  module.walk([&](memref::GetGlobalOp use) {
    auto place = placeOf.find(use.getName());
    if (place == placeOf.end())
      return;
    auto [merged, offset] = place->second;
    OpBuilder b(use);
    Location location = use.getLoc();
    Value all = memref::GetGlobalOp::create(
        b, location, merged->type(module.getContext()), merged->name);
    Value start = arith::ConstantIndexOp::create(b, location, offset);
    Value view = memref::ViewOp::create(b, location, use.getType(), all, start,
                                        ValueRange());
    use.replaceAllUsesWith(view);
    use.erase();
  });
}

struct MergeConstants : quantir::impl::MergeConstantsPassBase<MergeConstants> {
  void runOnOperation() override { mergeConstants(getOperation()); }
};
} // namespace

SmallVector<memref::GlobalOp>
quantir::distinctConstants(ArrayRef<ModuleOp> modules) {
  SmallVector<memref::GlobalOp> distinct;
  std::set<Identity> seen;
  for (ModuleOp module : modules)
    for (auto global : module.getOps<memref::GlobalOp>())
      if (seen.insert(identityOf(global)).second)
        distinct.push_back(global);
  return distinct;
}

SmallVector<MergedConstant>
quantir::mergeConstants(ArrayRef<ModuleOp> modules) {
  Layout layout;
  for (memref::GlobalOp global : distinctConstants(modules))
    if (DenseElementsAttr data = dataOf(global))
      layout.add(global, data);
  for (ModuleOp module : modules)
    layout.rewrite(module);
  return std::move(layout.constants);
}
