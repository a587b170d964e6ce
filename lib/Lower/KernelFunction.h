#ifndef QUANTIR_LIB_LOWER_KERNELFUNCTION_H
#define QUANTIR_LIB_LOWER_KERNELFUNCTION_H

#include "Quantir/QuantirOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "quantir/Lower/IndexCode.h"
#include "quantir/Lower/KernelBody.h"
#include "quantir/Target/InnerTiles.h"
#include "quantir/Target/Processors.h"
#include <map>

namespace quantir {

/// Bytes that may be read, and are never meaningful, behind every buffer that
/// the compiler places itself.
constexpr int64_t kSlackBytes = 64;

/// Marks globals whose last `kSlackBytes` are slack.
constexpr llvm::StringLiteral kSlackAttr = "quantir.slack";

/// Marks globals of which a run reads only some rows.
constexpr llvm::StringLiteral kReadByRowsAttr = "quantir.read_by_rows";

/// What a global without bytes of its own stands for.
constexpr llvm::StringLiteral kOuterDataAttr = "quantir.outer_data";

/// The bytes of `value` in row-major order, followed by zero slack.
llvm::SmallVector<char> bytesWithSlack(mlir::DenseElementsAttr value);

/// A frame of `value` around every image of a [N, H, W, C] buffer: what a
/// convolution reads beyond the edges, kept where its producer writes.
struct Margin {
  int64_t height, width;           ///< of the images within
  llvm::SmallVector<int64_t> pads; ///< top, left, bottom, right
  int64_t value;

  int64_t paddedHeight() const { return height + pads[0] + pads[2]; }
  int64_t paddedWidth() const { return width + pads[1] + pads[3]; }
};

/// What the kernels of one module share while they are lowered.
struct Lowering {
  Lowering(mlir::ModuleOp module, mlir::OpBuilder main,
           const TargetSpec &target)
      : module(module), main(main), target(target), unit(vectorUnit(target)),
        elementLanes(unit.lanes == 4 && unit.registers >= 32 ? 16 : unit.lanes),
        processor(processorOf(target)) {}

  mlir::ModuleOp module;
  /// Inserts into the new main function.
  mlir::OpBuilder main;
  const TargetSpec &target;
  VectorUnit unit;
  /// Lanes that code on single elements computes at a time: those of a register
  /// or, where registers are short and many, so many that bytes fill one.
  int64_t elementLanes;
  const Processor &processor;
  /// The tiles that somebody chose, by the text of their `ContractionKey`.
  mlir::DictionaryAttr chosenTiles;
  /// How weights are packed that other levels of the artifact read too, by what
  /// they are for; nothing when there is one level.
  std::optional<std::map<std::string, std::string>> packings;
  /// The buffer of each tensor value of the old main function.
  llvm::DenseMap<mlir::Value, mlir::Value> buffers;
  /// The constant behind each tensor value that is one.
  KnownConstants constants;
  /// Copies with slack of buffers that have none.
  llvm::DenseMap<mlir::Value, mlir::Value> copies;
  /// The frames around the buffers of some tensor values.
  llvm::DenseMap<mlir::Value, Margin> margins;
  unsigned kernels = 0, globals = 0;
  llvm::DenseMap<mlir::Attribute, mlir::memref::GlobalOp> globalOf;
  /// Constants stay where they are; see OuterConstants.h.
  bool outerConstants = false;

  /// The same for rows of `columns` elements: not much more than there are.
  int64_t lanesFor(int64_t columns) const;

  /// A buffer of `count` elements of a storage type, with slack behind it.
  mlir::Value allocate(mlir::Location location, mlir::Type storage,
                       int64_t count);

  /// A global with the elements of `value` in row-major order, with slack.
  mlir::memref::GlobalOp addGlobal(mlir::Location location,
                                   mlir::DenseElementsAttr value);

  /// The same, as a buffer of main.
  mlir::Value constantBuffer(mlir::Location location,
                             mlir::DenseElementsAttr value);
};

/// True when a whole vector may be read at any element of `buffer`.
bool hasSlack(mlir::Value buffer, int64_t elements);

/// What LLVM is to make of a kernel: unrolled loops, or little code where time
/// goes to memory anyway.
enum class KernelAim { Speed, Size };

/// One function of the lowered module, called for every tile of a launch.
class KernelFunction : public IndexCode {
public:
  KernelFunction(Lowering &lowering, mlir::Location location,
                 llvm::StringRef kind, KernelAim aim = KernelAim::Size);

  Lowering &lowering() { return shared; }

  /// The number of the tile, an index.
  mlir::Value tile() { return function.getArguments().back(); }

  /// The argument through which this kernel sees a buffer of main.
  mlir::Value use(mlir::Value mainBuffer);

  /// The buffer of a tensor constant, seen from this kernel.
  mlir::Value constant(mlir::DenseElementsAttr value);

  /// A buffer of the kernel's own, on the stack, 64-byte aligned.
  mlir::Value stackBuffer(mlir::MemRefType type);

  /// Ends the function and launches it for `tiles` tiles.
  LaunchOp launch(int64_t tiles);

  /// The integer number `at` of a buffer, as an index.
  mlir::Value loadIndex(mlir::Value buffer, mlir::Value at);

  /// The part [first, second) of `total` that this tile of `tiles` does, in
  /// multiples of `grain`.
  std::pair<mlir::Value, mlir::Value> share(int64_t total, int64_t tiles,
                                            int64_t grain = 1);
  std::pair<mlir::Value, mlir::Value> share(mlir::Value tile, int64_t total,
                                            int64_t tiles, int64_t grain);

private:
  Lowering &shared;
  mlir::func::FuncOp function;
  llvm::MapVector<mlir::Value, mlir::Value> arguments;
};

/// The result of an LLVM intrinsic.
mlir::Value callIntrinsic(mlir::ImplicitLocOpBuilder &b,
                          const llvm::Twine &name, mlir::Type result,
                          mlir::ValueRange operands);

/// A vector of codes of 8 bits, unsigned ones made signed by taking 128 from
/// each, or the other way round.
mlir::Value flipTopBits(mlir::ImplicitLocOpBuilder &b, mlir::Value codes);

/// Transposes as many vectors as they have lanes.
void transpose(mlir::ImplicitLocOpBuilder &b,
               llvm::SmallVectorImpl<mlir::Value> &rows);

/// How many tiles work of about `nanoseconds` is worth: enough to share among
/// cores, few enough that starting one costs nothing beside it.
int64_t tilesFor(double nanoseconds, int64_t most);

} // namespace quantir

#endif // QUANTIR_LIB_LOWER_KERNELFUNCTION_H
