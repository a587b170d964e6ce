#include "quantir/Import/ImportOnnx.h"

#include "GraphImport.h"
#include "onnx/onnx-ml.pb.h"
#include "quantir/Import/NodeLocation.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/SHA256.h"

using namespace mlir;
using namespace quantir;

static std::string hashOf(StringRef bytes) {
  auto digest = llvm::SHA256::hash(arrayRefFromStringRef(bytes));
  return llvm::toHex(digest, /*LowerCase=*/true);
}

FailureOr<OwningOpRef<ModuleOp>>
quantir::importOnnx(MLIRContext *context, StringRef bytes, StringRef path,
                    const ImportOptions &options) {
  context->loadDialect<QuantirDialect, func::FuncDialect>();
  Location file = tensorLocation(context, path, "");
  if (int64_t(bytes.size()) > options.limits.fileBytes)
    return emitError(file) << "the file has " << bytes.size()
                           << " bytes, more than the limit of "
                           << options.limits.fileBytes
                           << "; store the weights as external data";
  onnx::ModelProto model;
  // Protobuf's own limits on size and nesting stand.
  if (!model.ParseFromArray(bytes.data(), int(bytes.size())))
    return emitError(file)
           << "is not an ONNX model, or is damaged or cut short";
  if (!model.has_graph())
    return emitError(file) << "has no graph: it is not an ONNX model";
  auto module = GraphImport(context, model, path, options).run();
  if (failed(module))
    return failure();
  Builder builder(context);
  (**module)->setAttr("quantir.model",
                      builder.getStringAttr(llvm::sys::path::stem(path)));
  (**module)->setAttr("quantir.hash", builder.getStringAttr(hashOf(bytes)));
  return module;
}

FailureOr<OwningOpRef<ModuleOp>>
quantir::importOnnx(MLIRContext *context, StringRef path,
                    const ImportOptions &options) {
  context->loadDialect<QuantirDialect, func::FuncDialect>();
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
  return importOnnx(context, (*buffer)->getBuffer(), path, options);
}
