#ifndef QUANTIR_LIB_GPU_GPUKERNEL_H
#define QUANTIR_LIB_GPU_GPUKERNEL_H

#include "Quantir/QuantirOps.h"
#include "WordLayout.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "quantir/Lower/IndexCode.h"
#include "quantir/Lower/KernelBody.h"
#include "quantir/Runtime/Artifact.h"
#include "quantir/Target/GpuTarget.h"
#include "llvm/ADT/MapVector.h"

namespace quantir {

/// What the kernels of one module share while they are lowered for a GPU.
struct GpuLowering {
  GpuLowering(mlir::ModuleOp module, mlir::OpBuilder main,
              const GpuTarget &target, int64_t largestBinding)
      : module(module), main(main), target(target),
        largestBinding(largestBinding) {}

  mlir::ModuleOp module;
  /// Inserts into the new main function, whose buffers are memrefs of words.
  mlir::OpBuilder main;
  const GpuTarget &target;
  /// Bytes that are bound in one piece; larger buffers are split later.
  int64_t largestBinding;
  /// The buffer of each tensor value of the old main function, in the layout of
  /// its type.
  llvm::DenseMap<mlir::Value, mlir::Value> buffers;
  /// The constant behind each tensor value that is one.
  KnownConstants constants;
  unsigned kernels = 0;

  /// A buffer in the arena.
  mlir::Value allocate(mlir::Location location, int64_t words);

  /// A buffer of main with these words; equal ones are there once.
  mlir::Value constantBuffer(mlir::Location location,
                             llvm::ArrayRef<int32_t> words);

  /// The buffer of a tensor of the old main, constants included.
  mlir::Value bufferOf(mlir::Value tensor);

private:
  unsigned globals = 0;
  llvm::DenseMap<mlir::Attribute, mlir::memref::GlobalOp> globalOf;
};

/// How many invocations a workgroup has.
using GroupSize = std::array<int64_t, 3>;

/// One kernel for a GPU: the code of an invocation, in arith, vector, scf and
/// memref of i32 words; only conversion knows SPIR-V.
class GpuKernel : public IndexCode {
public:
  /// \param kind  part of its name, such as "conv".
  GpuKernel(GpuLowering &lowering, mlir::Location location,
            llvm::StringRef kind, GroupSize threads);

  GpuLowering &lowering() { return shared; }

  /// The binding through which this kernel sees a buffer of main: a memref of
  /// i32 or, with `width` 4, of vectors of 4 of them, for which the buffer's
  /// words must be a multiple of 4.
  mlir::Value use(mlir::Value mainBuffer, int64_t width = 1);
  /// The same of a buffer that the kernel writes.
  mlir::Value useWritten(mlir::Value mainBuffer, int64_t width = 1);

  /// The words of a constant as a binding.
  mlir::Value constant(llvm::ArrayRef<int32_t> words, int64_t width = 1);

  /// Memory that the invocations of a workgroup share; `element` is i32 or f32.
  mlir::Value sharedMemory(int64_t count, mlir::Type element);
  /// Waits for the workgroup; what it wrote to shared memory is then visible.
  void barrier();

  mlir::Value group(int dimension);  ///< number of the workgroup, an index
  mlir::Value thread(int dimension); ///< number within the workgroup
  /// group(0) * threads of dimension 0 + thread(0).
  mlir::Value globalThread();

  /// The word `at` (an index) of a binding: an i32, or vector<4xi32>.
  mlir::Value load(mlir::Value binding, mlir::Value at);
  void store(mlir::Value value, mlir::Value binding, mlir::Value at);

  mlir::Value i32(int32_t value);
  /// An index as i32 and the other way round.
  mlir::Value asI32(mlir::Value index);
  mlir::Value asIndex(mlir::Value i32);
  mlir::Value less(mlir::Value a, mlir::Value b); ///< of indices, unsigned

  /// if (condition) emit();
  void when(mlir::Value condition, llvm::function_ref<void()> emit);

  /// A call of a function of the kernel's module, which `define` makes at the
  /// first call: it gets the function's arguments and gives its result.
  mlir::Value call(llvm::StringRef name, mlir::Type result,
                   mlir::ValueRange operands,
                   llvm::function_ref<mlir::Value(mlir::ImplicitLocOpBuilder &,
                                                  mlir::ValueRange)>
                       define);

  /// An i1: whether the device's own operation is exact; a specialization
  /// constant, see quantir_gpu_constant.
  mlir::Value isExact(quantir_gpu_constant constant);

  /// Ends the kernel and dispatches it; more groups than a device runs along a
  /// dimension are split later.
  DispatchOp dispatch(std::array<int64_t, 3> groups);
  /// The same with one invocation for each of `count` items, in groups of the
  /// kernel's size along dimension 0; `globalThread` may be `count` or more.
  DispatchOp dispatchFor(int64_t count);
  /// Ends the kernel as a further form of `dispatch`'s, the last thing that was
  /// dispatched: on the same buffers.
  void addForm(DispatchOp dispatch);

private:
  struct Use {
    mlir::Value argument;
    bool written = false;
  };
  mlir::Value argumentFor(mlir::Value mainBuffer, int64_t width, bool written);
  mlir::Value identifier(llvm::StringRef key,
                         llvm::function_ref<mlir::Value()> create);
  void finish(llvm::ArrayRef<int64_t> bindings);

  GpuLowering &shared;
  GroupSize threads;
  mlir::gpu::GPUModuleOp module;
  mlir::gpu::GPUFuncOp function;
  llvm::MapVector<std::pair<mlir::Value, int64_t>, Use> uses;
  llvm::StringMap<mlir::Value> identifiers, constantsOfMain;
};

} // namespace quantir

#endif // QUANTIR_LIB_GPU_GPUKERNEL_H
