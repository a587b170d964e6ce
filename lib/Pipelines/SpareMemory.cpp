#include "SpareMemory.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"

#ifdef __GLIBC__
#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#endif

using namespace llvm;

#ifdef __GLIBC__
/// Segments that may not be written are as they are in the file: relocations
/// lie in the others. Loading a library reads half of it to find symbols.
static int releaseLibrary(dl_phdr_info *library, size_t, void *) {
  StringRef name = sys::path::filename(library->dlpi_name);
  if (!name.starts_with("libLLVM") && !name.starts_with("libMLIR"))
    return 0;
  uintptr_t page = sys::Process::getPageSizeEstimate();
  for (const auto &segment :
       ArrayRef(library->dlpi_phdr, library->dlpi_phnum)) {
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W))
      continue;
    uintptr_t start = library->dlpi_addr + segment.p_vaddr;
    uintptr_t begin = alignTo(start, page);
    uintptr_t end = alignDown(start + segment.p_memsz, page);
    if (begin < end)
      (void)madvise(reinterpret_cast<void *>(begin), end - begin,
                    MADV_DONTNEED);
  }
  return 0;
}
#endif

void quantir::releaseSpareMemory() {
#ifdef __GLIBC__
  malloc_trim(0);
  dl_iterate_phdr(releaseLibrary, nullptr);
#endif
}
