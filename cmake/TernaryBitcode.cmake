# ternary_embed_bitcode(OUT SOURCE...): compiles C sources to one module of LLVM
# bitcode, and writes its bytes as the initializer of a C array to OUT. LLVM must
# be able to read what the compiler writes, so it is the clang of the same
# version.
find_program(TERNARY_CLANG NAMES clang-22 HINTS "${LLVM_TOOLS_BINARY_DIR}"
             REQUIRED)
find_program(TERNARY_LLVM_LINK NAMES llvm-link-22 llvm-link
             HINTS "${LLVM_TOOLS_BINARY_DIR}" REQUIRED)
set(TERNARY_EMBED_SCRIPT "${CMAKE_CURRENT_LIST_DIR}/EmbedBytes.cmake")

function(ternary_embed_bitcode out)
  set(parts)
  foreach(source IN LISTS ARGN)
    get_filename_component(name "${source}" NAME_WE)
    set(part "${CMAKE_CURRENT_BINARY_DIR}/${name}.bc")
    add_custom_command(OUTPUT "${part}"
      COMMAND "${TERNARY_CLANG}" -std=c11 -O2 -fPIC -emit-llvm -c
              "${CMAKE_CURRENT_SOURCE_DIR}/${source}" -o "${part}"
              -MD -MF "${part}.d"
      DEPENDS "${source}"
      DEPFILE "${part}.d"
      VERBATIM)
    list(APPEND parts "${part}")
  endforeach()
  add_custom_command(OUTPUT "${out}"
    COMMAND "${TERNARY_LLVM_LINK}" ${parts} -o "${out}.bc"
    COMMAND "${CMAKE_COMMAND}" "-DINPUT=${out}.bc" "-DOUTPUT=${out}"
            -P "${TERNARY_EMBED_SCRIPT}"
    DEPENDS ${parts} "${TERNARY_EMBED_SCRIPT}"
    VERBATIM)
endfunction()
