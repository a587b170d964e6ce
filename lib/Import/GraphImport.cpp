#include "GraphImport.h"

#include "ModelFile.h"
#include "TensorData.h"
#include "quantir/Import/NodeLocation.h"
#include "llvm/ADT/MapVector.h"

using namespace mlir;
using namespace quantir;

/// The operator sets whose operators Quantir knows.
static constexpr int64_t oldestOpset = 7, newestOpset = 28;

GraphImport::GraphImport(MLIRContext *context, const ModelFile &file,
                         StringRef path, const ImportOptions &options,
                         llvm::function_ref<void()> release)
    : context(context), file(file), graph(file.model().graph()), path(path),
      options(options), release(release), builder(context) {}

Location GraphImport::at(StringRef name) const {
  return tensorLocation(context, path, name);
}

Location GraphImport::at(const onnx::NodeProto &node, unsigned index) const {
  return nodeLocation(context, path, node.name(), node.op_type(), index);
}

InFlightDiagnostic GraphImport::refuse(Location location) {
  ++errors;
  return emitError(location);
}

//===-- What the model declares -------------------------------------------===//

static bool isOnnxDomain(StringRef domain) {
  return domain.empty() || domain == "ai.onnx";
}

void GraphImport::readOpsets() {
  for (const onnx::OperatorSetIdProto &opset : file.model().opset_import()) {
    StringRef domain = opset.domain();
    if (isOnnxDomain(domain))
      domain = "";
    opsets[domain] = opset.version();
    if (!domain.empty() ||
        (opset.version() >= oldestOpset && opset.version() <= newestOpset))
      continue;
    refuse(at("")) << "the model uses opset " << opset.version()
                   << "; Quantir reads " << oldestOpset << " to " << newestOpset
                   << ": convert it with onnx.version_converter";
  }
  if (!opsets.contains("") && graph.node_size() != 0)
    refuse(at("")) << "the model does not say which opset it uses; the file is "
                      "damaged or no ONNX model";
}

int64_t GraphImport::opsetOf(StringRef domain) const {
  return opsets.lookup(isOnnxDomain(domain) ? "" : domain);
}

void GraphImport::checkShapes() {
  for (const auto &given : options.shapes) {
    bool known = llvm::any_of(graph.input(), [&](const auto &input) {
      return input.name() == given.getKey();
    });
    if (known)
      continue;
    InFlightDiagnostic error = refuse(at(given.getKey()))
                               << "--shape names no input; the inputs are ";
    llvm::interleaveComma(graph.input(), error, [&](const auto &input) {
      error << "'" << input.name() << "'";
    });
  }
}

void GraphImport::checkOperators() {
  struct Missing {
    unsigned first;
    unsigned count = 0;
  };
  llvm::MapVector<std::pair<StringRef, StringRef>, Missing> missing;
  for (auto [index, node] : llvm::enumerate(graph.node())) {
    if (findOperator(node.domain(), node.op_type()))
      continue;
    std::pair<StringRef, StringRef> key(node.domain(), node.op_type());
    ++missing.insert({key, {unsigned(index)}}).first->second.count;
  }
  for (auto &[key, where] : missing) {
    if (errors >= options.limits.errors)
      return;
    InFlightDiagnostic error =
        refuse(at(graph.node(int(where.first)), where.first));
    error << "operator " << key.second;
    if (!isOnnxDomain(key.first))
      error << " of domain " << key.first;
    error << " (opset " << opsetOf(key.first) << ") is not supported";
    if (where.count > 1)
      error << "; " << where.count << " nodes use it";
    error << "; express it by other operators when exporting";
  }
}

void GraphImport::addInitializers() {
  for (const onnx::TensorProto &tensor : graph.initializer())
    if (!initializers.insert({tensor.name(), &tensor}).second)
      refuse(at(tensor.name()))
          << "two initializers have this name; the file is damaged";
  for (const onnx::SparseTensorProto &tensor : graph.sparse_initializer())
    refuse(at(tensor.values().name()))
        << "sparse initializers are not supported; store the tensor densely";
}

//===-- Inputs ------------------------------------------------------------===//

std::optional<SmallVector<int64_t>>
GraphImport::inputShape(const onnx::ValueInfoProto &input) {
  auto given = options.shapes.find(input.name());
  if (given != options.shapes.end())
    return SmallVector<int64_t>(given->second.begin(), given->second.end());
  const onnx::TypeProto::Tensor &type = input.type().tensor_type();
  if (!type.has_shape()) {
    refuse(at(input.name()))
        << "the input has no shape; give it: --shape=" << input.name()
        << ":1x3x224x224";
    return std::nullopt;
  }
  SmallVector<int64_t> shape;
  SmallVector<std::string> unknown, example;
  for (auto [i, dim] : llvm::enumerate(type.shape().dim())) {
    shape.push_back(dim.has_dim_value() ? int64_t(dim.dim_value()) : 1);
    bool isFree = i != 0 && !dim.has_dim_value();
    example.push_back(!isFree                   ? std::to_string(shape.back())
                      : dim.dim_param().empty() ? "?"
                                                : dim.dim_param());
    if (dim.has_dim_value())
      continue;
    if (isFree)
      unknown.push_back(llvm::formatv("{0} ('{1}')", i, dim.dim_param()));
    else
      emitRemark(at(input.name()))
          << "dynamic dimension 0 ('" << dim.dim_param() << "') becomes 1";
  }
  if (unknown.empty())
    return shape;
  bool one = unknown.size() == 1;
  refuse(at(input.name())) << (one ? "dimension " : "dimensions ")
                           << llvm::join(unknown, " and ") << " of the input "
                           << (one ? "is" : "are")
                           << " dynamic; give the shape in numbers: --shape="
                           << input.name() << ":" << llvm::join(example, "x");
  return std::nullopt;
}

void GraphImport::addInput(const onnx::ValueInfoProto &input) {
  if (!input.type().has_tensor_type()) {
    refuse(at(input.name()))
        << "the input is not a tensor; sequences, maps and "
           "optional values are not supported";
    return define(input.name(), {}, at(input.name()));
  }
  int dataType = input.type().tensor_type().elem_type();
  Type element = importElementType(context, dataType);
  if (!element)
    refuse(at(input.name()))
        << "the input is " << dataTypeName(dataType)
        << ", which is not supported; use float, int64, int32, int8, uint8 or "
           "bool";
  std::optional<SmallVector<int64_t>> shape = inputShape(input);
  if (!element || !shape)
    return define(input.name(), {}, at(input.name()));
  if (int64_t(shape->size()) > options.limits.rank ||
      failed(countElements(*shape, 8, options.limits))) {
    InFlightDiagnostic error = refuse(at(input.name())) << "the shape [";
    llvm::interleaveComma(*shape, error);
    error << "] of the input is negative or over the limit of "
          << options.limits.tensorBytes << " bytes";
    return define(input.name(), {}, at(input.name()));
  }
  // The cache of a decoder that starts: other inputs hold what there is.
  if (llvm::is_contained(*shape, 0) && options.shapes.contains(input.name()) &&
      graph.input_size() > 1) {
    emitRemark(at(input.name()))
        << "the input has no elements; the library goes without it";
    auto type = RankedTensorType::get(*shape, element);
    Value empty =
        ConstantOp::create(builder, at(input.name()),
                           DenseElementsAttr::get(type, ArrayRef<Attribute>()));
    return define(input.name(), empty, at(input.name()));
  }
  if (becomesF32(dataType))
    emitRemark(at(input.name()))
        << dataTypeName(dataType) << " becomes float32";
  Block &body = function.getBody().front();
  Value argument = body.addArgument(RankedTensorType::get(*shape, element),
                                    at(input.name()));
  define(input.name(), argument, at(input.name()));
}

void GraphImport::addInputs() {
  for (const onnx::ValueInfoProto &input : graph.input())
    if (!initializers.contains(input.name())) // IR version 3 lists both
      addInput(input);
}

//===-- Names -------------------------------------------------------------===//

Value GraphImport::read(const onnx::TensorProto &tensor) {
  Location location = at(tensor.name());
  auto elements =
      readTensor(tensor, location, path, options.limits, file.dataOf(tensor));
  return failed(elements) ? Value()
                          : ConstantOp::create(builder, location, *elements);
}

static bool holdsNaN(StringRef data) {
  for (size_t at = 0; at < data.size(); at += sizeof(float)) {
    float value;
    std::memcpy(&value, data.data() + at, sizeof value);
    if (std::isnan(value))
      return true;
  }
  return false;
}

/// Weights [K, N] of products, which the import stage wants as [N, K]: they
/// never exist as they are in the file, for nothing frees a constant.
Value GraphImport::readTransposed(const onnx::TensorProto &tensor) {
  int64_t rows = tensor.dims(0), columns = tensor.dims(1);
  StringRef data = file.dataOf(tensor);
  if (holdsNaN(data))
    return read(tensor); // which says where
  std::string turned(data.size(), 0);
  // Some rows at a time, which fill lines of the cache.
  constexpr int64_t width = sizeof(float), together = 16;
  for (int64_t first = 0; first < rows; first += together)
    for (int64_t column = 0; column < columns; ++column)
      for (int64_t row = first; row < std::min(rows, first + together); ++row)
        std::memcpy(&turned[(column * rows + row) * width],
                    data.data() + (row * columns + column) * width, width);
  onnx::TensorProto shape(tensor);
  shape.set_dims(0, columns);
  shape.set_dims(1, rows);
  Location location = at(tensor.name());
  auto elements = readTensor(shape, location, path, options.limits, turned);
  if (failed(elements))
    return {};
  Value constant = ConstantOp::create(builder, location, *elements);
  return TransposeOp::create(
      builder, location,
      RankedTensorType::get({rows, columns}, builder.getF32Type()), constant,
      ArrayRef<int64_t>{1, 0});
}

std::optional<Value> GraphImport::lookup(const std::string &name) {
  auto known = values.find(name);
  if (known != values.end())
    return known->second;
  const onnx::TensorProto *tensor = initializers.lookup(name);
  if (!tensor)
    return std::nullopt;
  Value constant =
      file.isRightOperand(*tensor) ? readTransposed(*tensor) : read(*tensor);
  if (file.dataOf(*tensor).size() >= (1 << 20))
    release();
  if (!constant)
    ++errors;
  values[name] = constant;
  return constant;
}

void GraphImport::define(const std::string &name, Value value,
                         Location location) {
  bool isNew =
      !initializers.contains(name) && values.insert({name, value}).second;
  if (!isNew)
    refuse(location) << "defines '" << name
                     << "', which is defined already; the file is damaged";
}

void GraphImport::poisonOutputs(const onnx::NodeProto &node) {
  for (const std::string &name : node.output())
    if (!name.empty())
      values.insert({name, Value()});
}

//===-- Nodes -------------------------------------------------------------===//

std::optional<SmallVector<Value>>
GraphImport::findInputs(const onnx::NodeProto &node, const Operator &op,
                        Location location) {
  SmallVector<Value> inputs;
  unsigned missing = 0, failedBefore = 0;
  for (auto [i, name] : llvm::enumerate(node.input())) {
    std::optional<Value> value = name.empty() ? Value() : lookup(name);
    if (!value) {
      ++missing;
      refuse(location) << node.op_type() << " reads '" << name
                       << "', which nothing before it defines: the graph has a "
                          "cycle, is not sorted, or lacks a node";
    }
    failedBefore += value && !*value && !name.empty();
    inputs.push_back(value.value_or(Value()));
  }
  if (missing || failedBefore)
    return std::nullopt;
  while (!inputs.empty() && !inputs.back())
    inputs.pop_back();
  bool enough = inputs.size() >= op.minInputs &&
                llvm::all_of(ArrayRef(inputs).take_front(op.minInputs),
                             [](Value value) { return bool(value); });
  if (enough && inputs.size() <= op.maxInputs)
    return inputs;
  refuse(location) << node.op_type() << " has " << inputs.size()
                   << " inputs; it needs at least " << op.minInputs
                   << (op.maxInputs == anyNumber
                           ? std::string()
                           : " and at most " + std::to_string(op.maxInputs));
  return std::nullopt;
}

/// The message of a diagnostic without the name of the op that was being built.
static std::string withoutOpName(const Diagnostic &diagnostic) {
  std::string message = diagnostic.str();
  StringRef text = message;
  if (text.starts_with("'quantir.") && text.contains("' op "))
    return text.split("' op ").second.str();
  return message;
}

LogicalResult GraphImport::importWith(const Operator &op, NodeImport &import,
                                      StringRef opType) {
  // What goes wrong inside is about an op; the user knows operators.
  SmallVector<std::pair<DiagnosticSeverity, std::string>> messages;
  LogicalResult result = failure();
  {
    ScopedDiagnosticHandler collect(context, [&](Diagnostic &diagnostic) {
      messages.push_back({diagnostic.getSeverity(), withoutOpName(diagnostic)});
    });
    result = op.import(import);
  }
  auto isError = [](const auto &entry) {
    return entry.first == DiagnosticSeverity::Error;
  };
  if (failed(result) && llvm::none_of(messages, isError))
    messages.push_back({DiagnosticSeverity::Error,
                        "lacks an input or attribute that it needs"});
  for (const auto &entry : messages) {
    InFlightDiagnostic again = isError(entry)
                                   ? emitError(import.getLocation())
                                   : emitRemark(import.getLocation());
    again << opType << " (opset " << import.getOpset() << "): " << entry.second;
  }
  return result;
}

void GraphImport::importNode(const onnx::NodeProto &node, unsigned index) {
  const Operator *op = findOperator(node.domain(), node.op_type());
  if (!op) // checkOperators has said so
    return poisonOutputs(node);
  Location location = at(node, index);
  std::optional<SmallVector<Value>> inputs = findInputs(node, *op, location);
  if (!inputs)
    return poisonOutputs(node);
  NodeImport import(builder, location, node, opsetOf(node.domain()), *inputs,
                    path, options.limits);
  if (failed(importWith(*op, import, node.op_type()))) {
    ++errors;
    return poisonOutputs(node);
  }
  for (auto [name, value] : llvm::zip(node.output(), import.getResults()))
    if (!name.empty())
      define(name, value, location);
}

void GraphImport::importNodes() {
  if (graph.node_size() > options.limits.nodes) {
    refuse(at("")) << "the graph has " << graph.node_size()
                   << " nodes, more than the limit of " << options.limits.nodes;
    return;
  }
  for (auto [index, node] : llvm::enumerate(graph.node())) {
    if (errors >= options.limits.errors)
      return;
    importNode(node, index);
  }
}

//===-- Outputs -----------------------------------------------------------===//

void GraphImport::addOutputs() {
  if (graph.output_size() == 0)
    refuse(at("")) << "the model has no output; the file is damaged or no ONNX "
                      "model";
  SmallVector<Value> results;
  for (const onnx::ValueInfoProto &output : graph.output()) {
    std::optional<Value> value = lookup(output.name());
    if (!value)
      refuse(at(output.name())) << "nothing defines this output of the model";
    if (value && *value && isa<quant::QuantizedType>(elementOf(*value)))
      refuse(at(output.name())) << "the output holds codes of QuantizeLinear, "
                                   "which is not supported; "
                                   "end the model with the numbers before it";
    results.push_back(value.value_or(Value()));
  }
  if (errors != 0 || llvm::is_contained(results, Value()))
    return;
  func::ReturnOp::create(builder, at(""), results);
  function.setType(builder.getFunctionType(
      function.getBody().getArgumentTypes(), ValueRange(results).getTypes()));
  for (auto [i, output] : llvm::enumerate(graph.output()))
    function.setResultAttr(i, "quantir.name",
                           builder.getStringAttr(output.name()));
  for (BlockArgument argument : function.getArguments())
    function.setArgAttr(argument.getArgNumber(), "quantir.name",
                        builder.getStringAttr(nodesBehind(argument.getLoc())));
}

/// Shape computations end as constants that nothing reads.
static void eraseUnused(Block &body) {
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(body)))
    if (isOpTriviallyDead(&op))
      op.erase();
}

FailureOr<OwningOpRef<ModuleOp>> GraphImport::run() {
  OwningOpRef<ModuleOp> module = ModuleOp::create(at(""));
  builder.setInsertionPointToEnd(module->getBody());
  function = func::FuncOp::create(builder, at(""), "main",
                                  builder.getFunctionType({}, {}));
  builder.setInsertionPointToEnd(function.addEntryBlock());
  readOpsets();
  checkShapes();
  checkOperators();
  addInitializers();
  addInputs();
  importNodes();
  if (errors >= options.limits.errors)
    emitError(at("")) << "stopped after " << errors << " errors";
  else
    addOutputs();
  if (errors != 0)
    return failure();
  eraseUnused(function.getBody().front());
  return module;
}
