#ifndef QUANTIR_TEST_UNIT_INTERPRET_INTERPRETEDMODEL_H
#define QUANTIR_TEST_UNIT_INTERPRET_INTERPRETEDMODEL_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Diagnostics.h"
#include "quantir/Interpret/Interpreter.h"
#include "llvm/Support/Error.h"
#include <random>
#include <string>

/// What tests compare compiled models with.
namespace quantir::test {

/// A context with all dialects, and the diagnostics it gave as text.
struct Session {
  Session();
  explicit Session(const mlir::DialectRegistry &more);
  llvm::Error error(llvm::StringRef what) {
    return llvm::createStringError(what + ": " + messages);
  }

  mlir::MLIRContext context;
  std::string messages;
  mlir::ScopedDiagnosticHandler handler;
};

/// What random inputs may hold: numbers of moderate size; infinities, NaN, huge
/// and subnormal numbers among them; any bits.
enum class Inputs { ordinary, extreme, anyBits };

/// Inputs of `main`.
std::vector<Tensor> randomInputs(mlir::func::FuncOp main, std::mt19937 &random,
                                 Inputs kind);

/// Where two tensors differ in a bit (two NaN are equal), or an empty text.
std::string difference(const Tensor &expected, const uint8_t *actual);

using Shape = std::vector<int64_t>;

/// "2x3x": how MLIR begins a shaped type.
std::string dims(const Shape &shape);
/// How many elements a shape has.
int64_t count(const Shape &shape);

/// The text of a module whose @main has these operations, as below.
std::string functionModule(llvm::ArrayRef<std::string> arguments,
                           llvm::StringRef body, llvm::StringRef result);

/// The text of a module whose @main is one kernel.
/// \param arguments  types of the inputs, which the body calls %0, %1, ...
/// \param body       operations; `%r` is the result
/// \param result     its type
std::string kernelModule(llvm::ArrayRef<std::string> arguments,
                         llvm::StringRef body, llvm::StringRef result);

} // namespace quantir::test

#endif // QUANTIR_TEST_UNIT_INTERPRET_INTERPRETEDMODEL_H
