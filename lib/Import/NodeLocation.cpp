#include "quantir/Import/NodeLocation.h"

#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;

Location quantir::nodeLocation(MLIRContext *context, StringRef modelPath,
                               StringRef name, StringRef opType,
                               unsigned index) {
  std::string given =
      name.empty() ? (opType + "#" + Twine(index)).str() : name.str();
  return NameLoc::get(StringAttr::get(context, given),
                      FileLineColLoc::get(context, modelPath, index, 0));
}

Location quantir::tensorLocation(MLIRContext *context, StringRef modelPath,
                                 StringRef name) {
  Location file = FileLineColLoc::get(context, modelPath, 0, 0);
  if (name.empty())
    return file;
  return NameLoc::get(StringAttr::get(context, name), file);
}

std::string quantir::nodesBehind(Location location) {
  llvm::SetVector<StringRef> names;
  location->walk([&](Location inner) {
    if (auto named = dyn_cast<NameLoc>(inner))
      names.insert(named.getName().strref());
    return WalkResult::advance();
  });
  return llvm::join(names, " + ");
}

std::string quantir::fileBehind(Location location) {
  std::string file;
  location->walk([&](Location inner) {
    auto position = dyn_cast<FileLineColLoc>(inner);
    if (!position)
      return WalkResult::advance();
    file = position.getFilename().str();
    return WalkResult::interrupt();
  });
  return file;
}
