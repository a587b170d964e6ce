#ifndef QUANTIR_ARTIFACT_JIT_H
#define QUANTIR_ARTIFACT_JIT_H

#include "quantir/Target/TargetSpec.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <memory>
#include <string>
#include <utility>

namespace llvm {
class Module;
namespace orc {
class LLJIT;
} // namespace orc
} // namespace llvm

namespace quantir {

/// A module as machine code in this process: the very bytes that an artifact
/// for the same target holds.
class JitModule {
public:
  /// A function or constant of this process that the module names.
  using HostSymbol = std::pair<llvm::StringRef, const void *>;

  /// Optimises and compiles `module` (which is used up) for `target`, which
  /// must be able to run here. The module may use `hostSymbols` and nothing
  /// else.
  static llvm::Expected<JitModule>
  compile(llvm::Module &module, const TargetSpec &target,
          llvm::ArrayRef<HostSymbol> hostSymbols = {});

  /// The same of objects, compiled for `target`, that may use each other's
  /// functions; what none of them has, lookup reports.
  static llvm::Expected<JitModule>
  load(llvm::ArrayRef<std::string> objects, const TargetSpec &target,
       llvm::ArrayRef<HostSymbol> hostSymbols = {});

  /// The address of a function of the module; valid as long as this object.
  llvm::Expected<void *> lookup(llvm::StringRef name) const;

  JitModule(JitModule &&) noexcept;
  JitModule &operator=(JitModule &&) noexcept;
  ~JitModule();

private:
  explicit JitModule(std::unique_ptr<llvm::orc::LLJIT> jit);
  std::unique_ptr<llvm::orc::LLJIT> jit;
};

} // namespace quantir

#endif // QUANTIR_ARTIFACT_JIT_H
