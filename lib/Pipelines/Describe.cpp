#include "Describe.h"

#include "Quantir/QuantirOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "quantir/Fuse/Passes.h"
#include "quantir/Import/ContentHash.h"
#include "quantir/Import/NodeLocation.h"
#include "quantir/Lower/KernelName.h"
#include "quantir/Lower/MergeConstants.h"
#include "quantir/Lower/Passes.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace quantir;

static quantir_type typeOf(Type element) {
  if (element.isF32())
    return QUANTIR_F32;
  if (element.isInteger(64))
    return QUANTIR_I64;
  if (element.isInteger(1))
    return QUANTIR_BOOL;
  if (auto codes = dyn_cast<quant::QuantizedType>(element)) {
    if (codes.getStorageTypeIntegralWidth() == 32)
      return QUANTIR_I32;
    return codes.isSigned() ? QUANTIR_I8 : QUANTIR_U8;
  }
  if (element.isInteger(32))
    return QUANTIR_I32;
  return element.isUnsignedInteger() ? QUANTIR_U8 : QUANTIR_I8;
}

static TensorDescription describeTensor(Type type, Attribute name,
                                        std::string unnamed) {
  auto tensor = cast<RankedTensorType>(type);
  TensorDescription description;
  auto given = dyn_cast_if_present<StringAttr>(name);
  description.name = given ? given.str() : std::move(unnamed);
  description.type = typeOf(tensor.getElementType());
  description.shape = llvm::to_vector(tensor.getShape());
  if (auto codes =
          dyn_cast<quant::UniformQuantizedType>(tensor.getElementType())) {
    description.quantized = true;
    description.scale = codes.getScale();
    description.zeroPoint = codes.getZeroPoint();
  }
  return description;
}

/// A batch that runs sample by sample is one tensor to the caller.
static void multiplyBatch(std::vector<TensorDescription> &tensors,
                          int64_t samples) {
  for (TensorDescription &tensor : tensors)
    if (samples > 1)
      tensor.shape[0] *= samples;
}

ArtifactDescription quantir::describe(ModuleOp module, StringRef name) {
  ArtifactDescription description;
  description.name = cIdentifier(name);
  auto main = module.lookupSymbol<func::FuncOp>("main");
  if (!main)
    return description;
  for (auto [i, type] : llvm::enumerate(main.getArgumentTypes()))
    description.inputs.push_back(
        describeTensor(type, main.getArgAttr(i, "quantir.name"),
                       "input_" + std::to_string(i)));
  for (auto [i, type] : llvm::enumerate(main.getResultTypes()))
    description.outputs.push_back(
        describeTensor(type, main.getResultAttr(i, "quantir.name"),
                       "output_" + std::to_string(i)));
  if (auto samples = main->getAttrOfType<IntegerAttr>(kBatchAttr)) {
    multiplyBatch(description.inputs, samples.getInt());
    multiplyBatch(description.outputs, samples.getInt());
  }
  return description;
}

std::vector<StepDescription> quantir::stepsOf(ModuleOp module) {
  std::vector<StepDescription> steps;
  for (auto launch :
       module.lookupSymbol<func::FuncOp>("main").getOps<LaunchOp>())
    steps.push_back({kindOfKernel(launch.getKernel()).str(),
                     nodesBehind(launch.getLoc()),
                     uint64_t(launch.getMacs().value_or(0)),
                     uint64_t(launch.getBytes().value_or(0))});
  return steps;
}

void quantir::addLowered(ArrayRef<ModuleOp> levels,
                         ArtifactDescription &description) {
  description.steps = stepsOf(levels.front());
  for (ModuleOp level : levels)
    description.arenaSize = std::max<uint64_t>(
        description.arenaSize,
        arenaOfRun(level.lookupSymbol<func::FuncOp>("main")));
  ContentHash hash;
  description.weightsSize = 0;
  for (memref::GlobalOp global : distinctConstants(levels)) {
    auto value = cast<DenseElementsAttr>(*global.getInitialValue());
    description.weightsSize += global.getType().getNumElements() *
                               global.getType().getElementTypeBitWidth() / 8;
    ArrayRef<char> raw = value.getRawData();
    hash.add(StringRef(raw.data(), raw.size()));
  }
  description.weightsHash = hash.hex();
  description.constantsSymbol = kConstants.str();
  description.tablesSymbol = kTables.str();
}

size_t quantir::byteSize(const TensorDescription &tensor) {
  return arrayInfos(tensor)[0].byteSize();
}

std::vector<ArrayInfo>
quantir::arrayInfos(ArrayRef<TensorDescription> tensors) {
  auto element = [](quantir_type type) {
    switch (type) {
    case QUANTIR_F32:
      return ArrayElement::F32;
    case QUANTIR_I64:
      return ArrayElement::I64;
    case QUANTIR_I32:
      return ArrayElement::I32;
    case QUANTIR_I8:
      return ArrayElement::I8;
    case QUANTIR_U8:
      return ArrayElement::U8;
    case QUANTIR_BOOL:
      return ArrayElement::Bool;
    }
    llvm_unreachable("unknown type");
  };
  std::vector<ArrayInfo> infos;
  for (const TensorDescription &tensor : tensors)
    infos.push_back({tensor.name, element(tensor.type), tensor.shape});
  return infos;
}
