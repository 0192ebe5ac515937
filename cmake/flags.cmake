# Compiler flags of our own code, as one interface target that every module links.
add_library(project_flags INTERFACE)
target_include_directories(project_flags INTERFACE "${CMAKE_SOURCE_DIR}/src")
target_compile_definitions(project_flags INTERFACE _GNU_SOURCE LAKEHOUSE_VERSION="${PROJECT_VERSION}")
target_compile_options(project_flags INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wvla -Wundef -Wformat=2 -Wswitch-enum
    -Wstrict-prototypes -Wmissing-prototypes -fno-common -fvisibility=hidden -fno-math-errno
    -fno-omit-frame-pointer -fstack-protector-strong)
if(LAKEHOUSE_WERROR)
    target_compile_options(project_flags INTERFACE -Werror)
endif()
if(LAKEHOUSE_SANITIZE)
    target_compile_options(project_flags INTERFACE -fsanitize=${LAKEHOUSE_SANITIZE} -fno-sanitize-recover=undefined)
    target_link_options(project_flags INTERFACE -fsanitize=${LAKEHOUSE_SANITIZE})
endif()
if(LAKEHOUSE_FUZZ)
    # Fuzzers are led by the coverage of our modules, not only of their own file.
    target_compile_options(project_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(LAKEHOUSE_COVERAGE)
    target_compile_options(project_flags INTERFACE --coverage)
    target_link_options(project_flags INTERFACE --coverage)
endif()
# Assertions guard stored data, so they stay on in every build type (style: bugs stop, input fails politely).
set(CMAKE_C_FLAGS_RELEASE "-O2 -g1")
set(CMAKE_C_FLAGS_RELWITHDEBINFO "-O1 -g")
set(CMAKE_C_FLAGS_DEBUG "-O0 -g")
