#ifndef QUANTIR_TOOLS_EXITSTATUS_H
#define QUANTIR_TOOLS_EXITSTATUS_H

#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/PrettyStackTrace.h"
#include "llvm/Support/Signals.h"
#include "llvm/Support/WithColor.h"
#include <atomic>
#include <csignal>
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

/// A tool's process: LLVM's initialization, and what LLVM cannot go on after,
/// or a signal like SIGSEGV, ends it with a status and one line that says whose
/// fault it is.
class ToolProcess {
public:
  ToolProcess(int &argc, char **&argv) : init(argc, argv) {
    llvm::setBugReportMsg("");
    llvm::sys::AddSignalHandler([](void *) { reportFault(); }, nullptr);
    for (int fault : {SIGSEGV, SIGBUS, SIGABRT, SIGILL, SIGFPE}) {
      struct sigaction action = {};
      action.sa_handler = onFault;
      action.sa_flags = SA_NODEFER | SA_ONSTACK;
      (void)sigaction(fault, &action, nullptr);
    }
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

private:
  static void reportFault() {
    constexpr char text[] =
        "error: this is a fault of Quantir, not of the model; please "
        "report it with the command line\n";
    (void)!write(STDERR_FILENO, text, sizeof(text) - 1);
    _exit(Internal);
  }

  /// The first fault prints a trace. LLVM's own handler would leave a second
  /// one, of the trace or of another thread, without any.
  static void onFault(int signal) {
    static std::atomic_flag isKnown = ATOMIC_FLAG_INIT;
    if (!isKnown.test_and_set())
      llvm::sys::CleanupOnSignal(uintptr_t(signal));
    reportFault();
  }

  llvm::InitLLVM init;
};

} // namespace quantir

#endif // QUANTIR_TOOLS_EXITSTATUS_H
