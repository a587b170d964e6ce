// The pass quantir-interpret.
#include "quantir/Calibrate/NpzWriter.h"
#include "quantir/Calibrate/SampleData.h"
#include "quantir/Interpret/Interpreter.h"
#include "quantir/Pipelines/Passes.h"

#include "Quantir/QuantirOps.h"

using namespace mlir;

namespace quantir {
#define GEN_PASS_DEF_INTERPRETPASS
#include "quantir/Pipelines/Passes.h.inc"

/// The body of `function` becomes its results as constants.
static LogicalResult replaceByResults(func::FuncOp function) {
  FailureOr<SmallVector<Tensor>> results = run(function, {});
  if (failed(results))
    return failure();
  Block &block = function.getBody().front();
  Operation *terminator = block.getTerminator();
  OpBuilder builder(terminator);
  SmallVector<Value> constants;
  for (auto [value, result] :
       llvm::zip_equal(terminator->getOperands(), *results))
    constants.push_back(ConstantOp::create(
        builder, terminator->getLoc(), value.getType(), result.toAttribute()));
  terminator->setOperands(constants);
  auto old = llvm::map_to_vector(block.without_terminator(),
                                 [](Operation &op) { return &op; });
  for (Operation *op : llvm::reverse(old))
    if (op->use_empty())
      op->erase();
  return success();
}

/// Name, element and shape of arguments or results.
static FailureOr<SmallVector<ArrayInfo>>
describe(func::FuncOp function, TypeRange types, StringRef prefix,
         function_ref<DictionaryAttr(unsigned)> attributes) {
  SmallVector<ArrayInfo> arrays;
  for (auto [i, type] : llvm::enumerate(types)) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    std::optional<ArrayElement> element =
        tensor ? arrayElementOf(tensor.getElementType()) : std::nullopt;
    if (!element)
      return function.emitOpError("has a ") << type << ", which no file holds";
    DictionaryAttr named = attributes(i);
    auto name = named ? named.getAs<StringAttr>("quantir.name") : StringAttr();
    arrays.push_back({name ? name.str() : (prefix + Twine(i)).str(), *element,
                      llvm::to_vector(tensor.getShape())});
  }
  return arrays;
}

namespace {
/// Runs a function on samples from files.
class FileRun {
public:
  FileRun(func::FuncOp function, ArrayRef<ArrayInfo> outputs)
      : function(function), outputs(outputs) {}

  llvm::Error open(StringRef from, StringRef to, ArrayRef<ArrayInfo> inputs) {
    auto samples = openSamples(from, inputs, NonFinite::Allow);
    if (!samples)
      return samples.takeError();
    source = std::move(*samples);
    SmallVector<ArrayInfo> all(outputs);
    for (ArrayInfo &info : all)
      info.shape = shapeOfSamples(info.shape, source->numSamples());
    auto created = NpzWriter::create(to, all);
    if (!created)
      return created.takeError();
    writer = std::move(*created);
    return llvm::Error::success();
  }

  llvm::Error runAll() {
    for (uint64_t sample = 0; sample < source->numSamples(); ++sample)
      if (llvm::Error error = runOne(sample))
        return error;
    return writer->finish();
  }

private:
  llvm::Error runOne(uint64_t sample) {
    SmallVector<Tensor> inputs;
    SmallVector<MutableArrayRef<char>> buffers;
    for (Type type : function.getArgumentTypes()) {
      auto tensor = cast<RankedTensorType>(type);
      Tensor &input = inputs.emplace_back(tensor);
      buffers.emplace_back(input.mutableAs<char>(), *byteSize(tensor));
    }
    if (llvm::Error error = source->read(sample, buffers))
      return error;
    FailureOr<SmallVector<Tensor>> results = run(function, inputs);
    if (failed(results))
      return llvm::createStringError("sample %llu was not computed",
                                     (unsigned long long)sample);
    for (auto [i, result] : llvm::enumerate(*results))
      if (llvm::Error error = writer->append(
              i, ArrayRef(result.as<char>(), *byteSize(result.getType()))))
        return error;
    return llvm::Error::success();
  }

  func::FuncOp function;
  ArrayRef<ArrayInfo> outputs;
  std::unique_ptr<SampleSource> source;
  std::unique_ptr<NpzWriter> writer;
};

struct Interpret : impl::InterpretPassBase<Interpret> {
  using InterpretPassBase::InterpretPassBase;

  void runOnOperation() override {
    bool files = !input.empty() || !output.empty();
    if (failed(files ? runOnFiles() : runAlone()))
      signalPassFailure();
  }

  func::FuncOp find(StringRef name) {
    auto found = getOperation().lookupSymbol<func::FuncOp>(name);
    if (!found)
      getOperation().emitError("has no function '") << name << "'";
    return found;
  }

  LogicalResult runAlone() {
    if (!function.empty()) {
      func::FuncOp only = find(function);
      return only ? replaceByResults(only) : failure();
    }
    for (auto each : getOperation().getOps<func::FuncOp>())
      if (each.getNumArguments() == 0 && !each.isExternal() &&
          failed(replaceByResults(each)))
        return failure();
    return success();
  }

  LogicalResult runOnFiles() {
    func::FuncOp target = find(function.empty() ? "main" : function.c_str());
    if (!target)
      return failure();
    if (input.empty() || output.empty())
      return target.emitOpError("needs both input and output, or neither");
    auto inputs =
        describe(target, target.getArgumentTypes(), "input_",
                 [&](unsigned i) { return target.getArgAttrDict(i); });
    auto outputs =
        describe(target, target.getResultTypes(), "output_",
                 [&](unsigned i) { return target.getResultAttrDict(i); });
    if (failed(inputs) || failed(outputs))
      return failure();
    FileRun fileRun(target, *outputs);
    llvm::Error error = fileRun.open(input, output, *inputs);
    if (!error)
      error = fileRun.runAll();
    if (error)
      return target.emitOpError() << llvm::toString(std::move(error));
    return success();
  }
};
} // namespace
} // namespace quantir
