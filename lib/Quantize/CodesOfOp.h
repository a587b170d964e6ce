#ifndef QUANTIR_LIB_QUANTIZE_CODESOFOP_H
#define QUANTIR_LIB_QUANTIZE_CODESOFOP_H

#include "Quantir/QuantirOps.h"
#include "quantir/Quantize/ActivationChannels.h"
#include "quantir/Quantize/ActivationScales.h"
#include "quantir/Quantize/WeightCodes.h"

namespace quantir {

/// Which products by weights read their activation as 16-bit codes.
enum class WideActivations {
  None,
  /// Those for which 8 bits would put too much noise on the outputs; the others
  /// of these stay in floating point.
  WhereNeeded,
  All
};

/// What calibration says of the values of a function.
struct CalibratedValues {
  /// By the origin of the value, see `originOf`.
  llvm::DenseMap<mlir::Value, ActivationScale> scales;
  /// By the value itself.
  llvm::DenseMap<mlir::Value, ActivationChannels> channels;
  /// Whether a softmax may leave its division to what its product becomes.
  bool divisionWaits = true;
  WideActivations wide = WideActivations::None;
};

/// The form on codes of one f32 op with role `computes`. Each step returns why
/// the op has to stay in floating point, or nothing; they come in this order.
///
/// Sums of 16-bit codes times 8-bit weights would leave 32 bits from depth 517
/// on. So they are two products, of the high bytes and of the low ones, whose
/// sums do so no earlier than those of 8-bit codes.
class CodesOfOp {
public:
  explicit CodesOfOp(mlir::Operation *op)
      : op(mlir::cast<QuantizationInterface>(op)) {}

  /// Types of the activations: u8 for the first, symmetric i8 for the second;
  /// or i16.
  std::optional<std::string> chooseActivations(const CalibratedValues &known);
  /// Codes of the weights and of the bias, which makes up for the shift that
  /// rounded weights cause; the scales of the accumulator.
  std::optional<std::string> chooseWeights(const CalibratedValues &known);
  /// Drops the bias to floating point, or gives up, when 32 bits could
  /// overflow.
  std::optional<std::string> proveAccumulator();
  /// The proved bound of |accumulator|, partial sums included.
  int64_t largestAccumulator() const { return bound; }

  /// What it reads, for a remark.
  std::string describe() const;

  /// Builds it in front of the op; returns the f32 result.
  mlir::Value build(mlir::OpBuilder &builder);

private:
  /// One product on codes: of the activations themselves, or of their bytes.
  struct Part {
    /// A step of its sums in steps of the last part's.
    double unit = 1;
    /// What its left operand stores for zero.
    int32_t zeroPoint = 0;
    /// Nothing when there is no bias, or it is added in f32.
    std::optional<std::vector<int32_t>> bias;
  };

  std::optional<std::string> chooseActivation(mlir::OpOperand &operand,
                                              const CalibratedValues &known);
  mlir::quant::QuantizedType wideType(mlir::Value value,
                                      const ActivationScale &scale);
  void chooseBiasCodes();
  void dropBiasCodes();
  bool isSplit() const { return parts.size() > 1; }
  mlir::OpOperand *biasOperand();
  void chooseBias(const FloatElements &weightData,
                  const CalibratedValues &known);
  mlir::Value buildFloatBias(mlir::OpBuilder &builder);
  void buildBias(mlir::OpBuilder &builder, mlir::Operation *codes,
                 const Part &part);
  std::vector<int64_t> boundsBeforeBias(const Part &part);
  double accumulatorScale(double weightScale) const;
  llvm::SmallVector<double> scalesOf(const Part &part) const;
  mlir::Value buildActivation(mlir::OpBuilder &builder, size_t index);
  mlir::Value buildByte(mlir::OpBuilder &builder, mlir::Value codes,
                        const Part &part);
  mlir::Operation *buildPart(mlir::OpBuilder &builder,
                             llvm::ArrayRef<mlir::Value> codes,
                             const Part &part);
  mlir::Value buildSum(mlir::OpBuilder &builder,
                       llvm::ArrayRef<mlir::Operation *> products);
  mlir::RankedTensorType accumulatorType(mlir::RankedTensorType shape,
                                         int64_t axis, const Part &part) const;

  QuantizationInterface op;
  /// Divided by after the product, or null.
  SoftmaxOp softmax;
  llvm::SmallVector<mlir::quant::QuantizedType> activations;
  /// Why they have not the bits that most have, or empty.
  std::string reason;
  llvm::SmallVector<Part, 2> parts;
  WeightCodes weights;
  bool perChannel = false;
  /// Of the accumulators of the last part.
  llvm::SmallVector<double> scales;
  /// The bias in f32: nothing when there is none that is constant.
  std::optional<std::vector<float>> biasData;
  /// True when `biasData` differs from the operand.
  bool corrected = false;
  int64_t bound = 0;
};

} // namespace quantir

#endif // QUANTIR_LIB_QUANTIZE_CODESOFOP_H
