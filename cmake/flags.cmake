# Compiler flags and the compiler cache. Sanitizers come from CMakePresets.json through CMAKE_CXX_FLAGS.

find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

add_compile_options(-Wall -Wextra -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wextra-semi
  -Wformat=2 -Wimplicit-fallthrough -Wmissing-declarations -Wundef)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # std::stable_sort of g++ 12's library uses a function that the library itself calls deprecated.
  add_compile_options(-Wthread-safety -Wno-deprecated-declarations)
else()
  # g++ 12 warns of overlapping copies inside std::string's operator+ where there are none (GCC bug 105329).
  add_compile_options(-Wno-restrict -Wduplicated-cond -Wlogical-op)
endif()
if(CMAKE_CXX_CLANG_TIDY)
  # Another list of checks is another command line, so that files once found clean are looked at again.
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS .clang-tidy)
  file(SHA256 .clang-tidy tidy_list)
  add_compile_definitions(ASHLAR_TIDY_LIST=0x${tidy_list})
endif()
if(ASHLAR_WERROR)
  add_compile_options(-Werror)
endif()

# -g1 keeps function names and lines for stack traces of a crash; they are split off the program after linking.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1 -DNDEBUG -D_FORTIFY_SOURCE=2")
set(CMAKE_CXX_FLAGS_DEBUG "-Og -g -D_GLIBCXX_ASSERTIONS")
set(CMAKE_CXX_FLAGS_SANITIZE "-O1 -g1 -fno-omit-frame-pointer -D_GLIBCXX_ASSERTIONS")
add_compile_options(-fstack-protector-strong -ffunction-sections -fdata-sections)
add_link_options(-pie -Wl,-z,relro,-z,now -Wl,--gc-sections -Wl,--as-needed)

# Asio's and Beast's old spellings are errors; Boost.System's header stays light.
add_compile_definitions(BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_NO_TS_EXECUTORS)

# ashlar_split_debug_info(<program>): the program is stripped, its symbols lie beside it as <program>.debug, where
# gdb, perf and addr2line find them by the link in the program. Release only.
function(ashlar_split_debug_info target)
  if(CMAKE_BUILD_TYPE STREQUAL "Release")
    add_custom_command(TARGET ${target} POST_BUILD
      COMMAND ${CMAKE_OBJCOPY} --only-keep-debug $<TARGET_FILE:${target}> ${target}.debug
      COMMAND ${CMAKE_STRIP} $<TARGET_FILE:${target}>
      COMMAND ${CMAKE_OBJCOPY} --add-gnu-debuglink=${target}.debug $<TARGET_FILE:${target}>
      WORKING_DIRECTORY $<TARGET_FILE_DIR:${target}> VERBATIM)
  endif()
endfunction()
