#include "DecorateBindings.h"
#include "mlir/Conversion/ArithToSPIRV/ArithToSPIRV.h"
#include "mlir/Conversion/FuncToSPIRV/FuncToSPIRV.h"
#include "mlir/Conversion/GPUToSPIRV/GPUToSPIRV.h"
#include "mlir/Conversion/MathToSPIRV/MathToSPIRV.h"
#include "mlir/Conversion/MemRefToSPIRV/MemRefToSPIRV.h"
#include "mlir/Conversion/SCFToSPIRV/SCFToSPIRV.h"
#include "mlir/Conversion/VectorToSPIRV/VectorToSPIRV.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/SPIRV/IR/SPIRVDialect.h"
#include "mlir/Dialect/SPIRV/IR/SPIRVOps.h"
#include "mlir/Dialect/SPIRV/IR/TargetAndABI.h"
#include "mlir/Dialect/SPIRV/Transforms/Passes.h"
#include "mlir/Dialect/SPIRV/Transforms/SPIRVConversion.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"
#include "quantir/Gpu/Passes.h"

namespace quantir {
#define GEN_PASS_DEF_CONVERTGPUTOSPIRVPASS
#include "quantir/Gpu/Passes.h.inc"
} // namespace quantir

using namespace mlir;
using namespace quantir;

/// Packed dot products are of SPIR-V 1.6 or of an extension that the dialect
/// knows for 1.6 alone, so capabilities are found at 1.6; all that kernels use
/// is in 1.3 otherwise.
static spirv::TargetEnvAttr deviceOfKernels(MLIRContext *context) {
  auto triple = spirv::VerCapExtAttr::get(
      spirv::Version::V_1_6,
      {spirv::Capability::Shader, spirv::Capability::DotProduct,
       spirv::Capability::DotProductInput4x8BitPacked},
      {spirv::Extension::SPV_KHR_storage_buffer_storage_class,
       spirv::Extension::SPV_KHR_integer_dot_product},
      context);
  return spirv::TargetEnvAttr::get(
      triple, spirv::getDefaultResourceLimits(context),
      spirv::ClientAPI::Vulkan, spirv::Vendor::Unknown,
      spirv::DeviceType::Unknown, spirv::TargetEnvAttr::kUnknownDeviceID);
}

/// True when a loop has at least one turn, as is known here.
static bool hasTurns(scf::ForOp loop) {
  APInt low, high;
  return matchPattern(loop.getLowerBound(), m_ConstantInt(&low)) &&
         matchPattern(loop.getUpperBound(), m_ConstantInt(&high)) &&
         low.slt(high);
}

/// Where a loop has no turn, its results are what it began with; the upstream
/// conversion would leave them undefined.
static void keepInitialValues(gpu::GPUModuleOp kernel) {
  kernel.walk([](scf::ForOp loop) {
    if (loop.getNumResults() == 0 || hasTurns(loop))
      return;
    ImplicitLocOpBuilder b(loop.getLoc(), loop.getContext());
    b.setInsertionPointAfter(loop);
    Value isEntered =
        arith::CmpIOp::create(b, arith::CmpIPredicate::slt,
                              loop.getLowerBound(), loop.getUpperBound());
    for (auto [result, initial] :
         llvm::zip(loop.getResults(), loop.getInitArgs())) {
      Value condition = isEntered;
      if (auto vector = dyn_cast<VectorType>(result.getType()))
        condition = vector::BroadcastOp::create(b, vector.clone(b.getI1Type()),
                                                condition);
      auto chosen = arith::SelectOp::create(b, condition, result, initial);
      result.replaceAllUsesExcept(chosen, chosen);
    }
  });
}

static LogicalResult convertKernel(gpu::GPUModuleOp kernel) {
  keepInitialValues(kernel);
  MLIRContext *context = kernel.getContext();
  spirv::TargetEnvAttr device = spirv::lookupTargetEnvOrDefault(kernel);
  auto target = SPIRVConversionTarget::get(device);
  SPIRVConversionOptions options;
  // Both give wrong results without a word.
  options.emulateLT32BitScalarTypes = false;
  options.emulateUnsupportedFloatTypes = false;
  SPIRVTypeConverter types(device, options);
  RewritePatternSet patterns(context);
  ScfToSPIRVContext loops;
  populateGPUToSPIRVPatterns(types, patterns);
  populateSCFToSPIRVPatterns(types, loops, patterns);
  arith::populateArithToSPIRVPatterns(types, patterns);
  populateMemRefToSPIRVPatterns(types, patterns);
  populateBuiltinFuncToSPIRVPatterns(types, patterns);
  populateFuncToSPIRVPatterns(types, patterns);
  populateVectorToSPIRVPatterns(types, patterns);
  populateMathToSPIRVPatterns(types, patterns);
  return applyFullConversion(kernel, *target, std::move(patterns));
}

static bool isOfFloats(Type type) { return getElementTypeOrSelf(type).isF32(); }

/// Every operation on f32 means itself alone. That is for what computes, but
/// drivers take it at its word for comparisons and conversions as well, and
/// else make of a comparison and a choice a maximum that knows no zero's sign,
/// or of conversions to integers and back a rounding that keeps it.
static void forbidContraction(spirv::ModuleOp module) {
  auto unit = UnitAttr::get(module.getContext());
  module.walk([&](Operation *op) {
    if (op->getNumResults() != 1 ||
        isa<spirv::ConstantOp, spirv::LoadOp, spirv::BitcastOp, spirv::SelectOp,
            spirv::FunctionCallOp, spirv::CompositeConstructOp,
            spirv::CompositeExtractOp, spirv::CompositeInsertOp,
            spirv::VectorShuffleOp>(op))
      return;
    if (isOfFloats(op->getResult(0).getType()) ||
        llvm::any_of(op->getOperandTypes(), isOfFloats))
      op->setAttr("no_contraction", unit);
  });
}

/// SPIR-V 1.3, whose entry points list inputs and outputs alone.
static void stampVersion(spirv::ModuleOp module) {
  spirv::VerCapExtAttr found = *module.getVceTriple();
  auto capabilities = llvm::to_vector(found.getCapabilities());
  auto extensions = llvm::to_vector(found.getExtensions());
  module.setVceTripleAttr(spirv::VerCapExtAttr::get(
      spirv::Version::V_1_3, capabilities, extensions, module.getContext()));
  module.walk([&](spirv::EntryPointOp entry) {
    SmallVector<Attribute> kept;
    for (Attribute name : entry.getInterface()) {
      auto variable = module.lookupSymbol<spirv::GlobalVariableOp>(
          cast<FlatSymbolRefAttr>(name).getAttr());
      auto type = cast<spirv::PointerType>(variable.getType());
      if (type.getStorageClass() == spirv::StorageClass::Input ||
          type.getStorageClass() == spirv::StorageClass::Output)
        kept.push_back(name);
    }
    entry.setInterfaceAttr(ArrayAttr::get(module.getContext(), kept));
  });
}

namespace {
struct ConvertGpuToSpirv
    : quantir::impl::ConvertGpuToSpirvPassBase<ConvertGpuToSpirv> {
  void runOnOperation() override {
    getOperation()->setAttr(spirv::getTargetEnvAttrName(),
                            deviceOfKernels(&getContext()));
    SmallVector<gpu::GPUModuleOp> kernels(
        getOperation().getOps<gpu::GPUModuleOp>());
    for (gpu::GPUModuleOp kernel : kernels)
      if (failed(convertKernel(kernel)))
        return signalPassFailure();
    OpPassManager manager(ModuleOp::getOperationName());
    OpPassManager &modules = manager.nest<spirv::ModuleOp>();
    modules.addPass(spirv::createSPIRVLowerABIAttributesPass());
    modules.addPass(createCanonicalizerPass());
    modules.addPass(createCSEPass());
    modules.addPass(spirv::createSPIRVUpdateVCEPass());
    if (failed(runPipeline(manager, getOperation())))
      return signalPassFailure();
    for (auto module : getOperation().getOps<spirv::ModuleOp>()) {
      // The conversion's own prefix.
      StringRef name = *module.getSymName();
      name.consume_front("__spv__");
      module.setSymNameAttr(StringAttr::get(&getContext(), name));
      forbidContraction(module);
      stampVersion(module);
    }
    decorateBindings(getOperation());
    getOperation()->removeAttr(spirv::getTargetEnvAttrName());
  }
};
} // namespace
