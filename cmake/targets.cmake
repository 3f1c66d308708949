# How our targets are compiled, and three helpers that keep the folders' lists short.
add_library(caseload_options INTERFACE)
target_include_directories(caseload_options INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_definitions(caseload_options INTERFACE _GNU_SOURCE
                           CASELOAD_VERSION="${PROJECT_VERSION}")
target_compile_options(caseload_options INTERFACE
  -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wundef
  -Wformat=2 -Wno-format-nonliteral $<$<C_COMPILER_ID:GNU>:-Wno-format-truncation> -fno-common -fno-strict-aliasing)
if(CASELOAD_WERROR)
  target_compile_options(caseload_options INTERFACE -Werror)
endif()
if(CASELOAD_SANITIZE)
  target_compile_options(caseload_options INTERFACE
    -fsanitize=${CASELOAD_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=undefined)
  target_link_options(caseload_options INTERFACE -fsanitize=${CASELOAD_SANITIZE})
endif()

# The tests are some 150 programs: with GNU ld, linking them takes a third of a sanitizer build.
if(CMAKE_BUILD_TYPE STREQUAL Debug)
  include(CheckLinkerFlag)
  foreach(linker lld gold)
    check_linker_flag(C -fuse-ld=${linker} CASELOAD_HAS_${linker})
    if(CASELOAD_HAS_${linker})
      target_link_options(caseload_options INTERFACE -fuse-ld=${linker})
      break()
    endif()
  endforeach()
endif()

# caseload_library(NAME SOURCES … LINK …): a static library of one folder.
function(caseload_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_link_libraries(${name} PUBLIC caseload_options ${ARG_LINK})
endfunction()

# caseload_unit_test(FILE LINK …): one Check suite, FILE without _test.c, run by ctest. The target
# unit_tests builds all of them. A suite without tests fails.
add_custom_target(unit_tests)
function(caseload_unit_test file)
  cmake_parse_arguments(ARG "" "" "LINK" ${ARGN})
  file(RELATIVE_PATH folder ${CMAKE_SOURCE_DIR}/tests ${CMAKE_CURRENT_SOURCE_DIR})
  string(REPLACE "/" "." prefix ${folder})
  set(target test_${file})
  add_executable(${target} ${file}_test.c)
  set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  target_link_libraries(${target} PRIVATE ${ARG_LINK} PkgConfig::check)
  target_compile_definitions(${target} PRIVATE
    CASELOAD_VECTORS="${CMAKE_SOURCE_DIR}/tests/vectors")
  add_dependencies(unit_tests ${target})
  set_property(GLOBAL APPEND PROPERTY CASELOAD_UNIT_TEST_FILES
    ${CMAKE_CURRENT_SOURCE_DIR}/${file}_test.c)
  add_test(NAME ${prefix}.${file} COMMAND ${target})
  set_tests_properties(${prefix}.${file} PROPERTIES SKIP_RETURN_CODE 77)
  set(fork yes)
  if(CASELOAD_SANITIZE)
    set(fork no)
    target_sources(${target} PRIVATE ${CMAKE_SOURCE_DIR}/tests/support/mark_point.c)
    target_link_options(${target} PRIVATE -Wl,--wrap=_mark_point)
  endif()
  # Check's own limit of 4 s for a test is too short on a machine that is busy.
  set_tests_properties(${prefix}.${file} PROPERTIES TIMEOUT 180
    ENVIRONMENT "CK_FORK=${fork};CK_DEFAULT_TIMEOUT=30;CK_VERBOSITY=normal"
    FAIL_REGULAR_EXPRESSION "Checks: 0,")
endfunction()

# caseload_fuzz(NAME LINK …): NAME_fuzz.c as a libFuzzer program, when fuzzing is on. The
# target fuzz_targets builds all of them.
add_custom_target(fuzz_targets)
function(caseload_fuzz name)
  cmake_parse_arguments(ARG "" "" "LINK" ${ARGN})
  add_executable(fuzz_${name} ${name}_fuzz.c)
  set_target_properties(fuzz_${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/fuzz)
  target_link_libraries(fuzz_${name} PRIVATE ${ARG_LINK})
  target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
  add_dependencies(fuzz_targets fuzz_${name})
endfunction()
