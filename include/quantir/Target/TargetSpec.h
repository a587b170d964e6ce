#ifndef QUANTIR_TARGET_TARGETSPEC_H
#define QUANTIR_TARGET_TARGETSPEC_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <memory>
#include <string>

namespace llvm {
class MCSubtargetInfo;
class TargetMachine;
} // namespace llvm

namespace quantir {

/// The processor code is made for, after `--target`, `--mcpu`, `--mattr` and
/// `-O` have been understood. Two equal specs give the same machine code.
struct TargetSpec {
  std::string triple;    ///< complete, for example x86_64-unknown-linux-gnu
  std::string cpu;       ///< a name LLVM knows; never "host" or empty
  std::string name;      ///< what users call it: the cpu, or a `LevelName`
  std::string features;  ///< "+a,-b", what is added to or taken from the cpu
  unsigned optLevel = 2; ///< 0 to 3

  /// Understands the four flags as clang does:
  /// \param triple      empty means this machine.
  /// \param cpu         a name of LLVM's or of `levelNames`; "host" or empty
  ///                    means this machine's processor and its features; empty
  ///                    with the triple of another system means that system's
  ///                    oldest.
  /// \param attributes  comma-separated "+feature" and "-feature", applied
  /// last. Only Linux has AMX: elsewhere processors are without, and asking for
  /// it fails. Fails with a message that names the flag, its value and the
  /// nearest valid one.
  static llvm::Expected<TargetSpec> resolve(llvm::StringRef triple,
                                            llvm::StringRef cpu,
                                            llvm::StringRef attributes,
                                            unsigned optLevel);

  /// This machine at -O2.
  static llvm::Expected<TargetSpec> host() { return resolve("", "", "", 2); }

  /// True when code for this target may use `feature` (LLVM's name, no sign,
  /// such as "avx512vnni"), also when another feature implies it. False for a
  /// name that LLVM does not know.
  bool has(llvm::StringRef feature) const;

  /// A machine that makes position-independent code and never contracts a
  /// multiplication and an addition that the program keeps apart.
  llvm::Expected<std::unique_ptr<llvm::TargetMachine>>
  createTargetMachine() const;

private:
  /// Owned by no function or thread: never changed after `resolve`.
  std::shared_ptr<const llvm::MCSubtargetInfo> subtarget;
};

} // namespace quantir

#endif // QUANTIR_TARGET_TARGETSPEC_H
