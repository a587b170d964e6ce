// Softmax and the normalizations.

#include "Operators.h"

using namespace mlir;
using namespace quantir;

static int64_t product(ArrayRef<int64_t> sizes) {
  return std::accumulate(sizes.begin(), sizes.end(), int64_t(1),
                         std::multiplies<>());
}

static Value reduceMean(NodeImport &node, Value x, ArrayRef<int64_t> axes) {
  auto kind =
      ReduceKindAttr::get(node.getBuilder().getContext(), ReduceKind::mean);
  return node.make<ReduceOp>(x, {node.getBuilder().getNamedAttr("kind", kind),
                                 node.attribute("axes", axes),
                                 node.flag("keepdims")});
}

/// `[C]` to `[C, 1, ...]`, which broadcasts against `[N, C, ...]` of `rank`.
static Value perChannel(NodeImport &node, Value vector, int64_t rank) {
  SmallVector<int64_t> shape(std::max<int64_t>(rank - 1, 1), 1);
  shape[0] = product(shapeOf(vector));
  return node.reshape(vector, shape);
}

//===-- Softmax -----------------------------------------------------------===//

template <bool isLog> static LogicalResult importSoftmax(NodeImport &node) {
  Value x = node.input(0);
  bool flattens = node.getOpset() < 13;
  int64_t axis = node.integer("axis", flattens ? 1 : -1);
  if (failed(node.normalizeAxis(axis, rankOf(x))))
    return failure();
  SmallVector<NamedAttribute> attributes;
  if (isLog)
    attributes.push_back(node.flag("log"));
  if (!flattens) {
    Value rows = node.make<SoftmaxOp>(node.toLast(x, axis), attributes);
    return node.yield(node.fromLast(rows, axis));
  }
  // Before opset 13 everything from `axis` on is one row.
  SmallVector<int64_t> shape(shapeOf(x).take_front(axis));
  shape.push_back(product(shapeOf(x).drop_front(axis)));
  Value rows = node.make<SoftmaxOp>(node.reshape(x, shape), attributes);
  return node.yield(node.reshape(rows, shapeOf(x)));
}

//===-- Layer normalization -----------------------------------------------===//

/// A constant row of `size` equal elements.
static Value row(NodeImport &node, double value, int64_t size) {
  return node.splat(value, {size}, node.getBuilder().getF32Type());
}

/// Rows of the last dimension with mean 0 and variance 1.
static Value normalizeRows(NodeImport &node, Value x, double epsilon) {
  if (!x)
    return x;
  int64_t size = shapeOf(x).back();
  return node.make<LayerNormOp>({x, row(node, 1, size), row(node, 0, size)},
                                node.realAttribute("epsilon", epsilon));
}

/// A tensor whose dimensions from `axis` on are one row.
static Value asRows(NodeImport &node, Value x, int64_t axis) {
  if (!x)
    return x;
  SmallVector<int64_t> shape(shapeOf(x).take_front(axis));
  shape.push_back(product(shapeOf(x).drop_front(axis)));
  return node.reshape(x, shape);
}

/// layer_norm, or rms_norm, over the dimensions from `axis` on, then scale and
/// `bias`, which may be null.
static Value normalize(NodeImport &node, Value x, Value scale, Value bias,
                       int64_t axis, double epsilon, bool isCentred) {
  Value rows = asRows(node, x, axis);
  if (!rows || !scale)
    return {};
  int64_t size = shapeOf(rows).back();
  NamedAttribute attribute = node.realAttribute("epsilon", epsilon);
  bool fits = product(shapeOf(scale)) == size &&
              (!bias || (isCentred && product(shapeOf(bias)) == size));
  Value rowScale = fits ? node.reshape(scale, {size}) : row(node, 1, size);
  Value rowBias =
      fits && bias ? node.reshape(bias, {size}) : row(node, 0, size);
  Value normal =
      isCentred ? node.make<LayerNormOp>({rows, rowScale, rowBias}, attribute)
                : node.make<RmsNormOp>({rows, rowScale}, attribute);
  Value result = node.reshape(normal, shapeOf(x));
  if (fits)
    return result;
  result = node.make<MulOp>({result, scale});
  return bias ? node.make<AddOp>({result, bias}) : result;
}

/// The mean of the rows and 1 / sqrt(variance + epsilon), each with the
/// dimensions from `axis` on as 1; what training reads.
static std::pair<Value, Value> rowStatistics(NodeImport &node, Value x,
                                             int64_t axis, double epsilon) {
  auto axes = llvm::to_vector(llvm::seq<int64_t>(axis, rankOf(x)));
  Value mean = reduceMean(node, x, axes);
  Value centred = node.make<SubOp>({x, mean});
  Value variance = reduceMean(node, node.make<MulOp>({centred, centred}), axes);
  Value root =
      node.make<SqrtOp>(node.make<AddOp>({variance, node.scalar(epsilon, x)}));
  return {mean, node.make<ReciprocalOp>(root)};
}

/// f32 is what `stash_type` asks for by default, and more than the half floats.
static void remarkSums(NodeImport &node) {
  if (node.integer("stash_type", 1) == 11)
    emitRemark(node.getLocation()) << "sums in double become float32";
}

static LogicalResult importLayerNorm(NodeImport &node) {
  Value x = node.input(0);
  int64_t axis = node.integer("axis", -1);
  if (failed(node.normalizeAxis(axis, rankOf(x))))
    return failure();
  remarkSums(node);
  double epsilon = node.real("epsilon", 1e-5);
  SmallVector<Value> results{normalize(node, x, node.input(1), node.input(2),
                                       axis, epsilon, /*isCentred=*/true)};
  if (node.isWanted(1) || node.isWanted(2)) {
    auto [mean, inverse] = rowStatistics(node, x, axis, epsilon);
    results.append({mean, inverse});
  }
  return node.yield(results);
}

/// x / sqrt(mean(x^2) + epsilon) * scale over the dimensions from `axis` on.
static LogicalResult importRmsNorm(NodeImport &node) {
  int64_t axis = node.integer("axis", -1);
  if (failed(node.normalizeAxis(axis, rankOf(node.input(0)))))
    return failure();
  remarkSums(node);
  return node.yield(normalize(node, node.input(0), node.input(1), {}, axis,
                              node.real("epsilon", 1e-5),
                              /*isCentred=*/false));
}

/// The norm of input + skip + bias, and that sum as the fourth output. The
/// centred form has the shift of the norm before the bias.
template <bool isCentred>
static LogicalResult importSkipNorm(NodeImport &node) {
  Value sum = node.make<AddOp>({node.input(0), node.input(1)});
  Value shift = isCentred ? node.input(3) : Value();
  if (Value bias = node.input(isCentred ? 4 : 3))
    sum = node.make<AddOp>({sum, bias});
  if (!sum)
    return failure();
  if (node.isWanted(1) || node.isWanted(2))
    return node.refuse("is asked for its mean or deviation, which only "
                       "training reads; remove that output");
  Value normal = normalize(node, sum, node.input(2), shift, rankOf(sum) - 1,
                           node.real("epsilon", 1e-12), isCentred);
  // The second and third stand for outputs that nothing reads.
  return node.yield({normal, sum, sum, sum});
}

//===-- Normalization with known statistics -------------------------------===//

/// scale / sqrt(variance + epsilon) and bias - mean * that, in double.
static std::pair<Value, Value> batchNormConstants(NodeImport &node,
                                                  double epsilon) {
  SmallVector<SmallVector<float>> rows;
  for (size_t i = 1; i < 5; ++i)
    rows.push_back(
        llvm::to_vector(constantOf(node.input(i)).getValues<float>()));
  SmallVector<float> factors, terms;
  for (size_t c = 0; c < rows[0].size(); ++c) {
    double factor = rows[0][c] / std::sqrt(double(rows[3][c]) + epsilon);
    factors.push_back(float(factor));
    terms.push_back(float(rows[1][c] - rows[2][c] * factor));
  }
  auto type = cast<RankedTensorType>(node.input(1).getType());
  return {node.constant(DenseElementsAttr::get(type, ArrayRef(factors))),
          node.constant(DenseElementsAttr::get(type, ArrayRef(terms)))};
}

static std::pair<Value, Value> batchNormValues(NodeImport &node,
                                               double epsilon) {
  Value scale = node.input(1), bias = node.input(2), mean = node.input(3),
        variance = node.input(4);
  Value moved = node.make<AddOp>({variance, node.scalar(epsilon, variance)});
  Value factor = node.make<DivOp>({scale, node.make<SqrtOp>(moved)});
  Value term = node.make<SubOp>({bias, node.make<MulOp>({mean, factor})});
  return {factor, term};
}

/// A multiplication and an addition; a pass folds them into the weights.
static LogicalResult importBatchNorm(NodeImport &node) {
  Value x = node.input(0);
  if (node.integer("training_mode", 0) != 0)
    return node.refuse("is in training mode; export the model for inference");
  ArrayRef<int64_t> channels =
      shapeOf(x).slice(std::min<int64_t>(1, rankOf(x)), rankOf(x) > 1 ? 1 : 0);
  auto isChannelRow = [&](size_t i) {
    return shapeOf(node.input(i)) == channels &&
           elementOf(node.input(i)).isF32();
  };
  auto parameters = llvm::seq<size_t>(1, 5);
  if (channels.empty() || !llvm::all_of(parameters, isChannelRow))
    return node.refuse("has statistics that are not one for each channel");
  bool known = llvm::all_of(
      parameters, [&](size_t i) { return bool(constantOf(node.input(i))); });
  double epsilon = node.real("epsilon", 1e-5);
  auto [factor, term] = known ? batchNormConstants(node, epsilon)
                              : batchNormValues(node, epsilon);
  if (!factor || !term)
    return failure();
  Value scaled = node.make<MulOp>({x, perChannel(node, factor, rankOf(x))});
  return node.yield(
      node.make<AddOp>({scaled, perChannel(node, term, rankOf(x))}));
}

//===-- Normalization by own statistics -----------------------------------===//

/// Normalizes `[N, C, ...]` over `groups` groups of channels.
static Value normalizeGroups(NodeImport &node, int64_t groups) {
  Value x = node.input(0);
  ArrayRef<int64_t> shape = shapeOf(x);
  if (shape.size() < 2 || groups < 1 || shape[1] % groups != 0) {
    (void)node.refuse("has " + Twine(groups) + " groups for its channels");
    return {};
  }
  int64_t size = product(shape.drop_front(2)) * (shape[1] / groups);
  Value rows = node.reshape(x, {shape[0], groups, size});
  return node.reshape(normalizeRows(node, rows, node.real("epsilon", 1e-5)),
                      shape);
}

static LogicalResult scaleAndShift(NodeImport &node, Value normal, Value scale,
                                   Value bias) {
  if (!normal || !scale || !bias)
    return failure();
  int64_t rank = rankOf(normal);
  Value scaled = node.make<MulOp>({normal, perChannel(node, scale, rank)});
  return node.yield(node.make<AddOp>({scaled, perChannel(node, bias, rank)}));
}

static LogicalResult importInstanceNorm(NodeImport &node) {
  int64_t channels = rankOf(node.input(0)) > 1 ? shapeOf(node.input(0))[1] : 0;
  return scaleAndShift(node, normalizeGroups(node, channels), node.input(1),
                       node.input(2));
}

/// One entry a group, before opset 21, becomes one a channel.
static Value spreadGroups(NodeImport &node, Value perGroup, int64_t channels) {
  int64_t groups = product(shapeOf(perGroup));
  if (groups == channels || groups == 0)
    return perGroup;
  Value column = node.reshape(perGroup, {groups, 1});
  return node.reshape(node.expand(column, {groups, channels / groups}),
                      {channels});
}

static LogicalResult importGroupNorm(NodeImport &node) {
  int64_t groups = node.integer("num_groups", 0);
  Value normal = normalizeGroups(node, groups);
  if (!normal)
    return failure();
  int64_t channels = shapeOf(normal)[1];
  Value scale = node.input(1), bias = node.input(2);
  if (node.getOpset() < 21) {
    if (product(shapeOf(scale)) != groups || product(shapeOf(bias)) != groups)
      return node.refuse("has scales that are not one for each group");
    scale = spreadGroups(node, scale, channels);
    bias = spreadGroups(node, bias, channels);
  }
  return scaleAndShift(node, normal, scale, bias);
}

/// x / ||x|| along an axis, for the norms 1 and 2.
static LogicalResult importLpNorm(NodeImport &node) {
  Value x = node.input(0);
  int64_t axis = node.integer("axis", -1), p = node.integer("p", 2);
  if (failed(node.normalizeAxis(axis, rankOf(x))))
    return failure();
  if (p != 1 && p != 2)
    return node.refuse("has p " + Twine(p) + "; 1 and 2 are supported");
  auto kind =
      ReduceKindAttr::get(node.getBuilder().getContext(), ReduceKind::sum);
  Value terms = p == 1 ? node.make<AbsOp>(x) : node.make<MulOp>({x, x});
  Value sum = node.make<ReduceOp>(
      terms, {node.getBuilder().getNamedAttr("kind", kind),
              node.attribute("axes", ArrayRef(axis)), node.flag("keepdims")});
  Value norm = p == 1 ? sum : node.make<SqrtOp>(sum);
  // A row of zeros stays one.
  auto above = ComparePredicateAttr::get(node.getBuilder().getContext(),
                                         ComparePredicate::gt);
  Value zero = node.scalar(0, x);
  Value hasLength = node.make<CompareOp>(
      {norm, zero}, node.getBuilder().getNamedAttr("predicate", above));
  return node.yield(
      node.make<SelectOp>({hasLength, node.make<DivOp>({x, norm}), zero}));
}

/// (x - E x) / (sqrt(E x^2 - (E x)^2) + 1e-9)
static LogicalResult importMeanVariance(NodeImport &node) {
  Value x = node.input(0);
  auto axes = node.integers("axes", {0, 2, 3});
  for (int64_t &axis : axes)
    if (failed(node.normalizeAxis(axis, rankOf(x))))
      return failure();
  llvm::sort(axes);
  Value mean = reduceMean(node, x, axes);
  Value ofSquares = reduceMean(node, node.make<MulOp>({x, x}), axes);
  Value variance =
      node.make<SubOp>({ofSquares, node.make<MulOp>({mean, mean})});
  Value deviation =
      node.make<AddOp>({node.make<SqrtOp>(variance), node.scalar(1e-9, x)});
  return node.yield(node.make<DivOp>({node.make<SubOp>({x, mean}), deviation}));
}

ArrayRef<Operator> quantir::normalizationOperators() {
  static constexpr Operator table[] = {
      {"Softmax", 1, 1, importSoftmax<false>},
      {"LogSoftmax", 1, 1, importSoftmax<true>},
      {"LayerNormalization", 2, 3, importLayerNorm},
      {"RMSNormalization", 2, 2, importRmsNorm},
      {"SimplifiedLayerNormalization", 2, 2, importRmsNorm},
      {"com.microsoft.SkipLayerNormalization", 3, 5, importSkipNorm<true>},
      {"com.microsoft.SkipSimplifiedLayerNormalization", 3, 4,
       importSkipNorm<false>},
      {"BatchNormalization", 5, 5, importBatchNorm},
      {"InstanceNormalization", 3, 3, importInstanceNorm},
      {"GroupNormalization", 3, 3, importGroupNorm},
      {"LpNormalization", 1, 1, importLpNorm},
      {"MeanVarianceNormalization", 1, 1, importMeanVariance},
  };
  return table;
}
