#ifndef QUANTIR_ARTIFACT_WRITEFOLDER_H
#define QUANTIR_ARTIFACT_WRITEFOLDER_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <map>
#include <string>

namespace quantir {

/// Refuses what `writeFolderWhole` would: a path that is no folder, a folder
/// with anything but files that end in `ending`, or one where nothing can be
/// made.
llvm::Error checkFolder(llvm::StringRef path, llvm::StringRef ending);

/// Makes a folder of these files, whole or not at all. One that was there is
/// replaced if all in it are files that end in `ending`.
/// \param files  contents by name.
llvm::Error
writeFolderWhole(llvm::StringRef path, llvm::StringRef ending,
                 const std::map<std::string, llvm::StringRef> &files);

} // namespace quantir

#endif // QUANTIR_ARTIFACT_WRITEFOLDER_H
