#include "SoftwareTiles.h"

#include "llvm/AsmParser/Parser.h"
#include "llvm/Support/SourceMgr.h"
#include <cstring>

using namespace llvm;
using namespace quantir;

namespace {
struct Register {
  uint8_t rows[16][64];
};
} // namespace

static void loadTile(int16_t rows, int16_t bytes, const uint8_t *from,
                     int64_t stride, Register *to) {
  std::memset(to, 0, sizeof *to);
  for (int row = 0; row < rows; ++row)
    std::memcpy(to->rows[row], from + row * stride, size_t(bytes));
}

static void storeTile(int16_t rows, int16_t bytes, uint8_t *to, int64_t stride,
                      const Register *from) {
  for (int row = 0; row < rows; ++row)
    std::memcpy(to + row * stride, from->rows[row], size_t(bytes));
}

/// sums[m][n] += left[m][k] * right[k / 4][4 n + k % 4], of u8 by s8; what lies
/// beyond the shape becomes zero.
static void multiplyTiles(int16_t rows, int16_t columns, int16_t depth,
                          const Register *left, const Register *right,
                          Register *sums) {
  Register result = {};
  for (int m = 0; m < rows; ++m)
    for (int n = 0; n < columns / 4; ++n) {
      int32_t sum;
      std::memcpy(&sum, &sums->rows[m][4 * n], 4);
      for (int k = 0; k < depth; ++k)
        sum += int32_t(left->rows[m][k]) *
               int8_t(right->rows[k / 4][4 * n + k % 4]);
      std::memcpy(&result.rows[m][4 * n], &sum, 4);
    }
  *sums = result;
}

SmallVector<JitModule::HostSymbol> quantir::test::softwareTileFunctions() {
  return {{"load_tile", reinterpret_cast<const void *>(&loadTile)},
          {"store_tile", reinterpret_cast<const void *>(&storeTile)},
          {"multiply_tiles", reinterpret_cast<const void *>(&multiplyTiles)}};
}

static const char definitions[] = R"(
declare void @load_tile(i16 signext, i16 signext, ptr, i64, ptr)
declare void @store_tile(i16 signext, i16 signext, ptr, i64, ptr)
declare void @multiply_tiles(i16 signext, i16 signext, i16 signext, ptr, ptr, ptr)

define internal <256 x i32> @software.tilezero(i16 %m, i16 %n) {
  ret <256 x i32> zeroinitializer
}
define internal <256 x i32> @software.tileloadd64(i16 %m, i16 %n, ptr %p, i64 %stride) {
  %r = alloca <256 x i32>
  call void @load_tile(i16 signext %m, i16 signext %n, ptr %p, i64 %stride, ptr %r)
  %v = load <256 x i32>, ptr %r
  ret <256 x i32> %v
}
define internal void @software.tilestored64(i16 %m, i16 %n, ptr %p, i64 %stride, <256 x i32> %v) {
  %r = alloca <256 x i32>
  store <256 x i32> %v, ptr %r
  call void @store_tile(i16 signext %m, i16 signext %n, ptr %p, i64 %stride, ptr %r)
  ret void
}
define internal <256 x i32> @software.tdpbusd(i16 %m, i16 %n, i16 %k, <256 x i32> %c, <256 x i32> %a, <256 x i32> %b) {
  %pc = alloca <256 x i32>
  %pa = alloca <256 x i32>
  %pb = alloca <256 x i32>
  store <256 x i32> %c, ptr %pc
  store <256 x i32> %a, ptr %pa
  store <256 x i32> %b, ptr %pb
  call void @multiply_tiles(i16 signext %m, i16 signext %n, i16 signext %k, ptr %pa, ptr %pb, ptr %pc)
  %v = load <256 x i32>, ptr %pc
  ret <256 x i32> %v
}
)";

static void replaceAll(std::string &text, StringRef from, StringRef to) {
  for (size_t at = 0;
       (at = text.find(from.data(), at, from.size())) != std::string::npos;
       at += to.size())
    text.replace(at, from.size(), to.data(), to.size());
}

Expected<std::unique_ptr<Module>>
quantir::test::withSoftwareTiles(const Module &module) {
  std::string text;
  raw_string_ostream(text) << module;
  // Declarations go; what they declared is defined below.
  std::string kept;
  SmallVector<StringRef> lines;
  StringRef(text).split(lines, '\n');
  for (StringRef line : lines)
    if (!line.starts_with("declare") || !line.contains("@llvm.x86.t"))
      kept += (line + "\n").str();
  replaceAll(kept, "x86_amx", "<256 x i32>");
  for (StringRef name : {"tilezero", "tileloadd64", "tilestored64", "tdpbusd"})
    replaceAll(kept, ("@llvm.x86." + name + ".internal").str(),
               ("@software." + name).str());
  kept += definitions;
  SMDiagnostic problem;
  std::unique_ptr<Module> result =
      parseAssemblyString(kept, problem, module.getContext());
  if (!result)
    return createStringError(problem.getMessage());
  return result;
}
