#ifndef QUANTIR_LIB_IMPORT_RECOGNIZEPATTERNS_H
#define QUANTIR_LIB_IMPORT_RECOGNIZEPATTERNS_H

#include "mlir/IR/PatternMatch.h"

#include <optional>

namespace quantir {

// The patterns of quantir-recognize-patterns, one file a subject.
void populateActivationPatterns(mlir::RewritePatternSet &patterns);
/// With `anyAxis` normalizations of columns as well, between transposes.
void populateNormalizationPatterns(mlir::RewritePatternSet &patterns,
                                   bool anyAxis);
void populateWeightPatterns(mlir::RewritePatternSet &patterns);
void populateChannelPatterns(mlir::RewritePatternSet &patterns);
void populateEpiloguePatterns(mlir::RewritePatternSet &patterns);
void populateHeadPatterns(mlir::RewritePatternSet &patterns);
void populateProductPatterns(mlir::RewritePatternSet &patterns);
void populateIdentityPatterns(mlir::RewritePatternSet &patterns);

/// A missed remark for each expression that is nearly one of the above.
void explainNearMatches(mlir::Operation *function);

/// The one number that all elements of an f32 constant are.
std::optional<double> splatOf(mlir::Value value);

/// Equal up to the rounding of constants that exporters print.
bool isAbout(double value, double wanted);

/// A tree of multiplications and divisions by constants: `factor` times the
/// other values.
struct Product {
  double factor = 1;
  llvm::SmallVector<mlir::Value> values;
};

/// Takes `value` apart; values equal to `stop` stay whole.
Product flattenProduct(mlir::Value value, mlir::Value stop = {});

} // namespace quantir

#endif // QUANTIR_LIB_IMPORT_RECOGNIZEPATTERNS_H
