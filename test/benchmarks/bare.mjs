// A program around model.wasm, as bare.c is one around model.o:
//
//   node bare.mjs model.wasm < inputs > outputs
//
// Standard input has the inputs of one run after those of another, in the
// description's order; standard output gets the outputs.
import { readFileSync, writeSync } from "node:fs";

const { instance } = await WebAssembly.instantiate(readFileSync(process.argv[2]));
const { memory, __heap_base, model_description, model_run } = instance.exports;
const view = () => new DataView(memory.buffer);
const word = (address) => view().getUint32(address, true);

let end = __heap_base.value;
function allocate(bytes) {
  const start = Math.ceil(end / 64) * 64;
  end = start + bytes;
  const missing = end - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / 65536));
  return start;
}
function words(values) {
  const at = allocate(4 * values.length);
  values.forEach((value, i) => view().setUint32(at + 4 * i, value, true));
  return at;
}

// quantir_description and quantir_tensor, as C lays them out with pointers of
// four bytes.
const BYTES = { 1: 4, 2: 8, 3: 4, 4: 1, 5: 1, 6: 1 };
const field = (index) => word(model_description.value + 4 * index);
function buffers(count, tensors) {
  return Array.from({ length: count }, (_, i) => {
    const [, type, rank, shape] = [0, 4, 8, 12].map((at) => word(tensors + 28 * i + at));
    let size = BYTES[type];
    for (let axis = 0; axis < rank; ++axis) size *= word(shape + 8 * axis);
    return { size, at: allocate(size + 64) };
  });
}
const inputs = buffers(field(1), field(4));
const outputs = buffers(field(2), field(5));
const addresses = (list) => words(list.map(({ at }) => at));
const context = words([addresses(inputs), addresses(outputs), allocate(field(6)), 0, 0, 0, 0, 0]);

const data = readFileSync(0);
for (let read = 0; read < data.length;) {
  for (const { at, size } of inputs) {
    new Uint8Array(memory.buffer, at, size).set(data.subarray(read, read + size));
    read += size;
  }
  const status = model_run(context);
  if (status !== 0) process.exit(status);
  for (const { at, size } of outputs)
    for (let done = 0; done < size;)
      done += writeSync(1, new Uint8Array(memory.buffer, at + done, size - done));
}
