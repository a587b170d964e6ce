#include "CompileInParts.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/Threading.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "quantir/Artifact/Codegen.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include <map>

using namespace mlir;
using namespace quantir;

/// The part that gets each function with a body: the largest come first, each
/// to the part that has the least.
static llvm::DenseMap<Operation *, size_t> assign(ModuleOp module,
                                                  size_t parts) {
  // By size, then as they come.
  std::map<std::pair<size_t, size_t>, Operation *> functions;
  for (auto function : module.getOps<LLVM::LLVMFuncOp>()) {
    size_t size = 0;
    function.walk([&](Operation *) { ++size; });
    if (!function.isExternal())
      functions[{size, functions.size()}] = function;
  }
  std::vector<size_t> load(parts, 0);
  llvm::DenseMap<Operation *, size_t> part;
  for (auto [size, function] : llvm::reverse(functions)) {
    auto least = llvm::min_element(load);
    *least += size.first;
    part[function] = least - load.begin();
  }
  return part;
}

/// The module with the bodies of one part's functions, all of them visible.
static OwningOpRef<ModuleOp>
cutOut(ModuleOp module, const llvm::DenseMap<Operation *, size_t> &partOf,
       size_t part) {
  OwningOpRef<ModuleOp> cut = ModuleOp::create(module.getLoc());
  (*cut)->setAttrs(module->getAttrDictionary());
  for (Operation &op : *module.getBody()) {
    auto found = partOf.find(&op);
    bool elsewhere = found != partOf.end() && found->second != part;
    Operation *copy = elsewhere ? op.cloneWithoutRegions() : op.clone();
    cut->push_back(copy);
    if (auto function = dyn_cast<LLVM::LLVMFuncOp>(copy))
      function.setLinkage(LLVM::Linkage::External);
  }
  return cut;
}

static llvm::Expected<std::string> compile(ModuleOp module,
                                           const TargetSpec &target) {
  llvm::LLVMContext context;
  std::unique_ptr<llvm::Module> code = translateModuleToLLVMIR(module, context);
  if (!code)
    return llvm::createStringError("cannot be translated to LLVM IR");
  if (llvm::Error error = optimizeModule(*code, target))
    return error;
  return emitObject(*code, target);
}

llvm::Expected<std::vector<std::string>>
quantir::compileInParts(ModuleOp module, const TargetSpec &target) {
  MLIRContext *context = module.getContext();
  size_t parts = context->isMultithreadingEnabled()
                     ? std::clamp<size_t>(
                           context->getThreadPool().getMaxConcurrency(), 1, 8)
                     : 1;
  llvm::DenseMap<Operation *, size_t> partOf = assign(module, parts);
  std::vector<std::string> objects(parts), errors(parts);
  parallelFor(context, 0, parts, [&](size_t part) {
    llvm::Expected<std::string> object =
        compile(*cutOut(module, partOf, part), target);
    if (object)
      objects[part] = std::move(*object);
    else
      errors[part] = llvm::toString(object.takeError());
  });
  for (const std::string &error : errors)
    if (!error.empty())
      return llvm::createStringError(error);
  return objects;
}
