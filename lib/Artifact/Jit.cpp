#include "quantir/Artifact/Jit.h"

#include "quantir/Artifact/Codegen.h"
#include "quantir/Artifact/Package.h"
#include "llvm/ExecutionEngine/Orc/AbsoluteSymbols.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace llvm;
using namespace quantir;

/// A session without a platform: no initialisers, no symbols of the process.
static Expected<std::unique_ptr<orc::LLJIT>>
createSession(const TargetSpec &target) {
  orc::JITTargetMachineBuilder machine{Triple(target.triple)};
  machine.setCPU(target.cpu);
  return orc::LLJITBuilder()
      .setJITTargetMachineBuilder(std::move(machine))
      .setLinkProcessSymbolsByDefault(false)
      .setPlatformSetUp(orc::setUpInactivePlatform)
      .create();
}

static Error defineHostSymbols(orc::LLJIT &jit,
                               ArrayRef<JitModule::HostSymbol> known) {
  orc::SymbolMap symbols;
  for (auto [name, address] : known)
    symbols[jit.mangleAndIntern(name)] = {orc::ExecutorAddr::fromPtr(address),
                                          JITSymbolFlags::Exported |
                                              JITSymbolFlags::Callable};
  return jit.getMainJITDylib().define(orc::absoluteSymbols(std::move(symbols)));
}

Expected<JitModule> JitModule::compile(Module &module, const TargetSpec &target,
                                       ArrayRef<HostSymbol> hostSymbols) {
  if (Error error = optimizeModule(module, target))
    return error;
  Expected<std::string> object = emitObject(module, target);
  if (!object)
    return object.takeError();
  SmallVector<StringRef> names(make_first_range(hostSymbols));
  if (Error error = checkFreestanding(*object, names))
    return error;
  return load(*object, target, hostSymbols);
}

Expected<JitModule> JitModule::load(ArrayRef<std::string> objects,
                                    const TargetSpec &target,
                                    ArrayRef<HostSymbol> hostSymbols) {
  Expected<std::unique_ptr<orc::LLJIT>> jit = createSession(target);
  if (!jit)
    return jit.takeError();
  // What goes wrong is returned by lookup; the default reporter also prints it.
  (*jit)->getExecutionSession().setErrorReporter(consumeError);
  if (Error error = defineHostSymbols(**jit, hostSymbols))
    return error;
  for (const std::string &object : objects)
    if (Error error = (*jit)->addObjectFile(
            MemoryBuffer::getMemBufferCopy(object, "model")))
      return error;
  return JitModule(std::move(*jit));
}

Expected<void *> JitModule::lookup(StringRef name) const {
  Expected<orc::ExecutorAddr> address = jit->lookup(name);
  if (!address)
    return address.takeError();
  return address->toPtr<void *>();
}

JitModule::JitModule(std::unique_ptr<orc::LLJIT> jit) : jit(std::move(jit)) {}
JitModule::JitModule(JitModule &&) noexcept = default;
JitModule &JitModule::operator=(JitModule &&) noexcept = default;
JitModule::~JitModule() = default;
