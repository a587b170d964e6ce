#ifndef QUANTIR_TEST_UNIT_LOWER_COMPAREWITHINTERPRETER_H
#define QUANTIR_TEST_UNIT_LOWER_COMPAREWITHINTERPRETER_H

#include "../Interpret/InterpretedModel.h"
#include "quantir/Artifact/Jit.h"
#include "quantir/Runtime/Artifact.h"
#include "quantir/Target/TargetSpec.h"
#include "gtest/gtest.h"

namespace quantir::test {

/// A target on which this machine can test: its name and what to resolve it
/// from.
struct TestTarget {
  std::string name, cpu, features;
  /// The host runs it with functions in place of AMX.
  bool hasSoftwareTiles = false;
};

/// The instruction sets to test: the host's and, where it is x86, with AMX
/// apart, AVX2 and SSE2.
std::vector<TestTarget> testTargets();

/// A model as machine code in this process.
class CompiledModel {
public:
  /// Lowers and compiles `text`, a module whose @main holds kernels.
  static llvm::Expected<CompiledModel> compile(llvm::StringRef text,
                                               const TestTarget &target);

  /// Runs on the bytes of `inputs`; `outputs` get theirs. With `tiled` the
  /// tiles of each launch run on two threads, last first.
  void run(llvm::ArrayRef<const void *> inputs, llvm::ArrayRef<void *> outputs,
           bool tiled = false);

private:
  CompiledModel(JitModule jit, int64_t arenaSize);

  JitModule jit;
  int (*entry)(const quantir_context *);
  std::vector<char> arena;
};

/// Runs @main of `text` by the interpreter and as machine code for `target`, on
/// the same random inputs (ordinary numbers, then also extreme ones), and says
/// where they differ in a bit (two NaN are equal) or where machine code wrote
/// outside of an output.
::testing::AssertionResult sameAsInterpreted(llvm::StringRef text,
                                             const TestTarget &target);

} // namespace quantir::test

#endif // QUANTIR_TEST_UNIT_LOWER_COMPAREWITHINTERPRETER_H
