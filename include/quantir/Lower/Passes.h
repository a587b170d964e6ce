#ifndef QUANTIR_LOWER_PASSES_H
#define QUANTIR_LOWER_PASSES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace quantir {

/// The attribute of main that holds the bytes of working memory.
inline constexpr llvm::StringLiteral kArenaSize = "quantir.arena_size";

/// The attribute of a module that chooses tiles instead of the cost model: a
/// dictionary from the text of a `ContractionKey` to that of a `TileChoice`.
inline constexpr llvm::StringLiteral kTilesAttr = "quantir.tiles";

/// The attribute of a module whose weights other levels of an artifact read
/// too: a dictionary from contractions, without their tiles, to how their
/// weights are packed. Lowering goes by it and adds what is missing.
inline constexpr llvm::StringLiteral kPackingsAttr = "quantir.packings";

/// On a launch: the contraction it computes, and how it is cut.
inline constexpr llvm::StringLiteral kContractionAttr = "quantir.contraction";
inline constexpr llvm::StringLiteral kTileAttr = "quantir.tile";

/// What `quantir-merge-constants` makes: constants that every run reads, and
/// tables of which it reads some rows.
inline constexpr llvm::StringLiteral kConstants = "constants";
inline constexpr llvm::StringLiteral kTables = "tables";

/// Bytes of working memory of a run of `main`: of several when samples of a
/// batch may run at once.
int64_t arenaOfRun(mlir::func::FuncOp main);

#define GEN_PASS_DECL
#include "quantir/Lower/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "quantir/Lower/Passes.h.inc"

} // namespace quantir

#endif // QUANTIR_LOWER_PASSES_H
