// A whole attention on codes in one kernel. A workgroup has some rows of
// queries of one head: it lays their scores against all keys into its memory,
// makes codes of them there, and sums up the values that these weigh.
#include "GpuKernels.h"
#include "ProductCodes.h"
#include "Quantir/LaneKind.h"
#include "RowKernel.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "quantir/Fuse/AttentionInWords.h"
#include "llvm/ADT/bit.h"

using namespace mlir;
using namespace quantir;

/// Four bytes of 1: a left operand whose products are sums of the right one's.
static constexpr int32_t kOnes = 0x01010101;

/// Invocations of a row of so many keys, so that the memory of a workgroup
/// holds the scores of all its rows and what sums need beside them.
static int64_t threadsOfRow(int64_t keys) { return keys <= 512 ? 16 : 32; }

namespace {
/// Words of a right operand: of four columns at once those of four neighbours
/// along the depth.
class RightReader {
public:
  RightReader(GpuKernel &code, QuadEvaluator &tensors,
              const RightInWords &right, int64_t depth, int64_t columns,
              Value matrix)
      : code(code), right(right), depth(depth), columns(columns),
        binding(tensors.bindingOf(right.source)),
        first(code.add(code.offsetAlong(matrix, right.matrices), right.base)) {}

  int64_t steps() const { return llvm::divideCeil(depth, 4); }
  int64_t quads() const { return llvm::divideCeil(columns, 4); }

  /// Word number `step` of each column of a quad, as a vector. Behind the depth
  /// and the columns it holds any bytes of the operand.
  Value load(Value step, Value quad) const {
    SmallVector<Value> words;
    for (int64_t i = 0; i < 4; ++i)
      words.push_back(
          right.byDepth ? wordOf(code.add(code.mul(quad, 4), i), columns, step)
                        : wordOf(code.add(code.mul(step, 4), i), depth, quad));
    if (!right.byDepth)
      words = transposeBytes(code, words);
    auto type = VectorType::get({4}, words[0].getType());
    return vector::FromElementsOp::create(code.builder(), type, words);
  }

private:
  Value wordOf(Value row, int64_t rows, Value word) const {
    if (rows % 4 != 0)
      row = code.min(row, code.index(rows - 1));
    Value begin = code.add(first, code.mul(row, right.rowStride));
    return code.load(binding, code.add(begin, word));
  }

  GpuKernel &code;
  const RightInWords &right;
  int64_t depth, columns;
  Value binding, first;
};

/// The kernel in one of its forms.
class AttentionGpu {
public:
  AttentionGpu(GpuLowering &lowering, KernelOp op, const Attention &attention,
               const AttentionInWords &operands, DotForm form);

  LogicalResult emit();

  DispatchOp dispatch() { return group.dispatch(); }
  GpuKernel code;

private:
  using LeftWord = function_ref<Value(int64_t row, Value step)>;

  void emitScores();
  void emitCodes(RowGroup::Quad probabilities);
  GpuLanes storeCodes(const GpuLanes &probabilities, Value column);
  void finishRow(const GpuLanes &sum);
  void emitProduct();
  void finishQuad(Value number, Value column, Value sum);
  SmallVector<Value> sumUp(const RightReader &right, Value quad, int64_t rows,
                           const LeftBytes &bytes, Value part, int64_t parts,
                           LeftWord left);
  Value queryRow(Value number);
  Value outerRow(Value number);
  GpuLanes scoresAt(Value column);
  LeftBytes bytesOf(MatmulOp product) {
    return {code.lowering().target,
            getElementTypeOrSelf(product.getLhs().getType())};
  }
  GpuLanes ask(FailureOr<GpuLanes> lanes);

  KernelOp op;
  Attention attention;
  const AttentionInWords &operands;
  DotForm form;
  int64_t queries, keys, depth, columns;
  RowGroup group;
  GpuBuilder v, one;
  QuadEvaluator scoreQuads, rowQuads, resultQuads;
  Value rowSums; ///< memory of the workgroup, or null
  LogicalResult status = success();
};
} // namespace

static SmallVector<int64_t> rowsOf(SoftmaxOp softmax) {
  SmallVector<int64_t> shape(shapeOf(softmax.getResult()));
  shape.back() = 1;
  return shape;
}

AttentionGpu::AttentionGpu(GpuLowering &lowering, KernelOp op,
                           const Attention &attention,
                           const AttentionInWords &operands, DotForm form)
    : code(lowering, op.getLoc(), "attention", {RowGroup::kThreads, 1, 1}),
      op(op), attention(attention), operands(operands), form(form),
      queries(shapeOf(this->attention.product.getResult()).drop_back().back()),
      keys(shapeOf(this->attention.softmax.getResult()).back()),
      depth(shapeOf(this->attention.scores.getLhs()).back()),
      columns(shapeOf(this->attention.product.getResult()).back()),
      group(
          code,
          elementsOf(this->attention.product.getResult()) / (queries * columns),
          queries, keys, laneOfOperand(attention.softmax), threadsOfRow(keys)),
      v(code, 4), one(code, 1),
      scoreQuads(code, op, shapeOf(this->attention.softmax.getResult())),
      rowQuads(code, op, rowsOf(attention.softmax)),
      resultQuads(code, op, shapeOf(this->attention.product.getResult())) {}

GpuLanes AttentionGpu::ask(FailureOr<GpuLanes> lanes) {
  if (succeeded(lanes))
    return *lanes;
  status = failure();
  return v.i32(0);
}

/// Row `number` of the workgroup among the queries of its matrix, or the last.
Value AttentionGpu::queryRow(Value number) {
  Value row = code.add(group.firstRow(), number);
  return queries % group.rowsAtOnce() == 0
             ? row
             : code.min(row, code.index(queries - 1));
}

/// The same among those of all matrices.
Value AttentionGpu::outerRow(Value number) {
  return code.add(code.mul(group.matrix(), queries), queryRow(number));
}

/// The sums of `rows` rows by a quad of columns, less what the left operand's
/// zero point adds to them.
/// \param part  of the sums' steps, of `parts`.
SmallVector<Value> AttentionGpu::sumUp(const RightReader &right, Value quad,
                                       int64_t rows, const LeftBytes &bytes,
                                       Value part, int64_t parts,
                                       LeftWord left) {
  ImplicitLocOpBuilder &b = code.builder();
  bool hasOnes = bytes.zeroPoint != 0;
  DotSums dots(code, form, bytes, rows + hasOnes, 1);
  auto sumOf = [&](Value low, Value high) {
    return dots.asQuads(code.loop(
        low, high, parts, dots.zeros(), [&](Value step, ValueRange sums) {
          SmallVector<Value> words;
          for (int64_t row = 0; row < rows; ++row)
            words.push_back(left(row, step));
          if (hasOnes)
            words.push_back(code.i32(kOnes));
          return dots.add(words, right.load(step, quad), sums);
        }));
  };
  Value end = code.index(right.steps());
  int64_t most = bytes.exactWords() * parts;
  SmallVector<Value> sums;
  if (form != DotForm::Float || right.steps() <= most)
    sums = sumOf(part, end);
  else // Chunks that f32 holds exactly, added up in i32.
    sums = code.loop(
        code.index(0), end, most,
        SmallVector<Value>(rows + hasOnes, zeroQuad(code, b.getI32Type())),
        [&](Value low, ValueRange sums) {
          SmallVector<Value> chunk =
              sumOf(code.add(low, part), code.min(code.add(low, most), end));
          for (auto [sum, all] : llvm::zip_equal(chunk, sums))
            sum = arith::AddIOp::create(b, sum, all);
          return chunk;
        });
  if (!hasOnes)
    return sums;
  Value apart = arith::MulIOp::create(b, sums.pop_back_val(),
                                      v.i32(int32_t(bytes.zeroPoint)).bits);
  for (Value &sum : sums)
    sum = arith::SubIOp::create(b, sum, apart);
  return sums;
}

/// Sums of queries and keys, for each row of the workgroup.
void AttentionGpu::emitScores() {
  RightReader right(code, scoreQuads, operands.keys, depth, keys,
                    group.matrix());
  const MatricesInWords &query = operands.query;
  Value binding = scoreQuads.bindingOf(query.source);
  Value first =
      code.add(code.offsetAlong(group.matrix(), query.matrices), query.base);
  LeftBytes bytes = bytesOf(attention.scores);
  // Rows of a tile: fewer where there are invocations for all.
  int64_t rows = group.rowsAtOnce();
  while (rows > 1 &&
         right.quads() * group.rowsAtOnce() / rows < RowGroup::kThreads / 2)
    rows /= 2;
  int64_t tiles = right.quads() * group.rowsAtOnce() / rows;
  code.loop(
      code.thread(0), code.index(tiles), RowGroup::kThreads, [&](Value tile) {
        Value quad = code.rem(tile, right.quads());
        Value number = code.mul(code.div(tile, right.quads()), rows);
        SmallVector<Value> begins;
        for (int64_t row = 0; row < rows; ++row)
          begins.push_back(
              code.add(first, code.mul(queryRow(code.add(number, row)),
                                       query.rowStride)));
        SmallVector<Value> sums =
            sumUp(right, quad, rows, bytes, code.index(0), 1,
                  [&](int64_t row, Value step) -> Value {
                    return bytes.of(
                        code, code.load(binding, code.add(begins[row], step)));
                  });
        for (auto [row, sum] : llvm::enumerate(sums)) {
          Value place =
              group.placeOf(code.add(number, int64_t(row)), code.mul(quad, 4));
          group.storeWords(sum, place);
        }
      });
  code.barrier();
}

/// The sums of the own row.
GpuLanes AttentionGpu::scoresAt(Value column) {
  return group.loadWords(group.placeOf(group.ownNumber(), column));
}

/// The codes of a quad as they are multiplied, in its first word; they are 0
/// behind the row's end.
GpuLanes AttentionGpu::storeCodes(const GpuLanes &probabilities, Value column) {
  GpuLanes codes = group.within(
      ask(scoreQuads.compute(attention.product.getLhs(), {group.row(), column},
                             {{attention.softmax.getResult(), probabilities}})),
      column, v.i32(0));
  Value word = bytesOf(attention.product).of(code, packBytes(code, codes));
  code.store(word, group.memory(), group.placeOf(group.ownNumber(), column));
  return codes;
}

void AttentionGpu::emitCodes(RowGroup::Quad probabilities) {
  if (!attention.sums) {
    group.each(
        [&](Value column) { storeCodes(probabilities(column), column); });
  } else {
    auto add = [](GpuBuilder &b, const GpuLanes &a, const GpuLanes &c) {
      return b.addInt(a, c);
    };
    finishRow(group.fold(
        one.i32(0),
        [&](const GpuLanes &all, Value column) {
          return v.addInt(all, storeCodes(probabilities(column), column));
        },
        add));
  }
  code.barrier();
}

/// With the sum of the own row's codes: for the product, and where it leaves.
void AttentionGpu::finishRow(const GpuLanes &sum) {
  rowSums = code.sharedMemory(group.rowsAtOnce(), code.builder().getI32Type());
  group.once([&] {
    code.store(sum.bits, rowSums, group.ownNumber());
    for (auto [i, value] :
         llvm::enumerate(op.getBody().front().getTerminator()->getOperands())) {
      if (!attention.isOfRows(value))
        continue;
      QuadPosition position{group.row(), code.index(0)};
      GpuLanes lanes = ask(rowQuads.compute(
          value, position,
          {{attention.sums.getResult(), repeatLane(code, sum)}}));
      storeQuad(code, lanes,
                code.useWritten(code.lowering().bufferOf(op.getResult(i))),
                getElementTypeOrSelf(value),
                code.mul(group.row(), WordLayout(value.getType()).wordsOfRow()),
                code.index(0), 1);
    }
  });
}

/// Stores what becomes of the sums of a row and a quad of columns.
void AttentionGpu::finishQuad(Value number, Value column, Value sum) {
  QuadEvaluator::Lanes known{{attention.product.getResult(), sum}};
  if (attention.sums)
    known[attention.sums.getResult()] =
        repeatLane(code, code.load(rowSums, number));
  ArrayRef<int64_t> shape = shapeOf(attention.product.getResult());
  for (auto [i, yielded] :
       llvm::enumerate(op.getBody().front().getTerminator()->getOperands())) {
    if (attention.isOfRows(yielded))
      continue;
    auto [value, view] = *resultBeforeMoves(yielded);
    GpuLanes lanes =
        ask(resultQuads.compute(value, {outerRow(number), column}, known));
    Value row = code.add(
        code.offsetAlong(group.matrix(), *view.leading(shape.drop_back(2))),
        code.mul(queryRow(number), *view.strideOf(shape.size() - 2)));
    int64_t perWord = 32 / WordLayout(value.getType()).bits;
    storeQuad(code, lanes,
              code.useWritten(code.lowering().bufferOf(op.getResult(i))),
              getElementTypeOrSelf(value),
              code.div(code.add(row, view.base), perWord), column, columns);
  }
}

void AttentionGpu::emitProduct() {
  RightReader right(code, resultQuads, operands.values, keys, columns,
                    group.matrix());
  int64_t rows = group.rowsAtOnce(), tiles = right.quads();
  // Where there are few quads, several invocations share the sums of each.
  int64_t parts = tiles >= RowGroup::kThreads
                      ? 1
                      : llvm::bit_floor(uint64_t(RowGroup::kThreads / tiles));
  int64_t atOnce = RowGroup::kThreads / parts;
  Value part = code.div(code.thread(0), atOnce);
  auto emitTile = [&](Value quad, Value exists) {
    SmallVector<Value> sums = sumUp(
        right, quad, rows, bytesOf(attention.product), part, parts,
        [&](int64_t row, Value step) {
          return code.load(group.memory(),
                           group.placeOf(code.index(row), code.mul(step, 4)));
        });
    std::function<Value(Value)> sumOf = [&](Value number) {
      return pickQuad(code, sums, number);
    };
    if (parts > 1)
      sumOf = shareSums(
          code, {code.rem(code.thread(0), atOnce), part, atOnce, parts}, sums);
    auto finish = [&] {
      code.loop(part, code.index(rows), parts, [&](Value number) {
        auto finishOne = [&] {
          finishQuad(number, code.mul(quad, 4), sumOf(number));
        };
        Value row = code.add(group.firstRow(), number);
        if (queries % rows == 0)
          finishOne();
        else
          code.when(code.less(row, code.index(queries)), finishOne);
      });
    };
    if (exists)
      code.when(exists, finish);
    else
      finish();
  };
  if (parts == 1)
    return code.loop(code.thread(0), code.index(tiles), RowGroup::kThreads,
                     [&](Value quad) { emitTile(quad, {}); });
  // All of a group wait for one another: those without a quad take the last.
  Value quad = code.rem(code.thread(0), atOnce), exists;
  if (tiles != atOnce) {
    exists = code.less(quad, code.index(tiles));
    quad = code.min(quad, code.index(tiles - 1));
  }
  emitTile(quad, exists);
}

LogicalResult AttentionGpu::emit() {
  emitScores();
  GpuSoftmaxRows rows{
      code, group,
      [&](Value column) {
        return ask(scoreQuads.compute(
            attention.softmax.getInput(), {group.row(), column},
            {{attention.scores.getResult(), scoresAt(column)}}));
      },
      [&](RowGroup::Quad result) { emitCodes(result); }};
  emitSoftmax(attention.softmax, rows);
  emitProduct();
  return status;
}

LogicalResult quantir::lowerAttentionGpu(GpuLowering &lowering, KernelOp op,
                                         SoftmaxOp softmax) {
  StringRef reason;
  std::optional<Attention> attention = findAttention(softmax, reason);
  std::optional<AttentionInWords> operands;
  if (attention)
    operands = AttentionInWords::of(
        *attention, [](Operation *) { return true; }, reason);
  if (!operands)
    return op.emitOpError("holds no attention that a GPU can do as one: ")
           << reason;
  DispatchOp dispatch;
  for (DotForm form : {DotForm::Accumulate, DotForm::Add, DotForm::Float}) {
    AttentionGpu attentionCode(lowering, op, *attention, *operands, form);
    if (failed(attentionCode.emit()))
      return failure();
    if (dispatch)
      attentionCode.code.addForm(dispatch);
    else
      dispatch = attentionCode.dispatch();
  }
  return success();
}
