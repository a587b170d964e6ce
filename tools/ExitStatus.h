#ifndef QUANTIR_TOOLS_EXITSTATUS_H
#define QUANTIR_TOOLS_EXITSTATUS_H

#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/PrettyStackTrace.h"
#include "llvm/Support/Signals.h"
#include "llvm/Support/WithColor.h"
#include <unistd.h>

namespace quantir {

/// What the exit statuses of every Quantir tool mean.
enum ExitStatus {
  Done = 0,
  Refused = 1,  ///< the model or the data
  WrongUse = 2, ///< of the command
  NotMet = 3,   ///< an expectation: outputs differ
  NoIO = 4,     ///< cannot write, or no memory
  Internal = 70 ///< a fault of ours
};

/// What LLVM cannot go on after, and signals like SIGSEGV, end the program with
/// a status and one line that says whose fault it is. Call it after InitLLVM.
inline void installExitHandlers() {
  llvm::setBugReportMsg("");
  llvm::sys::AddSignalHandler(
      [](void *) {
        constexpr char text[] =
            "error: this is a fault of Quantir, not of the model; please "
            "report it with the command line\n";
        (void)!write(STDERR_FILENO, text, sizeof(text) - 1);
        _exit(Internal);
      },
      nullptr);
  llvm::install_fatal_error_handler([](void *, const char *reason, bool) {
    llvm::WithColor::error() << "LLVM: " << reason << "\n";
    llvm::sys::RunInterruptHandlers();
    _exit(Internal);
  });
  llvm::install_bad_alloc_error_handler([](void *, const char *, bool) {
    constexpr char text[] = "error: out of memory\n";
    (void)!write(STDERR_FILENO, text, sizeof(text) - 1);
    llvm::sys::RunInterruptHandlers();
    _exit(NoIO);
  });
}

} // namespace quantir

#endif // QUANTIR_TOOLS_EXITSTATUS_H
