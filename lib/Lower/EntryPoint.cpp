// The function that a program calls. A batch runs sample by sample: on one
// thread all use one arena, which stays in its cache; with a parallel_for each
// of up to 32 groups of samples takes the lowest arena that is free.
#include "EntryPoint.h"

#include "Quantir/QuantirTypes.h"
#include "quantir/Fuse/Passes.h"
#include "quantir/Lower/Passes.h"
#include "quantir/Runtime/Artifact.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace quantir;

/// Fewer samples are better off with all cores on each.
constexpr int64_t kLeastAtOnce = 4, kMostAtOnce = 32;

static int64_t samplesOf(func::FuncOp main) {
  auto batch = main->getAttrOfType<IntegerAttr>(kBatchAttr);
  return batch ? batch.getInt() : 1;
}

/// How many arenas a run may need at once.
static int64_t arenasOf(func::FuncOp main) {
  int64_t samples = samplesOf(main);
  return samples < kLeastAtOnce ? 1 : std::min(samples, kMostAtOnce);
}

/// Samples of a group; the last may have fewer.
static int64_t samplesOfGroup(func::FuncOp main) {
  return int64_t(llvm::divideCeil(samplesOf(main), arenasOf(main)));
}

/// Bytes from one arena to the next.
static int64_t arenaPitch(func::FuncOp main) {
  return int64_t(
      llvm::alignTo(cast<IntegerAttr>(main->getAttr(kArenaSize)).getInt(), 64));
}

int64_t quantir::arenaOfRun(func::FuncOp main) {
  int64_t arenas = arenasOf(main);
  if (arenas == 1)
    return cast<IntegerAttr>(main->getAttr(kArenaSize)).getInt();
  return arenas * arenaPitch(main);
}

/// `base` plus `offset` bytes.
static Value byteOffset(OpBuilder &b, Location location, Value base,
                        Value offset) {
  return LLVM::GEPOp::create(b, location, pointerType(b.getContext()),
                             b.getI8Type(), base,
                             ArrayRef<LLVM::GEPArg>{offset});
}

Value quantir::pointerSlot(OpBuilder &b, Location location, Value base,
                           int64_t index) {
  auto pointer = pointerType(b.getContext());
  return LLVM::GEPOp::create(b, location, pointer, pointer, base,
                             ArrayRef<LLVM::GEPArg>{int32_t(index)});
}

Value quantir::loadPointer(OpBuilder &b, Location location, Value base,
                           int64_t index) {
  return LLVM::LoadOp::create(b, location, pointerType(b.getContext()),
                              pointerSlot(b, location, base, index));
}

void quantir::countedLoop(OpBuilder &b, Location location, Value low,
                          Value high, function_ref<void(Value)> body) {
  Region &region = *b.getBlock()->getParent();
  Type i32 = b.getI32Type();
  Block *before = b.getBlock();
  Block *header = b.createBlock(&region, region.end(), {i32}, {location}),
        *turn = b.createBlock(&region, region.end()),
        *done = b.createBlock(&region, region.end());
  b.setInsertionPointToEnd(before);
  LLVM::BrOp::create(b, location, low, header);
  b.setInsertionPointToStart(header);
  Value i = header->getArgument(0);
  Value more =
      LLVM::ICmpOp::create(b, location, LLVM::ICmpPredicate::slt, i, high);
  LLVM::CondBrOp::create(b, location, more, turn, done);
  b.setInsertionPointToStart(turn);
  body(i);
  Value one = LLVM::ConstantOp::create(b, location, i32, 1);
  Value next = LLVM::AddOp::create(b, location, i, one);
  LLVM::BrOp::create(b, location, next, header);
  b.setInsertionPointToStart(done);
}

namespace {
class EntryPoint {
public:
  EntryPoint(ModuleOp module, func::FuncOp main)
      : module(module), main(main), b(module.getContext()),
        location(main.getLoc()), pointer(pointerType(module.getContext())),
        numBuffers(main.getNumArguments() - 2),
        numInputs(
            numBuffers -
            cast<IntegerAttr>(main->getAttr("quantir.outputs")).getInt()) {}

  void create(StringRef name);

private:
  LLVM::LLVMFuncOp begin(StringRef name, Type result, ArrayRef<Type> types,
                         LLVM::Linkage linkage);
  void callMain(Value buffers, Value context, Value sample, Value arena);
  LLVM::LLVMFuncOp createGroup();
  Value takeArena(Value mask);
  void giveArenaBack(Value mask, Value number);
  void runBatch(Value run);

  Value number(int64_t value) {
    return LLVM::ConstantOp::create(b, location, b.getI32Type(), value);
  }
  Value load(Value base, int64_t index) {
    return loadPointer(b, location, base, index);
  }

  ModuleOp module;
  func::FuncOp main;
  OpBuilder b;
  Location location;
  Type pointer;
  unsigned numBuffers;
  int64_t numInputs;
};
} // namespace

LLVM::LLVMFuncOp EntryPoint::begin(StringRef name, Type result,
                                   ArrayRef<Type> types,
                                   LLVM::Linkage linkage) {
  b.setInsertionPointToEnd(module.getBody());
  auto function = LLVM::LLVMFuncOp::create(
      b, location, name, LLVM::LLVMFunctionType::get(result, types), linkage);
  b.setInsertionPointToStart(function.addEntryBlock(b));
  return function;
}

/// \param buffers  the context with inputs and outputs of the whole batch.
/// \param context  the one that the sample's launches go through.
/// \param sample   its number; null for a run of one.
void EntryPoint::callMain(Value buffers, Value context, Value sample,
                          Value arena) {
  Value inputs = load(buffers, QUANTIR_CONTEXT_FIELD(inputs));
  Value outputs = load(buffers, QUANTIR_CONTEXT_FIELD(outputs));
  SmallVector<Value> operands;
  for (unsigned i = 0; i < numBuffers; ++i) {
    bool isInput = i < numInputs;
    Value buffer =
        load(isInput ? inputs : outputs, isInput ? i : i - numInputs);
    if (sample) {
      auto type = cast<MemRefType>(main.getArgumentTypes()[i]);
      int64_t bytes =
          type.getNumElements() * bytesOfElement(type.getElementType());
      Value wide = LLVM::ZExtOp::create(b, location, b.getI64Type(), sample);
      Value size = LLVM::ConstantOp::create(b, location, b.getI64Type(), bytes);
      buffer = byteOffset(b, location, buffer,
                          LLVM::MulOp::create(b, location, wide, size));
    }
    operands.push_back(buffer);
  }
  operands.push_back(context);
  operands.push_back(arena);
  LLVM::CallOp::create(b, location, TypeRange(), "main", operands);
}

/// The number of the lowest arena that is free, whose bit in `mask` it sets.
Value EntryPoint::takeArena(Value mask) {
  Type i32 = b.getI32Type();
  Region &region = *b.getBlock()->getParent();
  Block *before = b.getBlock();
  Block *look = b.createBlock(&region, region.end(), {i32}, {location}),
        *taken = b.createBlock(&region, region.end());
  b.setInsertionPointToEnd(before);
  Value seen =
      LLVM::LoadOp::create(b, location, i32, mask, 4, false, false, false,
                           false, LLVM::AtomicOrdering::monotonic);
  LLVM::BrOp::create(b, location, seen, look);
  b.setInsertionPointToStart(look);
  Value now = look->getArgument(0);
  Value free = LLVM::XOrOp::create(b, location, now, number(-1));
  Value lowest = LLVM::CountTrailingZerosOp::create(b, location, i32, free,
                                                    /*isZeroPoison=*/false);
  Value bit = LLVM::ShlOp::create(b, location, number(1), lowest);
  Value wanted = LLVM::OrOp::create(b, location, now, bit);
  Value result = LLVM::AtomicCmpXchgOp::create(b, location, mask, now, wanted,
                                               LLVM::AtomicOrdering::acq_rel,
                                               LLVM::AtomicOrdering::monotonic);
  Value found =
      LLVM::ExtractValueOp::create(b, location, result, ArrayRef<int64_t>{0});
  Value success =
      LLVM::ExtractValueOp::create(b, location, result, ArrayRef<int64_t>{1});
  LLVM::CondBrOp::create(b, location, success, taken, ValueRange(), look,
                         ValueRange{found});
  b.setInsertionPointToStart(taken);
  return lowest;
}

void EntryPoint::giveArenaBack(Value mask, Value arena) {
  Value bit = LLVM::ShlOp::create(b, location, number(1), arena);
  Value others = LLVM::XOrOp::create(b, location, bit, number(-1));
  LLVM::AtomicRMWOp::create(b, location, LLVM::AtomicBinOp::_and, mask, others,
                            LLVM::AtomicOrdering::acq_rel);
}

/// void quantir_samples(ptr batch, i32 group): the samples of a group. A batch
/// is the run's context and the mask of the arenas in use.
LLVM::LLVMFuncOp EntryPoint::createGroup() {
  auto none = LLVM::LLVMVoidType::get(b.getContext());
  LLVM::LLVMFuncOp function =
      begin("quantir_samples", none, {pointer, b.getI32Type()},
            LLVM::Linkage::Internal);
  Value batch = function.getArgument(0), group = function.getArgument(1);
  Value run = load(batch, 0);
  Value mask = pointerSlot(b, location, batch, 1);
  // Launches of a sample stay on this thread.
  constexpr int64_t words = sizeof(quantir_context) / sizeof(void *);
  Value size = LLVM::ConstantOp::create(b, location, b.getI64Type(), words);
  Value own = LLVM::AllocaOp::create(b, location, pointer, pointer, size, 8);
  for (int64_t word = 0; word < words; ++word)
    LLVM::StoreOp::create(
        b, location,
        word == QUANTIR_CONTEXT_FIELD(parallel_for)
            ? LLVM::ZeroOp::create(b, location, pointer).getResult()
            : load(run, word),
        pointerSlot(b, location, own, word));
  Value taken = takeArena(mask);
  Value wide = LLVM::ZExtOp::create(b, location, b.getI64Type(), taken);
  Value pitch =
      LLVM::ConstantOp::create(b, location, b.getI64Type(), arenaPitch(main));
  Value arena = byteOffset(b, location, load(run, QUANTIR_CONTEXT_FIELD(arena)),
                           LLVM::MulOp::create(b, location, wide, pitch));
  int64_t samples = samplesOf(main), most = samplesOfGroup(main);
  Value low = LLVM::MulOp::create(b, location, group, number(most));
  Value high = LLVM::SMinOp::create(
      b, location, LLVM::AddOp::create(b, location, low, number(most)),
      number(samples));
  countedLoop(b, location, low, high,
              [&](Value sample) { callMain(run, own, sample, arena); });
  giveArenaBack(mask, taken);
  LLVM::ReturnOp::create(b, location, ValueRange());
  return function;
}

/// Through parallel_for when there is one and nobody counts the steps, which
/// come from one thread; else one sample after the other.
void EntryPoint::runBatch(Value run) {
  int64_t samples = samplesOf(main);
  Value arena = load(run, QUANTIR_CONTEXT_FIELD(arena));
  Region &region = *b.getBlock()->getParent();
  if (arenasOf(main) > 1) {
    Block *before = b.getBlock();
    Block *shared = b.createBlock(&region, region.end()),
          *alone = b.createBlock(&region, region.end());
    b.setInsertionPointToEnd(before);
    Value null = LLVM::ZeroOp::create(b, location, pointer);
    Value parallelFor = load(run, QUANTIR_CONTEXT_FIELD(parallel_for));
    Value onStep = load(run, QUANTIR_CONTEXT_FIELD(on_step));
    Value given = LLVM::ICmpOp::create(b, location, LLVM::ICmpPredicate::ne,
                                       parallelFor, null);
    Value unseen = LLVM::ICmpOp::create(b, location, LLVM::ICmpPredicate::eq,
                                        onStep, null);
    Value two = LLVM::ConstantOp::create(b, location, b.getI64Type(), 2);
    Value batch = LLVM::AllocaOp::create(b, location, pointer, pointer, two, 8);
    LLVM::CondBrOp::create(b, location,
                           LLVM::AndOp::create(b, location, given, unseen),
                           shared, alone);
    b.setInsertionPointToStart(shared);
    LLVM::StoreOp::create(b, location, run, batch);
    LLVM::StoreOp::create(b, location, number(0),
                          pointerSlot(b, location, batch, 1));
    Value fn =
        LLVM::AddressOfOp::create(b, location, pointer, "quantir_samples");
    Value pool = load(run, QUANTIR_CONTEXT_FIELD(pool));
    auto none = LLVM::LLVMVoidType::get(b.getContext());
    LLVM::CallOp::create(
        b, location,
        LLVM::LLVMFunctionType::get(
            none, {pointer, b.getI32Type(), pointer, pointer}),
        ValueRange{parallelFor, pool,
                   number(llvm::divideCeil(samples, samplesOfGroup(main))), fn,
                   batch});
    LLVM::ReturnOp::create(b, location, number(0));
    b.setInsertionPointToStart(alone);
  }
  countedLoop(b, location, number(0), number(samples),
              [&](Value sample) { callMain(run, run, sample, arena); });
}

void EntryPoint::create(StringRef name) {
  main->setAttr("quantir.context", b.getI64IntegerAttr(numBuffers));
  if (arenasOf(main) > 1)
    createGroup();
  LLVM::LLVMFuncOp entry = begin((name + "_run").str(), b.getI32Type(),
                                 {pointer}, LLVM::Linkage::External);
  Value run = entry.getArgument(0);
  if (samplesOf(main) > 1)
    runBatch(run);
  else
    callMain(run, run, Value(), load(run, QUANTIR_CONTEXT_FIELD(arena)));
  LLVM::ReturnOp::create(b, location, number(0));
}

void quantir::createEntry(ModuleOp module, func::FuncOp main, StringRef name) {
  EntryPoint(module, main).create(name);
}
