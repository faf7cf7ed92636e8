# The CMake package ashlar_kit: kit and base, without tests, for programs that want the algorithms alone.
#   cmake --install build/release --component kit --prefix DIR
# and in another project find_package(ashlar_kit), target ashlar::kit. It needs nothing but threads. Included from
# CMakeLists.txt, whose layers it names; an example is in examples/kit.
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

set(kit_headers ${CMAKE_INSTALL_INCLUDEDIR}/ashlar)  # the root of includes: "kit/cache/cache.h"
set(kit_cmake ${CMAKE_INSTALL_LIBDIR}/cmake/ashlar_kit)

# The layers' own include folder is in the source tree, which an installed package must not name.
foreach(layer base kit)
  set_target_properties(ashlar_${layer} PROPERTIES EXPORT_NAME ${layer}
    INTERFACE_INCLUDE_DIRECTORIES "$<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}/src>;$<INSTALL_INTERFACE:${kit_headers}>")
  target_compile_features(ashlar_${layer} PUBLIC cxx_std_23)
endforeach()

install(TARGETS ashlar_base ashlar_kit EXPORT ashlar_kit COMPONENT kit
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT kit)
install(DIRECTORY src/base src/kit DESTINATION ${kit_headers} COMPONENT kit
  FILES_MATCHING PATTERN "*.h" PATTERN "testing" EXCLUDE)
install(FILES LICENSE NOTICE DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/ashlar_kit COMPONENT kit)
install(EXPORT ashlar_kit FILE ashlar_kit_targets.cmake NAMESPACE ashlar:: DESTINATION ${kit_cmake} COMPONENT kit)

configure_package_config_file(cmake/ashlar_kit-config.cmake.in ${CMAKE_BINARY_DIR}/ashlar_kit-config.cmake
  INSTALL_DESTINATION ${kit_cmake})
# Before 1.0 a new minor version may change anything.
write_basic_package_version_file(${CMAKE_BINARY_DIR}/ashlar_kit-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/ashlar_kit-config.cmake ${CMAKE_BINARY_DIR}/ashlar_kit-config-version.cmake
  DESTINATION ${kit_cmake} COMPONENT kit)
