#include "GpuKernel.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SPIRV/IR/SPIRVDialect.h"
#include "mlir/Dialect/SPIRV/IR/SPIRVOps.h"
#include "mlir/Dialect/SPIRV/IR/TargetAndABI.h"
#include "quantir/Lower/KernelName.h"

using namespace mlir;
using namespace quantir;

static MemRefType wordBuffer(MLIRContext *context, int64_t words) {
  return MemRefType::get({words}, IntegerType::get(context, 32));
}

Value GpuLowering::allocate(Location location, int64_t words) {
  return memref::AllocOp::create(main, location,
                                 wordBuffer(main.getContext(), words));
}

Value GpuLowering::constantBuffer(Location location, ArrayRef<int32_t> words) {
  MemRefType type = wordBuffer(main.getContext(), words.size());
  auto value = DenseElementsAttr::get(
      RankedTensorType::get(type.getShape(), type.getElementType()), words);
  memref::GlobalOp &global = globalOf[value];
  if (!global) {
    OpBuilder builder = OpBuilder::atBlockBegin(module.getBody());
    std::string name = ("constant_" + Twine(globals++)).str();
    global = memref::GlobalOp::create(
        builder, location, name, builder.getStringAttr("private"), type, value,
        /*constant=*/true, IntegerAttr());
  }
  return memref::GetGlobalOp::create(main, location, type, global.getSymName());
}

Value GpuLowering::bufferOf(Value tensor) {
  Value &buffer = buffers[tensor];
  if (!buffer)
    buffer = constantBuffer(
        tensor.getLoc(), wordsOf(constants.lookup(tensor), tensor.getType()));
  return buffer;
}

GpuKernel::GpuKernel(GpuLowering &lowering, Location location, StringRef kind,
                     GroupSize threads)
    : IndexCode(location), shared(lowering), threads(threads) {
  OpBuilder builder = OpBuilder::atBlockEnd(lowering.module.getBody());
  std::string name = kernelName(lowering.kernels++, kind);
  module = gpu::GPUModuleOp::create(builder, location, name);
  builder.setInsertionPointToStart(module.getBody());
  function = gpu::GPUFuncOp::create(builder, location, "main",
                                    builder.getFunctionType({}, {}));
  function->setAttr(gpu::GPUDialect::getKernelFuncAttrName(),
                    builder.getUnitAttr());
  SmallVector<int32_t> size(threads.begin(), threads.end());
  function->setAttr(spirv::getEntryPointABIAttrName(),
                    spirv::getEntryPointABIAttr(builder.getContext(), size));
  body.setInsertionPointToStart(&function.getBody().front());
}

Value GpuKernel::argumentFor(Value mainBuffer, int64_t width, bool written) {
  Use &use = uses[{mainBuffer, width}];
  use.written |= written;
  if (use.argument)
    return use.argument;
  auto type = cast<MemRefType>(mainBuffer.getType());
  int64_t words = type.getNumElements();
  assert(words % width == 0 && "vectors would leave the buffer");
  Type element = body.getI32Type();
  if (width != 1)
    element = VectorType::get({width}, element);
  auto storage = spirv::StorageClassAttr::get(
      body.getContext(), spirv::StorageClass::StorageBuffer);
  auto binding = MemRefType::get({words / width}, element,
                                 MemRefLayoutAttrInterface(), storage);
  Block &entry = function.getBody().front();
  use.argument = entry.addArgument(binding, body.getLoc());
  return use.argument;
}

Value GpuKernel::use(Value mainBuffer, int64_t width) {
  return argumentFor(mainBuffer, width, false);
}
Value GpuKernel::useWritten(Value mainBuffer, int64_t width) {
  return argumentFor(mainBuffer, width, true);
}
Value GpuKernel::constant(ArrayRef<int32_t> words, int64_t width) {
  // The same constant is the same value of main, so that it is one binding.
  Value buffer = shared.constantBuffer(body.getLoc(), words);
  StringRef name = buffer.getDefiningOp<memref::GetGlobalOp>().getName();
  Value &known = constantsOfMain[name];
  if (known)
    buffer.getDefiningOp()->erase();
  else
    known = buffer;
  return use(known, width);
}

Value GpuKernel::sharedMemory(int64_t count, Type element) {
  auto storage = spirv::StorageClassAttr::get(body.getContext(),
                                              spirv::StorageClass::Workgroup);
  auto type =
      MemRefType::get({count}, element, MemRefLayoutAttrInterface(), storage);
  OpBuilder start = OpBuilder::atBlockBegin(&function.getBody().front());
  return memref::AllocOp::create(start, body.getLoc(), type);
}

void GpuKernel::barrier() { gpu::BarrierOp::create(body); }

Value GpuKernel::identifier(StringRef key, function_ref<Value()> create) {
  Value &value = identifiers[key];
  if (!value) {
    OpBuilder::InsertionGuard guard(body);
    body.setInsertionPointToStart(&function.getBody().front());
    value = create();
  }
  return value;
}

static constexpr gpu::Dimension kDimensions[] = {
    gpu::Dimension::x, gpu::Dimension::y, gpu::Dimension::z};

Value GpuKernel::group(int dimension) {
  return identifier(("group" + Twine(dimension)).str(), [&]() -> Value {
    return gpu::BlockIdOp::create(body, kDimensions[dimension]);
  });
}
Value GpuKernel::thread(int dimension) {
  return identifier(("thread" + Twine(dimension)).str(), [&]() -> Value {
    return gpu::ThreadIdOp::create(body, kDimensions[dimension]);
  });
}
Value GpuKernel::globalThread() {
  return add(mul(group(0), threads[0]), thread(0));
}

Value GpuKernel::load(Value binding, Value at) {
  return memref::LoadOp::create(body, binding, at);
}
void GpuKernel::store(Value value, Value binding, Value at) {
  memref::StoreOp::create(body, value, binding, at);
}

Value GpuKernel::i32(int32_t value) {
  return arith::ConstantIntOp::create(body, value, 32);
}
Value GpuKernel::asI32(Value index) {
  return body.createOrFold<arith::IndexCastOp>(body.getI32Type(), index);
}
Value GpuKernel::asIndex(Value i32) {
  return body.createOrFold<arith::IndexCastOp>(body.getIndexType(), i32);
}
Value GpuKernel::less(Value a, Value b) {
  return body.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::ult, a, b);
}

void GpuKernel::when(Value condition, function_ref<void()> emit) {
  auto conditional = scf::IfOp::create(body, condition, /*withElse=*/false);
  OpBuilder::InsertionGuard guard(body);
  body.setInsertionPointToStart(conditional.thenBlock());
  emit();
}

Value GpuKernel::call(
    StringRef name, Type result, ValueRange operands,
    function_ref<Value(ImplicitLocOpBuilder &, ValueRange)> define) {
  if (!module.lookupSymbol(name)) {
    OpBuilder::InsertionGuard guard(body);
    // Behind the constants, which serialization must have met.
    body.setInsertionPoint(function);
    auto type = body.getFunctionType(operands.getTypes(), result);
    auto callee = func::FuncOp::create(body, name, type);
    callee.setPrivate();
    body.setInsertionPointToStart(callee.addEntryBlock());
    func::ReturnOp::create(body, define(body, callee.getArguments()));
  }
  return func::CallOp::create(body, name, TypeRange(result), operands)
      .getResult(0);
}

Value GpuKernel::isExact(quantir_gpu_constant constant) {
  std::string name = ("exact_" + Twine(unsigned(constant))).str();
  if (!module.lookupSymbol(name)) {
    OpBuilder::InsertionGuard guard(body);
    body.setInsertionPointToStart(module.getBody());
    auto spec = spirv::SpecConstantOp::create(body, body.getStringAttr(name),
                                              body.getI32IntegerAttr(0));
    spec->setAttr("spec_id", body.getI32IntegerAttr(constant));
  }
  Value chosen = spirv::ReferenceOfOp::create(body, body.getI32Type(), name);
  Value zero = arith::ConstantIntOp::create(body, 0, 32);
  return arith::CmpIOp::create(body, arith::CmpIPredicate::ne, chosen, zero);
}

/// The same buffer of main, though each kernel asks for constants anew.
static bool isSameBuffer(Value a, Value b) {
  auto first = a.getDefiningOp<memref::GetGlobalOp>();
  auto second = b.getDefiningOp<memref::GetGlobalOp>();
  return a == b || (first && second && first.getName() == second.getName());
}

/// Ends the function; binding `bindings[i]` is its argument i.
void GpuKernel::finish(ArrayRef<int64_t> bindings) {
  gpu::ReturnOp::create(body);
  Block &entry = function.getBody().front();
  function.setFunctionType(
      FunctionType::get(body.getContext(), entry.getArgumentTypes(), {}));
  for (auto [argument, binding] : llvm::enumerate(bindings))
    function.setArgAttr(argument, spirv::getInterfaceVarABIAttrName(),
                        spirv::getInterfaceVarABIAttr(0, binding, std::nullopt,
                                                      body.getContext()));
}

DispatchOp GpuKernel::dispatch(std::array<int64_t, 3> groups) {
  finish(llvm::to_vector(llvm::seq<int64_t>(0, uses.size())));
  SmallVector<Value> operands;
  SmallVector<bool> written;
  for (auto &[key, use] : uses) {
    operands.push_back(key.first);
    written.push_back(use.written);
  }
  Attribute kernel = FlatSymbolRefAttr::get(module.getSymNameAttr());
  return DispatchOp::create(
      shared.main, body.getLoc(), body.getArrayAttr({kernel}), groups, operands,
      written, /*push=*/ArrayRef<int32_t>(), /*after_barrier=*/false,
      /*part_of=*/IntegerAttr(), /*macs=*/IntegerAttr(),
      /*bytes=*/IntegerAttr());
}

DispatchOp GpuKernel::dispatchFor(int64_t count) {
  int64_t groups = llvm::divideCeil(count, threads[0]);
  return dispatch({groups, 1, 1});
}

void GpuKernel::addForm(DispatchOp dispatch) {
  SmallVector<bool> written(dispatch.getWritten());
  SmallVector<int64_t> bindings;
  for (auto &[key, use] : uses) {
    int64_t binding = 0;
    while (binding < int64_t(written.size()) &&
           (llvm::is_contained(bindings, binding) ||
            !isSameBuffer(dispatch.getArguments()[binding], key.first)))
      ++binding;
    if (binding == int64_t(written.size())) {
      dispatch.getArgumentsMutable().append(key.first);
      written.push_back(use.written);
    }
    written[binding] |= use.written;
    bindings.push_back(binding);
  }
  dispatch.setWritten(written);
  dispatch->moveAfter(&dispatch->getBlock()->back());
  finish(bindings);
  SmallVector<Attribute> kernels(dispatch.getKernels().getValue());
  kernels.push_back(FlatSymbolRefAttr::get(module.getSymNameAttr()));
  dispatch.setKernelsAttr(body.getArrayAttr(kernels));
}
