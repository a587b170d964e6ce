# QuantirOnnxProto: the C++ classes of the ONNX schema, `#include "onnx/onnx-ml.pb.h"`.
#
# The schema is the one that the installed `onnx` Python package ships, so a newer
# package is all that a newer opset needs. It asks for protobuf's lite runtime: no
# descriptors, hence no global registry that a second copy of ONNX in the process
# (Python's onnx or onnxruntime) could collide with.
find_package(Protobuf 3.21 REQUIRED GLOBAL)
find_package(Python3 REQUIRED COMPONENTS Interpreter)
execute_process(
  COMMAND ${Python3_EXECUTABLE} -c
          "import importlib.util as u; print(u.find_spec('onnx').submodule_search_locations[0])"
  OUTPUT_VARIABLE ONNX_PACKAGE OUTPUT_STRIP_TRAILING_WHITESPACE
  ERROR_QUIET RESULT_VARIABLE ONNX_MISSING)
if(ONNX_MISSING OR NOT EXISTS ${ONNX_PACKAGE}/onnx-ml.proto)
  message(FATAL_ERROR "The Python package 'onnx' holds the ONNX schema and was not found by "
                      "${Python3_EXECUTABLE}; install it: pip install onnx")
endif()

set(ONNX_PROTO_DIR ${PROJECT_BINARY_DIR}/onnx-proto)
file(MAKE_DIRECTORY ${ONNX_PROTO_DIR}/onnx)
add_custom_command(
  OUTPUT ${ONNX_PROTO_DIR}/onnx/onnx-ml.pb.cc ${ONNX_PROTO_DIR}/onnx/onnx-ml.pb.h
  COMMAND protobuf::protoc --proto_path=${ONNX_PACKAGE} --cpp_out=${ONNX_PROTO_DIR}/onnx
          ${ONNX_PACKAGE}/onnx-ml.proto
  DEPENDS ${ONNX_PACKAGE}/onnx-ml.proto
  COMMENT "Generating the classes of the ONNX schema"
  VERBATIM)
add_library(QuantirOnnxProto STATIC ${ONNX_PROTO_DIR}/onnx/onnx-ml.pb.cc)
target_include_directories(QuantirOnnxProto SYSTEM PUBLIC $<BUILD_INTERFACE:${ONNX_PROTO_DIR}>)
target_link_libraries(QuantirOnnxProto PUBLIC protobuf::libprotobuf-lite)
target_compile_options(QuantirOnnxProto PRIVATE -w)
set_target_properties(QuantirOnnxProto PROPERTIES CXX_VISIBILITY_PRESET hidden
                                                  CXX_CLANG_TIDY "")
quantir_install(QuantirOnnxProto)
