#include "ContractionKernel.h"
#include "BlockCode.h"
#include "PackedConstant.h"
#include "RowCode.h"
#include "SkipZeros.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "quantir/Lower/Passes.h"

using namespace mlir;
using namespace quantir;

/// True when 255 * (|w[2k]| + |w[2k+1]|) never leaves 16 bits.
static bool pairsCannotSaturate(const ContractionSource &source,
                                ArrayRef<int8_t> weights) {
  const ContractionShape &s = source.shape;
  for (int64_t right = 0; right < s.rights; ++right)
    for (int64_t column = 0; column < s.columns; ++column)
      for (int64_t outer = 0; outer < s.outerRuns; ++outer)
        for (int64_t inner = 0; inner < s.innerRuns; ++inner)
          for (int64_t k = 0; k < s.runLength; k += 2) {
            auto magnitude = [&](int64_t at) -> int64_t {
              if (at >= s.runLength)
                return 0;
              return std::abs(int(weights[source.weightIndex(
                  right, column, outer, inner, at)]));
            };
            if (255 * (magnitude(k) + magnitude(k + 1)) > 32767)
              return false;
          }
  return true;
}

bool quantir::haveNoLowest(Value value) {
  quant::QuantizedType codes = getQuantizedElement(value.getType());
  return codes && codes.getStorageTypeMin() > INT8_MIN;
}

static WeightFacts factsOf(const ContractionSource &source,
                           ArrayRef<int8_t> weights) {
  WeightFacts facts;
  if (source.weights) {
    facts.smallPairs = pairsCannotSaturate(source, weights);
    facts.noLowest = !llvm::is_contained(weights, INT8_MIN);
  } else {
    facts.noLowest = haveNoLowest(source.op->getOperand(1));
  }
  return facts;
}

/// What each column's sum starts at: bias - zero point * sum of its weights.
static DenseElementsAttr startValues(const ContractionSource &source,
                                     const TilePlan &plan, int64_t zeroPoint,
                                     ArrayRef<int8_t> weights,
                                     DenseElementsAttr bias) {
  const ContractionShape &s = source.shape;
  int64_t width = plan.packedColumns();
  SmallVector<int32_t> starts(s.rights * width, 0);
  for (int64_t right = 0; right < s.rights; ++right)
    for (int64_t column = 0; column < s.columns; ++column) {
      int64_t sum = 0;
      for (int64_t outer = 0; outer < s.outerRuns; ++outer)
        for (int64_t inner = 0; inner < s.innerRuns; ++inner)
          for (int64_t k = 0; k < s.runLength; ++k)
            sum += weights[source.weightIndex(right, column, outer, inner, k)];
      // Convolution groups have columns of their own; matmul batches share
      // them.
      int64_t channel = right * s.columns + column;
      int64_t added =
          bias ? bias.getValues<int32_t>()[channel % bias.getNumElements()] : 0;
      // Wrapping sums give the exact result, whose bound was proved.
      starts[right * width + column] =
          int32_t(uint32_t(added - zeroPoint * sum));
    }
  auto type = RankedTensorType::get(
      {int64_t(starts.size())}, IntegerType::get(source.op->getContext(), 32));
  return DenseElementsAttr::get(type, ArrayRef(starts));
}

static ArrayRef<int8_t> codesOf(DenseElementsAttr value,
                                std::vector<int8_t> &storage) {
  if (!value.isSplat()) {
    ArrayRef<char> raw = value.getRawData();
    return {reinterpret_cast<const int8_t *>(raw.data()), raw.size()};
  }
  storage.assign(value.getNumElements(),
                 int8_t(value.getSplatValue<APInt>().getSExtValue()));
  return storage;
}

/// What kind of product `op` is; nothing for f32 throughout.
static std::optional<TileNumbers> numbersOf(Operation *op) {
  if (!getElementTypeOrSelf(op->getResult(0).getType()).isF32())
    return TileNumbers::Codes;
  Type right = getElementTypeOrSelf(op->getOperand(1).getType());
  if (right.isBF16())
    return TileNumbers::Bf16;
  return right.isF16() ? std::optional(TileNumbers::F16) : std::nullopt;
}

/// Large weights that stay outside of the code are not worth a packed copy
/// either.
static bool arePackedAtRunTime(const Lowering &lowering,
                               DenseElementsAttr weights) {
  constexpr int64_t large = 1 << 16;
  return lowering.outerConstants && weights &&
         weights.getElementType().isF32() && !weights.isSplat() &&
         weights.getNumElements() >= large;
}

/// The plan that `quantir.tiles` of the module says, or the cheapest.
static FailureOr<TilePlan> chosenPlan(Lowering &lowering,
                                      const ContractionSource &source,
                                      const TileCosts &costs) {
  ContractionKey key = source.shape.key(costs.tile);
  auto text = lowering.chosenTiles
                  ? lowering.chosenTiles.getAs<StringAttr>(key.text())
                  : nullptr;
  if (!text)
    return planTiles(source.shape, costs);
  std::optional<TileChoice> choice = TileChoice::parse(text.getValue());
  if (!choice)
    return source.op->emitOpError("cannot have the tile '")
           << text.getValue() << "' of " << kTilesAttr
           << ": write ROWSxVECTORS, such as 6x4";
  if (auto reason = reasonAgainst(key, *choice, lowering.target))
    return source.op->emitOpError("cannot have the tile '")
           << text.getValue() << "' that " << kTilesAttr << " says for '"
           << key.text() << "': " << *reason;
  return planAs(*choice, source.shape, costs);
}

/// What weights that may have one packing have in common: a contraction, but
/// for the tile.
static std::string packingKey(const ContractionSource &source) {
  ContractionKey key = source.shape.key(nullptr);
  key.tile.clear();
  llvm::raw_string_ostream(key.tile) << getStorageType(
      getElementTypeOrSelf(source.op->getOperand(1).getType()));
  return key.text();
}

/// The cheapest plan that reads the packing which another level has; `own`
/// where there is none, which then is for the other levels to read.
static TilePlan sharedPlan(Lowering &lowering, const ContractionSource &source,
                           TileCosts costs, const TilePlan &own) {
  if (!lowering.packings || !source.weights || own.skips)
    return own;
  auto [known, isNew] =
      lowering.packings->try_emplace(packingKey(source), own.packing().text());
  std::optional<Packing> packing = Packing::parse(known->second);
  if (isNew || own.blockRows || !packing || !packing->suits(costs.tile) ||
      !packing->fits(own.lanes, own.lanes))
    return own;
  if (!packing->fits(own.vectors * own.lanes, own.lanes)) {
    costs.packing = packing;
    return planTiles(source.shape, costs);
  }
  TilePlan plan = own;
  plan.read(*packing);
  return plan;
}

/// Writes on a launch what its contraction is called and how it is cut.
static void noteTiles(LaunchOp launch, const ContractionKey &key,
                      const TilePlan &plan) {
  Builder builder(launch.getContext());
  TileChoice choice{plan.rows, plan.vectors, plan.rowsOutside};
  launch->setAttr(kContractionAttr, builder.getStringAttr(key.text()));
  launch->setAttr(kTileAttr, builder.getStringAttr(choice.text()));
}

/// The constant right operand in panels.
static Value packedRight(KernelFunction &kernel,
                         const ContractionSource &source, const TilePlan &plan,
                         Type storage) {
  return packedConstant(kernel, source.weights,
                        packedOrder(source.shape, plan, source.weightIndex),
                        storage,
                        source.shape.rights * plan.packedSize(source.shape));
}

LogicalResult quantir::lowerContraction(Lowering &lowering, KernelOp op,
                                        const ContractionSource &source) {
  auto result = cast<RankedTensorType>(source.op->getResult(0).getType());
  std::optional<TileNumbers> numbers = numbersOf(source.op);
  bool codes = numbers == TileNumbers::Codes;
  std::vector<int8_t> storage;
  ArrayRef<int8_t> weights;
  if (codes && source.weights)
    weights = codesOf(source.weights, storage);
  const InnerTile *tile = nullptr;
  // The form of several rows is the one that levels can share.
  if (numbers)
    tile = &selectInnerTile(lowering.target, *numbers,
                            codes ? factsOf(source, weights) : WeightFacts(),
                            source.shape.rows > 1 || lowering.packings);
  DenseElementsAttr bias =
      source.bias ? constantOf(lowering.constants, op, source.bias) : nullptr;
  if (codes && source.bias && !bias)
    return source.op->emitOpError("needs a constant bias");

  TileCosts costs{lowering.processor, lowering.unit, tile};
  FailureOr<TilePlan> chosen = chosenPlan(lowering, source, costs);
  if (failed(chosen))
    return failure();
  TilePlan plan = *chosen;
  auto code8 = [&](int64_t r, int64_t c, int64_t o, int64_t i, int64_t k) {
    return uint64_t(uint8_t(weights[source.weightIndex(r, c, o, i, k)]));
  };
  std::optional<StepMap> steps;
  // A step of a matrix row is of two rows, which a list does not know.
  if (codes && source.weights && tile->kind != DotKind::Matrix) {
    steps.emplace(source.shape, plan.lanes, plan.depth, code8);
    plan = planSkipping(source.op, source.shape, costs, *steps, plan);
  }
  const InnerTile *blockTile =
      codes && source.weights ? selectBlockTile(lowering.target) : nullptr;
  if (blockTile) {
    // Blocks are so much faster that few steps must be left to skip the rest.
    auto blocks = planBlocks(source.shape, *blockTile, *tile);
    if (blocks && (!plan.skips || plan.cost > blocks->cost))
      plan = *blocks;
  }
  plan = sharedPlan(lowering, source, costs, plan);
  Value packedAtRunTime, startsAtRunTime;
  if (!source.weights)
    std::tie(packedAtRunTime, startsAtRunTime) =
        packAtRunTime(lowering, op.getLoc(), source.right, source.zeroPoint,
                      source.shape, plan, tile);

  KernelFunction kernel(lowering, op.getLoc(),
                        isa<ConvOp>(source.op) ? "conv" : "matmul",
                        KernelAim::Speed);
  InnerTileCode code(kernel, tile);
  ContractionData data;
  data.left = kernel.use(source.left);
  data.blockTile = blockTile;
  if (!source.weights) {
    data.packed = kernel.use(packedAtRunTime);
    data.initial = codes ? kernel.use(startsAtRunTime) : nullptr;
  } else if (codes) {
    if (plan.skips) {
      SparseWeights sparse =
          packUsedSteps(source.shape, plan, *steps, code.storage(), code8);
      data.packed = kernel.constant(sparse.packed);
      data.leftOffsets = kernel.constant(sparse.leftOffsets);
      data.firstSteps = kernel.constant(sparse.firstSteps);
      data.bases = kernel.constant(sparse.bases);
    } else {
      data.packed = packedRight(kernel, source, plan, code.storage());
    }
    data.initial = kernel.constant(startValues(
        source, plan, source.zeroPoint - tile->leftOffset(), weights, bias));
  } else {
    data.packed = packedRight(kernel, source, plan, code.storage());
  }
  LaneEvaluator evaluator(kernel, op, result.getShape());
  LogicalResult status = success();
  auto finish = [&](Value sums, Value row, Value column, int64_t valid) {
    LanePosition position{row, column, lanesOf(sums), valid};
    if (!codes && source.bias)
      sums = arith::AddFOp::create(kernel.builder(), sums,
                                   evaluator.load(source.bias, position));
    if (failed(evaluator.finish({{source.op->getResult(0), sums}}, position)))
      status = failure();
  };
  int64_t tiles = emitContraction(kernel, code, source.shape, plan, data,
                                  evaluator.instructions(), finish);
  LaunchOp launch = kernel.launch(tiles);
  if (!plan.skips && !plan.blockRows)
    noteTiles(launch, source.shape.key(tile), plan);
  return status;
}

//===-- Convolution
//-----------------------------------------------------------===//

static int64_t zeroPointOf(Type tensor) {
  quant::QuantizedType codes = getQuantizedElement(tensor);
  return codes ? getZeroPoints(codes)[0] : 0;
}

static bool hasOneFilterPerChannel(ConvOp conv) {
  auto filter = cast<RankedTensorType>(conv.getFilter().getType());
  return conv.isDepthwise() &&
         filter.getDimSize(0) == int64_t(conv.getGroups());
}

LogicalResult quantir::lowerConv(Lowering &lowering, KernelOp op, ConvOp conv) {
  if (hasOneFilterPerChannel(conv) &&
      !isShortFloat(getElementTypeOrSelf(conv.getFilter().getType())))
    return lowerDepthwise(lowering, op, conv);
  auto image = cast<RankedTensorType>(conv.getInput().getType());
  auto filter = cast<RankedTensorType>(conv.getFilter().getType());
  auto out = cast<RankedTensorType>(conv.getType());
  ContractionSource source{
      conv, conv.getBias(), zeroPointOf(image), {}, {}, {}, {}, {}};
  source.weights = constantOf(lowering.constants, op, conv.getFilter());
  if (!source.weights)
    return conv.emitOpError("needs a constant filter");
  ArrayRef<int64_t> pads = conv.getPads(), strides = conv.getStrides(),
                    dilations = conv.getDilations();
  int64_t channels = image.getDimSize(3), perGroup = filter.getDimSize(3),
          groups = conv.getGroups();
  int64_t kh = filter.getDimSize(1), kw = filter.getDimSize(2),
          outputs = filter.getDimSize(0);
  int64_t height = image.getDimSize(1) + pads[0] + pads[2],
          width = image.getDimSize(2) + pads[1] + pads[3];
  if (!lowering.buffers.lookup(outerValue(op, conv.getInput())))
    return conv.emitOpError("has a constant input that was not folded");
  source.left = paddedInput(lowering, op, conv, source.zeroPoint);

  ContractionShape &s = source.shape;
  s.columns = outputs / groups;
  s.rights = groups;
  s.batch.push_back({image.getDimSize(0), height * width * channels, 0,
                     out.getDimSize(1) * out.getDimSize(2), 0});
  s.batch.push_back({groups, perGroup, 1, 0, s.columns});
  s.groups = out.getDimSize(1);
  s.groupStride = strides[0] * width * channels;
  s.rows = out.getDimSize(2);
  s.rowStride = strides[1] * channels;
  s.outerRuns = kh;
  s.outerStride = dilations[0] * width * channels;
  // Pairs of bf16 do not reach from one tap into the next.
  bool wholeLines = dilations[1] == 1 && groups == 1 &&
                    !(image.getElementType().isBF16() && channels % 2);
  s.innerRuns = wholeLines ? 1 : kw;
  s.innerStride = dilations[1] * channels;
  s.runLength = wholeLines ? kw * channels : perGroup;
  // Output lines follow one another as their pixels do: one group of all rows.
  if (s.groupStride == s.rows * s.rowStride) {
    s.rows *= s.groups;
    s.groups = 1;
  }
  int64_t line = kw * perGroup;
  source.weightIndex = {s.columns * kh * line, kh * line, line, perGroup, 1};
  bool isMatrix = s.outerRuns == 1 && s.innerRuns == 1;
  if (isMatrix && arePackedAtRunTime(lowering, source.weights)) {
    source.right.buffer = lowering.constantBuffer(op.getLoc(), source.weights);
    source.right.rights = {{groups, s.columns * s.runLength}};
    source.right.columnStride = s.runLength;
    source.weights = nullptr;
  }
  return lowerContraction(lowering, op, source);
}

//===-- Matrix product
//--------------------------------------------------------===//

LogicalResult quantir::lowerMatmul(Lowering &lowering, KernelOp op,
                                   MatmulOp matmul) {
  auto lhs = cast<RankedTensorType>(matmul.getLhs().getType());
  auto rhs = cast<RankedTensorType>(matmul.getRhs().getType());
  auto out = cast<RankedTensorType>(matmul.getType());
  int64_t depth = lhs.getShape().back(), columns = out.getShape().back();
  int64_t rows = lhs.getDimSize(lhs.getRank() - 2);
  bool transposed = matmul.getTransposeRhs();
  ContractionSource source{
      matmul, matmul.getBias(), zeroPointOf(lhs), {}, {}, {}, {}, {}};
  Value left = lowering.buffers.lookup(outerValue(op, matmul.getLhs()));
  if (!left)
    left = lowering.constantBuffer(
        op.getLoc(), constantOf(lowering.constants, op, matmul.getLhs()));
  source.left =
      bufferWithSlack(lowering, op.getLoc(), left, lhs.getNumElements());
  source.weights = constantOf(lowering.constants, op, matmul.getRhs());

  ContractionShape &s = source.shape;
  s.columns = columns;
  s.rows = rows;
  s.rowStride = depth;
  s.runLength = depth;
  auto lead = out.getShape().drop_back(2);
  auto rhsLead = rhs.getShape().drop_back(2),
       lhsLead = lhs.getShape().drop_back(2);
  s.rights = 1;
  for (int64_t size : rhsLead)
    s.rights *= size;
  Value right = lowering.buffers.lookup(outerValue(op, matmul.getRhs()));
  if (arePackedAtRunTime(lowering, source.weights)) {
    right = lowering.constantBuffer(op.getLoc(), source.weights);
    source.weights = nullptr;
  }
  if (!source.weights) {
    source.right.buffer =
        bufferWithSlack(lowering, op.getLoc(), right, rhs.getNumElements());
    source.right.rights = {{s.rights, depth * columns}};
    (transposed ? source.right.columnStride : source.right.depthStride) =
        transposed ? depth : columns;
  }
  if (s.rights == 1 && lhsLead == lead) {
    for (int64_t size : lead)
      s.rows *= size;
  } else {
    // Strides from the last leading dimension on; a broadcast one has none.
    int64_t leftStride = rows * depth, rightStride = 1, rowStride = rows;
    for (int64_t dim = lead.size() - 1; dim >= 0; --dim) {
      auto sizeIn = [&](ArrayRef<int64_t> shape) {
        int64_t at = dim - int64_t(lead.size() - shape.size());
        return at < 0 ? 1 : shape[at];
      };
      int64_t leftSize = sizeIn(lhsLead), rightSize = sizeIn(rhsLead);
      s.batch.insert(s.batch.begin(),
                     {lead[dim], leftSize == 1 ? 0 : leftStride,
                      rightSize == 1 ? 0 : rightStride, rowStride, 0});
      leftStride *= leftSize;
      rightStride *= rightSize;
      rowStride *= lead[dim];
    }
  }
  source.weightIndex = {depth * columns, transposed ? depth : 1, 0, 0,
                        transposed ? 1 : columns};
  return lowerContraction(lowering, op, source);
}
