# What `cmake --install` puts into a prefix: libraries, tools, headers, and the
# package that `find_package(Ternary)` reads.
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

set(TERNARY_PACKAGE_DIR "${CMAKE_INSTALL_LIBDIR}/cmake/ternary")

# ternary_install_target(TARGET NAME): installs the target, as Ternary::NAME.
function(ternary_install_target target name)
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name})
  install(TARGETS ${target} EXPORT TernaryTargets
    ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}"
    LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}"
    RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}"
    INCLUDES DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
endfunction()

# ternary_install_library(TARGET): installs TernaryX as Ternary::X, a name that it
# has in this build, too. Headers of MLIR come from where the package finds it.
function(ternary_install_library target)
  string(REGEX REPLACE "^Ternary" "" name ${target})
  add_library(Ternary::${name} ALIAS ${target})
  target_link_libraries(${target} INTERFACE $<INSTALL_INTERFACE:Ternary::MLIRHeaders>)
  target_compile_features(${target} INTERFACE cxx_std_17)
  ternary_install_target(${target} ${name})
endfunction()

# ternary_install_package(): headers and the package itself.
function(ternary_install_package)
  install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/"
    DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
    FILES_MATCHING PATTERN "*.h" PATTERN "*.td")
  install(DIRECTORY "${PROJECT_BINARY_DIR}/include/"
    DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
    FILES_MATCHING PATTERN "*.h.inc" PATTERN "CMakeFiles" EXCLUDE)
  install(DIRECTORY "${PROJECT_SOURCE_DIR}/share/schedules"
    DESTINATION "${CMAKE_INSTALL_DATADIR}/ternary")
  install(FILES "${PROJECT_SOURCE_DIR}/LICENSE"
    DESTINATION "${CMAKE_INSTALL_DOCDIR}")

  configure_package_config_file(
    "${PROJECT_SOURCE_DIR}/cmake/TernaryConfig.cmake.in"
    "${PROJECT_BINARY_DIR}/TernaryConfig.cmake"
    INSTALL_DESTINATION "${TERNARY_PACKAGE_DIR}"
    PATH_VARS CMAKE_INSTALL_INCLUDEDIR)
  # Before 1.0 a minor version may change what is there.
  write_basic_package_version_file("${PROJECT_BINARY_DIR}/TernaryConfigVersion.cmake"
    COMPATIBILITY SameMinorVersion)
  install(FILES "${PROJECT_BINARY_DIR}/TernaryConfig.cmake"
    "${PROJECT_BINARY_DIR}/TernaryConfigVersion.cmake"
    DESTINATION "${TERNARY_PACKAGE_DIR}")
  install(EXPORT TernaryTargets NAMESPACE Ternary::
    DESTINATION "${TERNARY_PACKAGE_DIR}")
endfunction()
