#ifndef QUANTIR_ARTIFACT_JIT_H
#define QUANTIR_ARTIFACT_JIT_H

#include "quantir/Target/TargetSpec.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <memory>
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
  /// A function of this process that the module calls by name.
  using HostFunction = std::pair<llvm::StringRef, void *>;

  /// Optimises and compiles `module` (which is used up) for `target`, which
  /// must be able to run here. The module may call `hostFunctions`, memcpy,
  /// memmove and memset, and nothing else.
  static llvm::Expected<JitModule>
  compile(llvm::Module &module, const TargetSpec &target,
          llvm::ArrayRef<HostFunction> hostFunctions = {});

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
