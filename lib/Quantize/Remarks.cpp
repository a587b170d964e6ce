#include "quantir/Quantize/Remarks.h"

#include "mlir/IR/Remarks.h"

using namespace mlir;
using namespace quantir;

void quantir::remarkStaysFloat(Operation *op, StringRef reason) {
  remark::missed(
      op->getLoc(),
      remark::RemarkOpts::name("StaysFloat").category(kQuantizeCategory))
      << remark::add("{0} stays in floating point",
                     op->getName().getStringRef())
      << remark::reason("{0}", reason);
}

static constexpr llvm::StringLiteral noteName = "quantir.stays_float";

void quantir::noteStaysFloat(Operation *op, StringRef reason) {
  op->setAttr(noteName, StringAttr::get(op->getContext(), reason));
}

std::optional<std::string> quantir::takeStaysFloat(Operation *op) {
  auto note = dyn_cast_or_null<StringAttr>(op->removeAttr(noteName));
  return note ? std::optional(note.getValue().str()) : std::nullopt;
}

void quantir::remarkQuantized(Operation *op, StringRef what) {
  remark::passed(
      op->getLoc(),
      remark::RemarkOpts::name("Quantized").category(kQuantizeCategory))
      << remark::add("{0} {1}", op->getName().getStringRef(), what);
}
