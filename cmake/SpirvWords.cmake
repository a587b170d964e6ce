# quantir_spirv_words(<target> <file>.spvasm...): assembles each module when <target>
# is built, into <file>.inc, the words of the binary as C writes them.

if(CMAKE_SCRIPT_MODE_FILE)
  file(READ ${BINARY} digits HEX)
  string(REGEX REPLACE "(..)(..)(..)(..)" "0x\\4\\3\\2\\1,\n" words "${digits}")
  file(WRITE ${WORDS} "${words}")
  return()
endif()

find_program(SPIRV_AS spirv-as REQUIRED)
set(SPIRV_WORDS_SCRIPT ${CMAKE_CURRENT_LIST_FILE})
function(quantir_spirv_words target)
  foreach(source ${ARGN})
    cmake_path(GET source STEM name)
    set(made ${CMAKE_CURRENT_BINARY_DIR}/${name})
    get_source_file_property(is_made ${made}.inc GENERATED)
    if(NOT is_made)
      add_custom_command(OUTPUT ${made}.inc
        COMMAND ${SPIRV_AS} --target-env vulkan1.1 ${CMAKE_CURRENT_SOURCE_DIR}/${source} -o ${made}.spv
        COMMAND ${CMAKE_COMMAND} -DBINARY=${made}.spv -DWORDS=${made}.inc -P ${SPIRV_WORDS_SCRIPT}
        DEPENDS ${source} ${SPIRV_WORDS_SCRIPT} VERBATIM)
    endif()
    target_sources(${target} PRIVATE ${made}.inc)
  endforeach()
  target_include_directories(${target} PRIVATE ${CMAKE_CURRENT_BINARY_DIR})
endfunction()
