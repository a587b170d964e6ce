// Softmax of 8-bit codes by look-ups. A code lies one of 256 distances below
// its row's largest, so a term is an entry of a table, and so is, once the
// row's sum is known, the result: 256 results a row, made of the same terms by
// the same arithmetic as any lane's.
#include "Kernels.h"
#include "LookupCode.h"
#include "Quantir/RowMath.h"
#include "Quantir/SoftmaxForms.h"
#include "RowCode.h"
#include "VectorBuilder.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "quantir/Interpret/LaneBuilder.h"
#include <numeric>

using namespace mlir;
using namespace quantir;

/// In shorter rows the 256 results would cost more than they save.
static constexpr int64_t kFewestColumns = 128;

static quant::QuantizedType byteCodes(Value value) {
  quant::QuantizedType type = getQuantizedElement(value.getType());
  return type && type.getStorageTypeIntegralWidth() == 8
             ? type
             : quant::QuantizedType();
}

bool quantir::looksUpSoftmax(Lowering &lowering, KernelOp op,
                             SoftmaxOp softmax) {
  const ByteLookup *row = selectByteLookup(lowering.target);
  Block &body = op.getBody().front();
  return row && !softmax.getLog() && row->entries == 128 && row->bytes == 64 &&
         lowering.target.has("avx512vnni") && byteCodes(softmax.getInput()) &&
         byteCodes(softmax.getResult()) &&
         softmax.getType().getShape().back() >= kFewestColumns &&
         isa<BlockArgument>(softmax.getInput()) &&
         llvm::hasSingleElement(body.without_terminator()) &&
         body.getTerminator()->getNumOperands() == 1 &&
         body.getTerminator()->getOperand(0) == softmax.getResult();
}

namespace {
/// What the two classes of arithmetic have in common.
template <class Codes> struct Arithmetic {
  const Codes &codes;
  bool unnormalized;

  template <class B>
  typename B::Value addend(B &b, const typename B::Value &term) const {
    if constexpr (requires { codes.addend(b, term); })
      return codes.addend(b, term);
    else
      return term;
  }
  /// The factor of `codes.finish` in every lane.
  auto factorOf(KernelFunction &kernel, VectorBuilder &one, Value sum,
                int64_t lanes) const {
    auto factor = codes.factor(one, sum);
    if constexpr (std::is_same_v<decltype(factor), Value>)
      return splatLane(kernel, factor, lanes);
    else
      return decltype(factor){splatLane(kernel, factor.value, lanes),
                              splatLane(kernel, factor.second, lanes)};
  }

  /// Terms of all distances, and what they add to a sum.
  void tabulate(std::vector<int32_t> &terms,
                std::vector<uint32_t> &addends) const {
    LaneBuilder b;
    for (int32_t first = 0; first < 256; first += Lanes::size) {
      Lanes below = b.i32(0);
      for (int i = 0; i < Lanes::size; ++i)
        below.i32[i] = first + i;
      Lanes term = codes.term(b, below), added = addend(b, term);
      terms.insert(terms.end(), term.i32, term.i32 + Lanes::size);
      addends.insert(addends.end(), added.i32, added.i32 + Lanes::size);
    }
  }
};

class ByteRows {
public:
  ByteRows(Lowering &lowering, KernelOp op, SoftmaxOp softmax)
      : op(op), softmax(softmax), kernel(lowering, op.getLoc(), "softmax"),
        b(kernel.builder()), row(*selectByteLookup(lowering.target)),
        bytes(VectorType::get({64}, b.getI8Type())),
        words(VectorType::get({16}, b.getI32Type())), v(kernel, 16),
        one(kernel, 1), columns(softmax.getType().getShape().back()),
        rows(softmax.getType().getNumElements() / columns) {
    LaneEvaluator evaluator(kernel, op, softmax.getType().getShape());
    from = evaluator.bufferOf(softmax.getInput());
    to = kernel.use(lowering.buffers.lookup(op.getResult(0)));
    slack = hasSlack(from, rows * columns);
  }

  template <class Codes> LogicalResult emit(const Codes &codes) {
    Arithmetic<Codes> arithmetic{codes, softmax.getUnnormalized()};
    std::vector<int32_t> terms;
    std::vector<uint32_t> addends;
    arithmetic.tabulate(terms, addends);
    SmallVector<LookupCode, 4> planes;
    if (!arithmetic.unnormalized)
      for (Value plane : planesOf(addends))
        planes.emplace_back(kernel, row, plane);
    Value termBuffer =
        kernel.constant(DenseElementsAttr::get(i32Type(), ArrayRef(terms)));
    // Accumulators of all rows in work, and tables, stay in registers.
    int64_t group = std::min<int64_t>(rows, planes.size() > 3 ? 2 : 4);
    int64_t tiles = tilesFor(double(rows) * (double(columns) * 0.1 + 60), rows);
    eachRowGroup(kernel, rows, tiles, group, [&](ArrayRef<Value> group) {
      SmallVector<Value> most = largest(group);
      SmallVector<Value> sums;
      if (!arithmetic.unnormalized)
        sums = sumsOf(group, most, planes);
      for (auto [slot, row] : llvm::enumerate(group)) {
        auto finish = [&](auto factor) {
          store(
              row, most[slot],
              [&](Value term) { return codes.finish(v, term, factor); },
              termBuffer);
        };
        if (arithmetic.unnormalized)
          finish(noFactor<Codes>());
        else
          finish(arithmetic.factorOf(kernel, one, sums[slot], 16));
      }
    });
    kernel.launch(tiles);
    return success();
  }

private:
  template <class Codes> auto noFactor() {
    if constexpr (std::is_same_v<Codes, SoftmaxCodes>)
      return Value();
    else
      return SoftmaxFormCodes::Factor<Value>();
  }

  RankedTensorType i32Type() {
    return RankedTensorType::get({256}, b.getI32Type());
  }
  Value splatByte(int value) {
    return arith::ConstantOp::create(
        b, bytes, DenseElementsAttr::get(bytes, b.getI8IntegerAttr(value)));
  }
  Value splat(Value byte) {
    return vector::BroadcastOp::create(b, bytes, byte);
  }

  /// The bytes of the addends, those of lowest weight first, as buffers.
  SmallVector<Value> planesOf(ArrayRef<uint32_t> addends) {
    uint32_t most = *llvm::max_element(addends);
    SmallVector<Value> planes;
    auto type = RankedTensorType::get({256}, b.getI8Type());
    for (int shift = 0; shift < 32 && most >> shift != 0; shift += 8) {
      SmallVector<int8_t> plane;
      for (uint32_t addend : addends)
        plane.push_back(int8_t(addend >> shift));
      planes.push_back(
          kernel.constant(DenseElementsAttr::get(type, ArrayRef(plane))));
    }
    return planes;
  }

  /// Codes in unsigned order; zeros behind the end of a row, or anything.
  Value load(Value row, Value column, int64_t valid) {
    Value offset = kernel.add(kernel.mul(row, columns), column);
    Value codes = loadStorage(kernel, from, bytes, offset, valid, slack);
    bool isSigned = byteCodes(softmax.getInput()).isSigned();
    return isSigned ? flipTopBits(b, codes) : codes;
  }

  /// The first `valid` bytes of a vector; the others become zero.
  Value keepFirst(Value vector, int64_t valid) {
    if (valid == 64)
      return vector;
    SmallVector<int8_t> mask(64, 0);
    std::fill_n(mask.begin(), valid, int8_t(-1));
    return arith::AndIOp::create(
        b, vector,
        arith::ConstantOp::create(
            b, bytes, DenseElementsAttr::get(bytes, ArrayRef(mask))));
  }

  /// Calls visit(column, valid, carried) for each vector of a row.
  SmallVector<Value> eachVector(
      ValueRange initial,
      function_ref<SmallVector<Value>(Value, int64_t, ValueRange)> visit) {
    int64_t whole = columns / 64 * 64;
    SmallVector<Value> carried =
        kernel.loop(kernel.index(0), kernel.index(whole), 64, initial,
                    [&](Value column, ValueRange carried) {
                      return visit(column, 64, carried);
                    });
    if (whole == columns)
      return carried;
    return visit(kernel.index(whole), columns - whole, carried);
  }

  /// Each row's largest code, in every byte.
  SmallVector<Value> largest(ArrayRef<Value> group) {
    SmallVector<Value> initial(group.size(), splatByte(0));
    SmallVector<Value> most = eachVector(
        initial, [&](Value column, int64_t valid, ValueRange carried) {
          SmallVector<Value> next;
          for (auto [row, before] : llvm::zip_equal(group, carried))
            next.push_back(arith::MaxUIOp::create(
                b, before, keepFirst(load(row, column, valid), valid)));
          return next;
        });
    for (Value &value : most)
      value = splat(
          vector::ReductionOp::create(b, vector::CombiningKind::MAXUI, value));
    return most;
  }

  /// Each row's sum of addends, one i32 lane.
  SmallVector<Value> sumsOf(ArrayRef<Value> group, ArrayRef<Value> most,
                            MutableArrayRef<LookupCode> planes) {
    Value zero = v.i32(0), ones = splatByte(1);
    SmallVector<Value> initial(group.size() * planes.size(), zero);
    SmallVector<Value> parts = eachVector(
        initial, [&](Value column, int64_t valid, ValueRange carried) {
          SmallVector<Value> next;
          for (auto [slot, row] : llvm::enumerate(group)) {
            Value below =
                arith::SubIOp::create(b, most[slot], load(row, column, valid));
            for (LookupCode &plane : planes)
              next.push_back(dot(carried[next.size()],
                                 keepFirst(plane(below), valid), ones));
          }
          return next;
        });
    SmallVector<Value> sums;
    for (size_t slot = 0; slot < group.size(); ++slot) {
      Value sum = zero;
      for (size_t plane = 0; plane < planes.size(); ++plane)
        sum = v.addInt(sum, v.shiftLeft(parts[slot * planes.size() + plane],
                                        int(8 * plane)));
      Value total =
          vector::ReductionOp::create(b, vector::CombiningKind::ADD, sum);
      sums.push_back(vector::BroadcastOp::create(
          b, VectorType::get({1}, b.getI32Type()), total));
    }
    return sums;
  }

  Value dot(Value sums, Value codes, Value ones) {
    return callIntrinsic(b, "llvm.x86.avx512.vpdpbusd.512", words,
                         {sums, codes, ones});
  }

  /// The 256 results of a row, and the row looked up in them.
  void store(Value row, Value most, function_ref<Value(Value)> finish,
             Value terms) {
    SmallVector<Value> pieces;
    for (int64_t first = 0; first < 256; first += 16)
      pieces.push_back(
          arith::TruncIOp::create(b, VectorType::get({16}, b.getI8Type()),
                                  finish(vector::LoadOp::create(
                                      b, words, terms, kernel.index(first)))));
    while (pieces.size() > 4) {
      for (size_t i = 0; i < pieces.size() / 2; ++i)
        pieces[i] = joined(pieces[2 * i], pieces[2 * i + 1]);
      pieces.resize(pieces.size() / 2);
    }
    LookupCode results(kernel, this->row, pieces);
    eachVector({}, [&](Value column, int64_t valid, ValueRange) {
      Value below = arith::SubIOp::create(b, most, load(row, column, valid));
      storeStorage(kernel, results(below), to,
                   kernel.add(kernel.mul(row, columns), column), valid);
      return SmallVector<Value>();
    });
  }

  Value joined(Value low, Value high) {
    SmallVector<int64_t> mask(2 *
                              cast<VectorType>(low.getType()).getDimSize(0));
    std::iota(mask.begin(), mask.end(), 0);
    return vector::ShuffleOp::create(b, low, high, mask);
  }

  KernelOp op;
  SoftmaxOp softmax;
  KernelFunction kernel;
  ImplicitLocOpBuilder &b;
  const ByteLookup &row;
  VectorType bytes, words;
  VectorBuilder v, one;
  int64_t columns, rows;
  Value from, to;
  bool slack;
};
} // namespace

LogicalResult quantir::lowerSoftmaxByLookup(Lowering &lowering, KernelOp op,
                                            SoftmaxOp softmax) {
  ByteRows rows(lowering, op, softmax);
  if (softmax.getForm() == SoftmaxForm::house)
    return rows.emit(SoftmaxCodes(softmax));
  return rows.emit(SoftmaxFormCodes(softmax));
}
