#include "EntryPoint.h"
#include "KernelFunction.h"
#include "mlir/Conversion/ArithToLLVM/ArithToLLVM.h"
#include "mlir/Conversion/ControlFlowToLLVM/ControlFlowToLLVM.h"
#include "mlir/Conversion/FuncToLLVM/ConvertFuncToLLVM.h"
#include "mlir/Conversion/IndexToLLVM/IndexToLLVM.h"
#include "mlir/Conversion/LLVMCommon/ConversionTarget.h"
#include "mlir/Conversion/LLVMCommon/MemRefBuilder.h"
#include "mlir/Conversion/LLVMCommon/Pattern.h"
#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Conversion/MathToLLVM/MathToLLVM.h"
#include "mlir/Conversion/MemRefToLLVM/MemRefToLLVM.h"
#include "mlir/Conversion/SCFToControlFlow/SCFToControlFlow.h"
#include "mlir/Conversion/VectorToLLVM/ConvertVectorToLLVM.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Vector/Transforms/LoweringPatterns.h"
#include "mlir/Dialect/Vector/Transforms/VectorRewritePatterns.h"
#include "quantir/Lower/Passes.h"
#include "quantir/Runtime/Artifact.h"

namespace quantir {
#define GEN_PASS_DEF_LOWERTOLLVMPASS
#include "quantir/Lower/Passes.h.inc"
} // namespace quantir

using namespace mlir;
using namespace quantir;

namespace {

/// void <kernel>_tile(ptr arguments, i32 tile): a kernel as `parallel_for`
/// calls it.
LLVM::LLVMFuncOp tileFunction(OpBuilder &outer, ModuleOp module,
                              LaunchOp launch, func::FuncOp kernel) {
  std::string name = (launch.getKernel() + "_tile").str();
  if (auto existing = module.lookupSymbol<LLVM::LLVMFuncOp>(name))
    return existing;
  OpBuilder b = OpBuilder::atBlockEnd(module.getBody());
  Location location = launch.getLoc();
  MLIRContext *context = b.getContext();
  auto pointer = pointerType(context);
  auto type = LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(context),
                                          {pointer, b.getI32Type()});
  auto function = LLVM::LLVMFuncOp::create(b, location, name, type,
                                           LLVM::Linkage::Internal);
  Block *entry = function.addEntryBlock(b);
  b.setInsertionPointToStart(entry);
  SmallVector<Value> operands;
  for (unsigned i = 0; i + 1 < kernel.getNumArguments(); ++i)
    operands.push_back(loadPointer(b, location, entry->getArgument(0), i));
  operands.push_back(
      LLVM::ZExtOp::create(b, location, b.getI64Type(), entry->getArgument(1)));
  LLVM::CallOp::create(b, location, TypeRange(), kernel.getSymName(), operands);
  LLVM::ReturnOp::create(b, location, ValueRange());
  return function;
}

/// void quantir_launch(ptr context, i32 tiles, ptr fn, ptr arguments): through
/// the context's parallel_for, or a loop.
LLVM::LLVMFuncOp launchFunction(ModuleOp module, Location location) {
  constexpr StringLiteral name = "quantir_launch";
  if (auto existing = module.lookupSymbol<LLVM::LLVMFuncOp>(name))
    return existing;
  OpBuilder b = OpBuilder::atBlockEnd(module.getBody());
  MLIRContext *context = b.getContext();
  auto pointer = pointerType(context);
  Type i32 = b.getI32Type(), none = LLVM::LLVMVoidType::get(context);
  auto type =
      LLVM::LLVMFunctionType::get(none, {pointer, i32, pointer, pointer});
  auto function = LLVM::LLVMFuncOp::create(b, location, name, type,
                                           LLVM::Linkage::Internal);
  // Inlined it would only repeat itself at every launch.
  function.setNoInline(true);
  Block *entry = function.addEntryBlock(b);
  Block *shared = b.createBlock(&function.getBody()),
        *alone = b.createBlock(&function.getBody());
  Value run = entry->getArgument(0), tiles = entry->getArgument(1),
        fn = entry->getArgument(2), arguments = entry->getArgument(3);
  b.setInsertionPointToStart(entry);
  Value parallelFor =
      loadPointer(b, location, run, QUANTIR_CONTEXT_FIELD(parallel_for));
  Value null = LLVM::ZeroOp::create(b, location, pointer);
  Value given = LLVM::ICmpOp::create(b, location, LLVM::ICmpPredicate::ne,
                                     parallelFor, null);
  LLVM::CondBrOp::create(b, location, given, shared, alone);
  b.setInsertionPointToStart(shared);
  // parallel_for takes what this function takes, the pool in place of the run.
  Value pool = loadPointer(b, location, run, QUANTIR_CONTEXT_FIELD(pool));
  LLVM::CallOp::create(b, location, type,
                       ValueRange{parallelFor, pool, tiles, fn, arguments});
  LLVM::ReturnOp::create(b, location, ValueRange());
  b.setInsertionPointToStart(alone);
  Value zero = LLVM::ConstantOp::create(b, location, i32, 0);
  countedLoop(b, location, zero, tiles, [&](Value tile) {
    LLVM::CallOp::create(b, location,
                         LLVM::LLVMFunctionType::get(none, {pointer, i32}),
                         ValueRange{fn, arguments, tile});
  });
  LLVM::ReturnOp::create(b, location, ValueRange());
  return function;
}

/// void quantir_end_step(ptr context, i32 step): tells the context's observer,
/// if there is one.
LLVM::LLVMFuncOp endStepFunction(ModuleOp module, Location location) {
  OpBuilder b = OpBuilder::atBlockEnd(module.getBody());
  auto pointer = pointerType(b.getContext());
  Type none = LLVM::LLVMVoidType::get(b.getContext());
  auto type = LLVM::LLVMFunctionType::get(none, {pointer, b.getI32Type()});
  auto function = LLVM::LLVMFuncOp::create(b, location, "quantir_end_step",
                                           type, LLVM::Linkage::Internal);
  Block *entry = function.addEntryBlock(b);
  Block *observed = b.createBlock(&function.getBody()),
        *done = b.createBlock(&function.getBody());
  Value run = entry->getArgument(0);
  b.setInsertionPointToStart(entry);
  Value onStep = loadPointer(b, location, run, QUANTIR_CONTEXT_FIELD(on_step));
  Value null = LLVM::ZeroOp::create(b, location, pointer);
  Value given =
      LLVM::ICmpOp::create(b, location, LLVM::ICmpPredicate::ne, onStep, null);
  LLVM::CondBrOp::create(b, location, given, observed, done);
  b.setInsertionPointToStart(observed);
  Value observer =
      loadPointer(b, location, run, QUANTIR_CONTEXT_FIELD(observer));
  LLVM::CallOp::create(b, location, type,
                       ValueRange{onStep, observer, entry->getArgument(1)});
  LLVM::BrOp::create(b, location, done);
  b.setInsertionPointToStart(done);
  LLVM::ReturnOp::create(b, location, ValueRange());
  return function;
}

/// Marks launches with the number of their step.
constexpr StringLiteral kStep = "quantir.step";

/// quantir.launch -> a call, or arguments on the stack and quantir_launch;
/// then the end of its step.
struct LowerLaunch : ConvertOpToLLVMPattern<LaunchOp> {
  LowerLaunch(const LLVMTypeConverter &converter, ModuleOp module)
      : ConvertOpToLLVMPattern(converter), module(module) {}

  LogicalResult matchAndRewrite(LaunchOp launch, OpAdaptor adaptor,
                                ConversionPatternRewriter &b) const override {
    Location location = launch.getLoc();
    auto function = launch->getParentOfType<LLVM::LLVMFuncOp>();
    Value context = function.getBody().front().getArgument(
        cast<IntegerAttr>(function->getAttr("quantir.context")).getInt());
    {
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointAfter(launch);
      Value step = LLVM::ConstantOp::create(
          b, location, launch->getAttrOfType<IntegerAttr>(kStep));
      LLVM::CallOp::create(b, location, TypeRange(), "quantir_end_step",
                           ValueRange{context, step});
    }
    SmallVector<Value> pointers;
    for (Value argument : adaptor.getArguments())
      pointers.push_back(MemRefDescriptor(argument).alignedPtr(b, location));
    if (launch.getTiles() == 1) {
      pointers.push_back(
          LLVM::ConstantOp::create(b, location, b.getI64Type(), 0));
      b.replaceOpWithNewOp<LLVM::CallOp>(launch, TypeRange(),
                                         launch.getKernel(), pointers);
      return success();
    }
    auto pointer = pointerType(getContext());
    Value arguments;
    {
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(&function.getBody().front());
      Value count = LLVM::ConstantOp::create(
          b, location, b.getI64Type(),
          int64_t(std::max<size_t>(1, pointers.size())));
      arguments =
          LLVM::AllocaOp::create(b, location, pointer, pointer, count, 8);
    }
    for (auto [i, value] : llvm::enumerate(pointers)) {
      Value at = pointerSlot(b, location, arguments, int64_t(i));
      LLVM::StoreOp::create(b, location, value, at);
    }
    Value fn = LLVM::AddressOfOp::create(b, location, pointer,
                                         (launch.getKernel() + "_tile").str());
    Value tiles = LLVM::ConstantOp::create(b, location, b.getI32Type(),
                                           int64_t(launch.getTiles()));
    b.replaceOpWithNewOp<LLVM::CallOp>(
        launch, TypeRange(), "quantir_launch",
        ValueRange{context, tiles, fn, arguments});
    return success();
  }

  ModuleOp module;
};

struct LowerToLLVM : quantir::impl::LowerToLLVMPassBase<LowerToLLVM> {
  using LowerToLLVMPassBase::LowerToLLVMPassBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    auto main = module.lookupSymbol<func::FuncOp>("main");
    if (!main || !main->hasAttr(kArenaSize)) {
      module.emitError("has no planned main; run quantir-plan-memory first");
      return signalPassFailure();
    }
    createEntry(module, main, name);
    endStepFunction(module, main.getLoc()).setNoInline(true);
    int32_t step = 0;
    for (LaunchOp launch :
         llvm::make_early_inc_range(main.getOps<LaunchOp>())) {
      auto kernel = module.lookupSymbol<func::FuncOp>(launch.getKernel());
      if (!kernel) {
        launch.emitOpError("names no function of the module");
        return signalPassFailure();
      }
      OpBuilder b(launch);
      launch->setAttr(kStep, b.getI32IntegerAttr(step++));
      if (launch.getTiles() == 1)
        continue;
      tileFunction(b, module, launch, kernel);
      launchFunction(module, launch.getLoc());
    }
    main.setPrivate();
    if (failed(convert(module)))
      return signalPassFailure();
    for (auto function : module.getOps<LLVM::LLVMFuncOp>())
      if (function.getName() != name + "_run" && !function.getBody().empty()) {
        function.setLinkage(LLVM::Linkage::Internal);
        // Main would only grow: a call is nothing beside a kernel.
        function.setNoInline(function.getName() != "main");
      }
  }

  LogicalResult convert(ModuleOp module) {
    MLIRContext *context = module.getContext();
    LowerToLLVMOptions options(context);
    options.useBarePtrCallConv = true;
    LLVMTypeConverter converter(context, options);
    {
      RewritePatternSet patterns(context);
      vector::populateVectorBitCastLoweringPatterns(patterns);
      vector::populateVectorShapeCastLoweringPatterns(patterns);
      vector::populateVectorInterleaveLoweringPatterns(patterns);
      vector::populateVectorInsertExtractStridedSliceTransforms(patterns);
      populateSCFToControlFlowConversionPatterns(patterns);
      ConversionTarget loops(*context);
      loops.markUnknownOpDynamicallyLegal([](Operation *) { return true; });
      loops.addIllegalOp<scf::ForOp, scf::IfOp, scf::WhileOp>();
      if (failed(applyPartialConversion(module, loops, std::move(patterns))))
        return failure();
    }
    RewritePatternSet patterns(context);
    patterns.add<LowerLaunch>(converter, module);
    vector::populateVectorInsertExtractStridedSliceTransforms(patterns);
    populateVectorToLLVMConversionPatterns(converter, patterns);
    arith::populateArithToLLVMConversionPatterns(converter, patterns);
    index::populateIndexToLLVMConversionPatterns(converter, patterns);
    populateMathToLLVMConversionPatterns(converter, patterns);
    populateFinalizeMemRefToLLVMConversionPatterns(converter, patterns);
    populateFuncToLLVMConversionPatterns(converter, patterns);
    cf::populateControlFlowToLLVMConversionPatterns(converter, patterns);
    LLVMConversionTarget target(*context);
    target.addLegalOp<ModuleOp>();
    return applyFullConversion(module, target, std::move(patterns));
  }
};
} // namespace
