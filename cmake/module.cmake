# lakehouse_module(NAME DEPS... ) makes one static library out of src/NAME and, when tests/unit/NAME
# exists, one cmocka binary unit_NAME out of its test_*.c. A test file test_x.c defines
# `int suite_test_x(void)` which returns cmocka's count of failures; ctest runs each suite by name.
# A suite in server_x.c wants a real server: it is in the binary, and run by tests/e2e, not by ctest.
function(lakehouse_module name)
    file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.c")
    if(NOT sources) # headers only so far
        add_library(${name} INTERFACE)
        target_link_libraries(${name} INTERFACE project_flags ${ARGN} Threads::Threads m)
        return()
    endif()
    add_library(${name} STATIC ${sources})
    target_link_libraries(${name} PUBLIC project_flags ${ARGN} Threads::Threads m)
    lakehouse_unit_tests(${name})
endfunction()

function(lakehouse_unit_tests name)
    file(GLOB_RECURSE tests CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/tests/unit/${name}/*.c")
    if(NOT tests)
        return()
    endif()
    set(declarations "")
    set(rows "")
    foreach(test ${tests})
        get_filename_component(suite ${test} NAME_WE)
        if(suite MATCHES "^(test|server)_")
            string(APPEND declarations "int suite_${suite}(void);\n")
            string(APPEND rows "    {\"${suite}\", suite_${suite}},\n")
        endif()
        if(suite MATCHES "^test_")
            add_test(NAME ${name}.${suite} COMMAND unit_${name} ${suite})
            set_tests_properties(${name}.${suite} PROPERTIES LABELS "unit;${name}" TIMEOUT 300
                ENVIRONMENT "LAKEHOUSE_DEPS=${LAKEHOUSE_DEPS};LAKEHOUSE_SOURCE=${CMAKE_SOURCE_DIR}")
        endif()
    endforeach()
    configure_file("${CMAKE_SOURCE_DIR}/tests/unit/runner.c.in" "${CMAKE_CURRENT_BINARY_DIR}/unit_runner.c" @ONLY)
    add_executable(unit_${name} ${tests} "${CMAKE_CURRENT_BINARY_DIR}/unit_runner.c")
    target_include_directories(unit_${name} PRIVATE "${CMAKE_SOURCE_DIR}/tests/unit")
    target_link_libraries(unit_${name} PRIVATE ${name} PkgConfig::CMOCKA)
    # The runner declares the suites; a source's options stand behind those of project_flags.
    set_source_files_properties(${tests} PROPERTIES COMPILE_OPTIONS -Wno-missing-prototypes)
    set_target_properties(unit_${name} PROPERTIES BUILD_RPATH "${LAKEHOUSE_DEPS}/duckdb")
endfunction()
