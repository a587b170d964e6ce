// The part of a description that GPUs run.
#include "DescriptionBuilder.h"

using namespace llvm;
using namespace quantir;

Constant *DescriptionBuilder::gpuKernel(const GpuProgram::Kernel &kernel) {
  auto forms = map_to_vector(kernel.forms, [&](const GpuProgram::Form &form) {
    return ConstantStruct::getAnon({integer(32, gpuCode.add(form.words)),
                                    integer(32, form.words.size()),
                                    integer(32, form.needs)});
  });
  return ConstantStruct::getAnon(
      {array(SmallVector<Constant *>(forms)), integer(32, forms.size()),
       integer(32, kernel.bindings), integer(32, kernel.push)});
}

Constant *
DescriptionBuilder::gpuProgram(const std::optional<GpuProgram> &program,
                               StringRef constantsName, StringRef tablesName) {
  if (!program)
    return null();
  auto list = [&](const auto &entries, auto constantOf) {
    SmallVector<Constant *> constants;
    for (const auto &entry : entries)
      constants.push_back(constantOf(entry));
    return array(constants);
  };
  auto binding = [&](const quantir_gpu_binding &it) {
    return ConstantStruct::getAnon(
        {integer(64, it.offset), integer(64, it.size), integer(32, it.memory),
         integer(32, it.written)});
  };
  auto dispatch = [&](const quantir_gpu_dispatch &it) {
    return ConstantStruct::getAnon(
        {integer(32, it.kernel),
         ConstantDataArray::get(context, ArrayRef<uint32_t>(it.groups)),
         integer(32, it.first_binding), integer(32, it.after_barrier),
         integer(32, it.first_push)});
  };
  auto tensor = [&](const quantir_gpu_tensor &it) {
    return ConstantStruct::getAnon(
        {integer(64, it.offset), integer(64, it.rows),
         integer(64, it.row_bytes), integer(64, it.pitch)});
  };
  std::vector<StepDescription> stepsOfRun;
  for (const GpuProgram::Step &step : program->steps)
    stepsOfRun.push_back({step.name, step.nodes, step.macs, step.bytes});
  auto numbers = [&](const auto &data) {
    return data.empty() ? null()
                        : global(ConstantDataArray::get(context, data));
  };
  Constant *kernels = list(program->kernels, [&](const GpuProgram::Kernel &it) {
    return gpuKernel(it);
  });
  std::vector<uint8_t> code = packWords(gpuCode.getWords());
  // By quantir_gpu_source.
  SmallVector<Constant *> ofCpu = constants(constantsName),
                          tables = constants(tablesName);
  Constant *sources[] = {numbers(program->literals), ofCpu[0], tables[0]};
  Constant *sizes[] = {integer(64, program->literals.size()), ofCpu[1],
                       tables[1]};
  auto fixedArray = [&](ArrayRef<Constant *> entries) {
    return ConstantArray::get(
        ArrayType::get(entries.front()->getType(), entries.size()), entries);
  };
  return global(
      ConstantStruct::getAnon({kernels,
                               list(program->bindings, binding),
                               list(program->dispatches, dispatch),
                               steps(stepsOfRun).first,
                               list(program->inputs, tensor),
                               list(program->outputs, tensor),
                               numbers(program->push),
                               fixedArray(sources),
                               numbers(program->pieces),
                               numbers(code),
                               fixedArray(sizes),
                               integer(64, program->pieces.size()),
                               integer(64, code.size()),
                               integer(64, program->constantsSize),
                               integer(64, program->arenaSize),
                               integer(64, program->interfaceSize),
                               integer(32, gpuCode.getWords().size()),
                               integer(32, program->kernels.size()),
                               integer(32, program->bindings.size()),
                               integer(32, program->dispatches.size()),
                               integer(32, program->push.size()),
                               integer(32, program->exact)}));
}
