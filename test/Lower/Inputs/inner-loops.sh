# The inner loops of products.mlir's kernels: inner-loops.sh TRIPLE PROCESSOR
here=$(dirname "$0")
quant-opt "$here/products.mlir" -quantir-lower-kernels="triple=$1 cpu=$2" \
    -quantir-share-kernels -quantir-plan-memory -quantir-merge-constants \
    -quantir-lower-to-llvm |
  mlir-translate --mlir-to-llvmir | opt -O2 -mtriple="$1" -mcpu="$2" |
  llc -mtriple="$1" -mcpu="$2" -relocation-model=pic |
  python3 "$here/../../benchmarks/assembly.py"
