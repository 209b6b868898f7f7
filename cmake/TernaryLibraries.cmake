# ternary_libraries(OUT FOLDER): the static libraries defined in a source folder
# and below it. MLIR's own global lists cannot serve: its package has put the
# names of all of MLIR's libraries there, and linking those would bring a second,
# static copy of MLIR into a program that uses the shared one.
function(ternary_libraries out folder)
  set(found)
  get_property(targets DIRECTORY "${folder}" PROPERTY BUILDSYSTEM_TARGETS)
  foreach(target IN LISTS targets)
    get_target_property(type ${target} TYPE)
    if(type STREQUAL "STATIC_LIBRARY")
      list(APPEND found ${target})
    endif()
  endforeach()
  get_property(subfolders DIRECTORY "${folder}" PROPERTY SUBDIRECTORIES)
  foreach(subfolder IN LISTS subfolders)
    ternary_libraries(below "${subfolder}")
    list(APPEND found ${below})
  endforeach()
  set(${out} ${found} PARENT_SCOPE)
endfunction()
