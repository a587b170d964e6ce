#include "quantir/Import/ImportOnnx.h"

#include "GraphImport.h"
#include "ModelFile.h"
#include "quantir/Import/ContentHash.h"
#include "quantir/Import/NodeLocation.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"

#ifdef __linux__
#include <sys/mman.h>
#endif

using namespace mlir;
using namespace quantir;

/// Gives the memory of a mapped file back: it can be read again. LLVM's
/// `dontNeedIfMmap` asks by posix_madvise, and then glibc does nothing.
static void releasePages(const llvm::MemoryBuffer &buffer) {
#ifdef __linux__
  if (buffer.getBufferKind() != llvm::MemoryBuffer::MemoryBuffer_MMap)
    return;
  uintptr_t page = llvm::sys::Process::getPageSizeEstimate();
  uintptr_t begin = llvm::alignTo(uintptr_t(buffer.getBufferStart()), page);
  uintptr_t end = llvm::alignDown(uintptr_t(buffer.getBufferEnd()), page);
  if (begin < end)
    (void)madvise(reinterpret_cast<void *>(begin), end - begin, MADV_DONTNEED);
#endif
}

/// \param release  gives the memory of bytes back that can be read again.
static FailureOr<OwningOpRef<ModuleOp>>
importBytes(MLIRContext *context, StringRef bytes, StringRef path,
            const ImportOptions &options, function_ref<void()> release) {
  context->loadDialect<QuantirDialect, func::FuncDialect>();
  Location file = tensorLocation(context, path, "");
  if (int64_t(bytes.size()) > options.limits.fileBytes)
    return emitError(file) << "the file has " << bytes.size()
                           << " bytes, more than the limit of "
                           << options.limits.fileBytes
                           << "; store the weights as external data";
  ModelFile model;
  if (!model.parse(bytes))
    return emitError(file)
           << "is not an ONNX model, or is damaged or cut short";
  if (!model.model().has_graph())
    return emitError(file) << "has no graph: it is not an ONNX model";
  ContentHash hash;
  constexpr size_t atOnce = 8 << 20;
  for (StringRef rest = bytes; !rest.empty(); rest = rest.substr(atOnce)) {
    hash.add(rest.take_front(atOnce));
    release();
  }
  auto module = GraphImport(context, model, path, options, release).run();
  if (failed(module))
    return failure();
  Builder builder(context);
  (**module)->setAttr("quantir.model",
                      builder.getStringAttr(llvm::sys::path::stem(path)));
  (**module)->setAttr("quantir.hash", builder.getStringAttr(hash.hex()));
  return module;
}

FailureOr<OwningOpRef<ModuleOp>>
quantir::importOnnx(MLIRContext *context, StringRef bytes, StringRef path,
                    const ImportOptions &options) {
  return importBytes(context, bytes, path, options, [] {});
}

FailureOr<OwningOpRef<ModuleOp>>
quantir::importOnnx(MLIRContext *context, StringRef path,
                    const ImportOptions &options) {
  Location file = tensorLocation(context, path, "");
  llvm::sys::fs::file_status status;
  if (std::error_code error = llvm::sys::fs::status(path, status))
    return emitError(file) << "cannot be read: " << error.message();
  if (!llvm::sys::fs::is_regular_file(status))
    return emitError(file) << "is not a regular file";
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/false,
                                            /*RequiresNullTerminator=*/false);
  if (!buffer)
    return emitError(file) << "cannot be read: " << buffer.getError().message();
  return importBytes(context, (*buffer)->getBuffer(), path, options,
                     [&] { releasePages(**buffer); });
}
