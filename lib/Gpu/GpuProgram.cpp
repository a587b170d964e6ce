#include "quantir/Gpu/GpuProgram.h"

#include "Quantir/QuantirOps.h"
#include "WordLayout.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SPIRV/IR/SPIRVOps.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Target/SPIRV/Serialization.h"
#include "quantir/Gpu/GpuLimits.h"
#include "quantir/Import/NodeLocation.h"
#include "quantir/Lower/KernelName.h"
#include "quantir/Lower/PackedOrder.h"
#include "quantir/Lower/Passes.h"
#include <map>

using namespace mlir;
using namespace quantir;

/// The first word but the magic number of a module of SPIR-V 1.3.
static constexpr uint32_t kVersion = 0x00010300;

/// What a device must offer beyond Vulkan 1.1 for a capability, or nothing if
/// no device can say that it has it.
static std::optional<uint32_t> needOf(spirv::Capability capability) {
  switch (capability) {
  case spirv::Capability::Matrix:
  case spirv::Capability::Shader:
    return 0;
  case spirv::Capability::DotProduct:
  case spirv::Capability::DotProductInputAll:
  case spirv::Capability::DotProductInput4x8Bit:
  case spirv::Capability::DotProductInput4x8BitPacked:
    return QUANTIR_GPU_DOT;
  case spirv::Capability::Float16:
    return QUANTIR_GPU_F16;
  default:
    return std::nullopt;
  }
}

/// Bytes of a variable of a workgroup, whose arrays have no strides.
static int64_t bytesOf(Type type) {
  if (auto array = dyn_cast<spirv::ArrayType>(type))
    return array.getNumElements() * bytesOf(array.getElementType());
  if (auto vector = dyn_cast<VectorType>(type))
    return vector.getNumElements() * bytesOf(vector.getElementType());
  if (auto members = dyn_cast<spirv::StructType>(type)) {
    int64_t bytes = 0;
    for (Type member : members.getElementTypes())
      bytes += bytesOf(member);
    return bytes;
  }
  return type.getIntOrFloatBitWidth() / 8;
}

static LogicalResult checkWorkgroup(spirv::ModuleOp module) {
  int64_t shared = 0;
  for (auto variable : module.getOps<spirv::GlobalVariableOp>()) {
    auto type = cast<spirv::PointerType>(variable.getType());
    if (type.getStorageClass() == spirv::StorageClass::Workgroup)
      shared += bytesOf(type.getPointeeType());
  }
  int64_t invocations = 1;
  for (auto mode : module.getOps<spirv::ExecutionModeOp>())
    if (mode.getExecutionMode() == spirv::ExecutionMode::LocalSize)
      for (auto size : mode.getValues().getAsRange<IntegerAttr>())
        invocations *= size.getInt();
  if (shared <= kMostShared && invocations <= kMostInvocations)
    return success();
  return module.emitError("internal error: '")
         << module.getName().value_or("") << "' has workgroups of "
         << invocations << " invocations that share " << shared << " bytes";
}

static FailureOr<GpuProgram::Form> formOf(spirv::ModuleOp module) {
  if (failed(checkWorkgroup(module)))
    return failure();
  GpuProgram::Form form;
  form.name = module.getName().value_or("").str();
  std::optional<spirv::VerCapExtAttr> triple = module.getVceTriple();
  if (!triple)
    return module.emitError("internal error: '")
           << form.name << "' does not say what it needs";
  for (spirv::Capability capability : triple->getCapabilities()) {
    std::optional<uint32_t> need = needOf(capability);
    if (!need)
      return module.emitError("internal error: '")
             << form.name << "' needs the capability "
             << spirv::stringifyCapability(capability);
    form.needs |= *need;
  }
  SmallVector<uint32_t, 0> words;
  if (failed(spirv::serialize(module, words, {/*emitSymbolName=*/false})))
    return failure();
  if (words.size() < 2 || words[1] != kVersion)
    return module.emitError("internal error: '")
           << form.name << "' is not SPIR-V 1.3";
  form.words.assign(words.begin(), words.end());
  return form;
}

/// Where a new piece lies behind `size` bytes, which then count it.
static uint64_t append(uint64_t &size, uint64_t bytes) {
  uint64_t offset = llvm::alignTo(size, kBindingAlignment);
  size = offset + bytes;
  return offset;
}

static uint64_t bytesOf(Value buffer) {
  auto type = cast<MemRefType>(buffer.getType());
  return type.getNumElements() * type.getElementTypeBitWidth() / 8;
}

namespace {
class ProgramBuilder {
public:
  explicit ProgramBuilder(ModuleOp module) : symbols(module) {}

  LogicalResult addInterface(func::FuncOp main, TypeRange inputs,
                             TypeRange outputs);
  LogicalResult addDispatch(DispatchOp dispatch);

  GpuProgram program;

private:
  FailureOr<uint32_t> kernelFor(DispatchOp dispatch);
  FailureOr<quantir_gpu_binding> bindingOf(DispatchOp dispatch, Value buffer);
  uint64_t offsetOf(memref::GlobalOp constant);

  SymbolTable symbols;
  /// Of the arguments of main that are inputs and outputs.
  SmallVector<quantir_gpu_binding> interface;
  llvm::DenseMap<Operation *, uint64_t> constantAt;
  std::map<std::vector<std::vector<uint32_t>>, uint32_t> kernelOf;
};
} // namespace

LogicalResult ProgramBuilder::addInterface(func::FuncOp main, TypeRange inputs,
                                           TypeRange outputs) {
  // The arena is the last one.
  if (main.getNumArguments() != inputs.size() + outputs.size() + 1)
    return main.emitError("internal error: takes ")
           << main.getNumArguments() << " buffers for " << inputs.size()
           << " inputs, " << outputs.size() << " outputs and an arena";
  auto add = [&](Type type, std::vector<quantir_gpu_tensor> &tensors) {
    WordLayout layout(type);
    uint64_t pitch = layout.wordsOfRow() * 4, bytes = layout.words() * 4;
    uint64_t offset = append(program.interfaceSize, bytes);
    tensors.push_back({offset, uint64_t(layout.rows),
                       uint64_t(layout.columns * layout.bits / 8), pitch});
    interface.push_back({offset, bytes, QUANTIR_GPU_INTERFACE, 0});
  };
  for (Type type : inputs)
    add(type, program.inputs);
  for (Type type : outputs)
    add(type, program.outputs);
  auto size = main->getAttrOfType<IntegerAttr>(kArenaSize);
  if (!size)
    return main.emitError("internal error: has no arena");
  program.arenaSize = size.getInt();
  return success();
}

uint64_t ProgramBuilder::offsetOf(memref::GlobalOp constant) {
  auto [entry, isNew] = constantAt.try_emplace(constant);
  if (!isNew)
    return entry->second;
  auto value = cast<DenseElementsAttr>(*constant.getInitialValue());
  ArrayRef<char> raw = value.getRawData();
  uint64_t size = value.getNumElements() * 4;
  entry->second = append(program.constantsSize, size);
  std::vector<char> bytes(size);
  for (uint64_t at = 0; at < size; at += raw.size())
    llvm::copy(raw, bytes.begin() + at);
  program.constants.push_back(
      {entry->second, std::move(bytes), constant->getAttr(kOrderAttr)});
  return entry->second;
}

FailureOr<quantir_gpu_binding> ProgramBuilder::bindingOf(DispatchOp dispatch,
                                                         Value buffer) {
  if (auto part = buffer.getDefiningOp<memref::SubViewOp>()) {
    FailureOr<quantir_gpu_binding> whole =
        bindingOf(dispatch, part.getSource());
    if (succeeded(whole)) {
      whole->offset += 4 * uint64_t(part.getStaticOffset(0));
      whole->size = bytesOf(buffer);
    }
    return whole;
  }
  if (auto argument = dyn_cast<BlockArgument>(buffer))
    if (argument.getArgNumber() < interface.size() &&
        interface[argument.getArgNumber()].size == bytesOf(buffer))
      return interface[argument.getArgNumber()];
  if (auto get = buffer.getDefiningOp<memref::GetGlobalOp>())
    if (auto global = symbols.lookup<memref::GlobalOp>(get.getName()))
      return quantir_gpu_binding{offsetOf(global), bytesOf(buffer),
                                 QUANTIR_GPU_CONSTANTS, 0};
  if (auto view = buffer.getDefiningOp<memref::ViewOp>()) {
    std::optional<int64_t> at = getConstantIntValue(view.getByteShift());
    if (at && *at % kBindingAlignment == 0)
      return quantir_gpu_binding{uint64_t(*at), bytesOf(buffer),
                                 QUANTIR_GPU_ARENA, 0};
  }
  return dispatch.emitError("internal error: binds what is no buffer of words "
                            "that a GPU can bind");
}

FailureOr<uint32_t> ProgramBuilder::kernelFor(DispatchOp dispatch) {
  GpuProgram::Kernel kernel;
  kernel.bindings = dispatch.getArguments().size();
  kernel.push = dispatch.getPush().size();
  std::vector<std::vector<uint32_t>> key{{kernel.bindings, kernel.push}};
  for (auto name : dispatch.getKernels().getAsRange<FlatSymbolRefAttr>()) {
    auto module = symbols.lookup<spirv::ModuleOp>(name.getValue());
    if (!module)
      return dispatch.emitError("internal error: there is no SPIR-V of ")
             << name;
    FailureOr<GpuProgram::Form> form = formOf(module);
    if (failed(form))
      return failure();
    key.push_back(form->words);
    kernel.forms.push_back(std::move(*form));
  }
  auto [entry, isNew] =
      kernelOf.try_emplace(std::move(key), program.kernels.size());
  if (isNew)
    program.kernels.push_back(std::move(kernel));
  return entry->second;
}

LogicalResult ProgramBuilder::addDispatch(DispatchOp dispatch) {
  FailureOr<uint32_t> kernel = kernelFor(dispatch);
  if (failed(kernel))
    return failure();
  quantir_gpu_dispatch step{*kernel,
                            {},
                            uint32_t(program.bindings.size()),
                            dispatch.getAfterBarrier(),
                            uint32_t(program.push.size())};
  llvm::append_range(program.push, dispatch.getPush());
  for (auto [groups, wanted] : llvm::zip(step.groups, dispatch.getGroups())) {
    if (wanted > kMostGroups)
      return dispatch.emitError("internal error: has ")
             << wanted << " workgroups in a row, not " << kMostGroups
             << "; was it split?";
    groups = wanted;
  }
  program.dispatches.push_back(step);
  for (auto [buffer, written] :
       llvm::zip(dispatch.getArguments(), dispatch.getWritten())) {
    FailureOr<quantir_gpu_binding> binding = bindingOf(dispatch, buffer);
    if (failed(binding))
      return failure();
    if (binding->size > kLargestBinding ||
        binding->offset % kBindingAlignment != 0)
      return dispatch.emitError("internal error: binds ")
             << binding->size << " bytes at " << binding->offset
             << "; was it split?";
    binding->written = written;
    program.bindings.push_back(*binding);
  }
  StringRef name = cast<FlatSymbolRefAttr>(dispatch.getKernels()[0]).getValue();
  program.steps.push_back({kindOfKernel(name).str(),
                           nodesBehind(dispatch.getLoc()),
                           uint64_t(dispatch.getMacs().value_or(0)),
                           uint64_t(dispatch.getBytes().value_or(0))});
  return success();
}

FailureOr<GpuProgram> quantir::gpuProgramOf(ModuleOp module, TypeRange inputs,
                                            TypeRange outputs) {
  auto main = module.lookupSymbol<func::FuncOp>("main");
  if (!main)
    return module.emitError("has no function 'main'");
  ProgramBuilder builder(module);
  if (failed(builder.addInterface(main, inputs, outputs)))
    return failure();
  for (Operation &op : main.getBody().front()) {
    if (auto dispatch = dyn_cast<DispatchOp>(op)) {
      if (failed(builder.addDispatch(dispatch)))
        return failure();
    } else if (!isa<arith::ConstantOp, memref::GetGlobalOp, memref::SubViewOp,
                    memref::ViewOp, func::ReturnOp>(op)) {
      return op.emitError("internal error: is nothing that a GPU's run does");
    }
  }
  return std::move(builder.program);
}
