#include "quantir/Lower/KernelName.h"

#include "llvm/ADT/Twine.h"

using namespace quantir;

std::string quantir::kernelName(unsigned number, llvm::StringRef kind) {
  return ("kernel_" + llvm::Twine(number) + "_" + kind).str();
}

llvm::StringRef quantir::kindOfKernel(llvm::StringRef name) {
  return name.consume_front("kernel_") ? name.split('_').second : name;
}
