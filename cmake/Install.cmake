# What `cmake --install` copies, and the package that `find_package(Quantir)` finds,
# installed or in the build tree:
#   Quantir::Compiler  every room, with what their headers need
#   Quantir::Runtime   the C runtime, static; Quantir::RuntimeShared is the other
include(CMakePackageConfigHelpers)

# Inline arithmetic of the headers rounds in a program as it does in the rooms.
add_library(QuantirCompiler INTERFACE)
target_link_libraries(QuantirCompiler INTERFACE QuantirPipelines)
target_compile_options(QuantirCompiler INTERFACE -ffp-contract=off)
target_compile_features(QuantirCompiler INTERFACE cxx_std_20)
set(headers ${CMAKE_INSTALL_INCLUDEDIR}/quantir)
target_include_directories(QuantirCompiler INTERFACE
  "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include;${PROJECT_BINARY_DIR}/include>"
  "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/dialects;${PROJECT_BINARY_DIR}/dialects>"
  "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR};${headers}/dialects>")
quantir_install(QuantirCompiler)

foreach(tree ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR})
  install(DIRECTORY ${tree}/include/quantir/ DESTINATION ${headers}
          FILES_MATCHING PATTERN "*.h" PATTERN "*.def" PATTERN "*.inc" PATTERN "*.td"
          PATTERN CMakeFiles EXCLUDE)
  install(DIRECTORY ${tree}/dialects/Quantir DESTINATION ${headers}/dialects
          FILES_MATCHING PATTERN "*.h" PATTERN "*.inc" PATTERN "*.td"
          PATTERN "*.cpp.inc" EXCLUDE PATTERN CMakeFiles EXCLUDE)
endforeach()

set(package ${CMAKE_INSTALL_LIBDIR}/cmake/Quantir)
configure_package_config_file(cmake/QuantirConfig.cmake.in
  ${PROJECT_BINARY_DIR}/lib/cmake/Quantir/QuantirConfig.cmake INSTALL_DESTINATION ${package})
write_basic_package_version_file(
  ${PROJECT_BINARY_DIR}/lib/cmake/Quantir/QuantirConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/lib/cmake/Quantir/QuantirConfig.cmake
              ${PROJECT_BINARY_DIR}/lib/cmake/Quantir/QuantirConfigVersion.cmake
        DESTINATION ${package})
install(EXPORT QuantirTargets NAMESPACE Quantir:: DESTINATION ${package})
export(EXPORT QuantirTargets NAMESPACE Quantir::
       FILE ${PROJECT_BINARY_DIR}/lib/cmake/Quantir/QuantirTargets.cmake)
