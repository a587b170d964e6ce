#ifndef QUANTIR_LIB_LOWER_KERNELS_H
#define QUANTIR_LIB_LOWER_KERNELS_H

#include "LaneEvaluator.h"
#include "quantir/Lower/KernelBody.h"

namespace quantir {

/// The look-up that is all a kernel does, or null.
LookupOp onlyLookup(KernelOp kernel);

/// The buffer of main behind a kernel's body value, with slack behind it: that
/// of an input is copied once.
mlir::Value bufferWithSlack(Lowering &lowering, mlir::Location location,
                            mlir::Value mainBuffer, int64_t elements);

/// Copies `count` neighbouring elements; reads and writes nothing else.
void copyRun(KernelFunction &kernel, mlir::Value from, mlir::Value fromOffset,
             mlir::Value to, mlir::Value toOffset, int64_t count);

/// The buffer that a convolution reads, its pads included: the one that holds
/// its input when it has them or none are needed, else a copy.
mlir::Value paddedInput(Lowering &lowering, KernelOp kernel, ConvOp conv,
                        int64_t padValue);

/// The frame that the readers of `result`, all of them convolutions, would
/// copy it into; none when one of them reads it otherwise, or when `producer`
/// may not write there.
std::optional<Margin> marginFor(KernelOp producer, mlir::Value result);

/// The buffer of an operand that `kernel` is the last to read and whose
/// elements result `number` may replace one by one; null when there is none.
mlir::Value bufferInPlace(Lowering &lowering, KernelOp kernel, unsigned number);

/// Fills a buffer's frame; `channels` elements a pixel.
void emitMargin(Lowering &lowering, mlir::Location location,
                const Margin &margin, mlir::Value buffer, int64_t images,
                int64_t channels);

/// One function for each kind of kernel. Each emits everything that the kernel
/// needs, launches included.
mlir::LogicalResult lowerElementwise(Lowering &lowering, KernelOp kernel);
mlir::LogicalResult lowerLookup(Lowering &lowering, KernelOp kernel,
                                LookupOp lookup);
mlir::LogicalResult lowerConv(Lowering &lowering, KernelOp kernel, ConvOp conv);
mlir::LogicalResult lowerDepthwise(Lowering &lowering, KernelOp kernel,
                                   ConvOp conv);
mlir::LogicalResult lowerMatmul(Lowering &lowering, KernelOp kernel,
                                MatmulOp matmul);
mlir::LogicalResult lowerAttention(Lowering &lowering, KernelOp kernel,
                                   SoftmaxOp softmax);
mlir::LogicalResult lowerSoftmax(Lowering &lowering, KernelOp kernel,
                                 SoftmaxOp op);

/// True when `op` does nothing but a softmax of 8-bit codes to 8-bit codes that
/// look-ups in whole registers compute.
bool looksUpSoftmax(Lowering &lowering, KernelOp kernel, SoftmaxOp op);
mlir::LogicalResult lowerSoftmaxByLookup(Lowering &lowering, KernelOp kernel,
                                         SoftmaxOp op);
mlir::LogicalResult lowerLayerNorm(Lowering &lowering, KernelOp kernel,
                                   LayerNormOp op);
/// A layer_norm or rms_norm on codes.
mlir::LogicalResult lowerNormOfCodes(Lowering &lowering, KernelOp kernel,
                                     mlir::Operation *norm, float epsilon);
mlir::LogicalResult lowerRmsNorm(Lowering &lowering, KernelOp kernel,
                                 RmsNormOp op);
mlir::LogicalResult lowerReduce(Lowering &lowering, KernelOp kernel,
                                ReduceOp op);
mlir::LogicalResult lowerMaxPool(Lowering &lowering, KernelOp kernel,
                                 MaxPoolOp op);
mlir::LogicalResult lowerAvgPool(Lowering &lowering, KernelOp kernel,
                                 AvgPoolOp op);
/// A transpose, slice, pad, expand, gather or nearest resize.
mlir::LogicalResult lowerMovement(Lowering &lowering, KernelOp kernel,
                                  mlir::Operation *op);
mlir::LogicalResult lowerConcat(Lowering &lowering, KernelOp kernel,
                                ConcatOp op);
mlir::LogicalResult lowerGather(Lowering &lowering, KernelOp kernel,
                                GatherOp op);
mlir::LogicalResult lowerResize(Lowering &lowering, KernelOp kernel,
                                ResizeOp op);

} // namespace quantir

#endif // QUANTIR_LIB_LOWER_KERNELS_H
