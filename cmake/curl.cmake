# libcurl, in one of two forms:
#   slim    its archive, without what runbook never speaks. Debian's shared one brings some thirty
#           libraries with it (Kerberos, LDAP, SSH, GnuTLS ...), which take longer to load than a request
#           takes, and a quarter of the memory. net/curl/slim.c stands in for them, and loads what few
#           answers need.
#   shared  the system's, which net/curl/shared.c opens at the first request.
#   auto    slim where that links, else shared.
set(RUNBOOK_CURL auto CACHE STRING "libcurl: slim, shared, or auto")
set_property(CACHE RUNBOOK_CURL PROPERTY STRINGS auto slim shared)
if(NOT RUNBOOK_CURL MATCHES "^(auto|slim|shared)$")
  message(FATAL_ERROR "RUNBOOK_CURL is auto, slim or shared, not '${RUNBOOK_CURL}'")
endif()

# Names what the archive wants of the libraries that are left out, in a header of the build folder.
function(curl_left_out_write archive)
  execute_process(COMMAND ${CMAKE_NM} --undefined-only --format=posix ${archive}
                  OUTPUT_VARIABLE wanted ERROR_QUIET)
  string(REGEX MATCHALL
    "[\n](ldap_|ber_|RTMP_|libssh2_|gss_|GSS_|psl_|nghttp3_|BrotliDecoderVersion|ZSTD_versionNumber)[A-Za-z0-9_]*"
    names "${wanted}")
  list(REMOVE_DUPLICATES names)
  list(SORT names)
  set(text "// Made by cmake/curl.cmake out of ${archive}.\n#define CURL_LEFT_OUT(FUNCTION, VALUE)")
  foreach(name IN LISTS names)
    string(STRIP "${name}" name)
    if(name MATCHES "^GSS_C_")
      string(APPEND text " \\\n    VALUE(${name})")
    else()
      string(APPEND text " \\\n    FUNCTION(${name})")
    endif()
  endforeach()
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/curl/curl_left_out.h CONTENT "${text}\n" @ONLY)
endfunction()

set(curl_under -l:libnghttp2.so.14 -l:libz.so.1 ${OPENSSL_LDFLAGS} ${CMAKE_DL_LIBS})
set(curl_form shared)
if(NOT RUNBOOK_CURL STREQUAL "shared")
  find_library(CURL_ARCHIVE libcurl.a)
  if(CURL_ARCHIVE)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CURL_ARCHIVE})
    curl_left_out_write(${CURL_ARCHIVE})
    try_compile(CURL_LINKS ${CMAKE_BINARY_DIR}/curl
      SOURCES ${CMAKE_SOURCE_DIR}/cmake/curl_links.c ${CMAKE_SOURCE_DIR}/src/net/curl/slim.c
      CMAKE_FLAGS "-DINCLUDE_DIRECTORIES=${CMAKE_SOURCE_DIR}/src;${CMAKE_BINARY_DIR}/curl"
      LINK_LIBRARIES ${CURL_ARCHIVE} ${curl_under}
      OUTPUT_VARIABLE curl_why)
  endif()
  if(CURL_ARCHIVE AND CURL_LINKS)
    set(curl_form slim)
  elseif(RUNBOOK_CURL STREQUAL "slim")
    message(FATAL_ERROR "the slim libcurl does not link: -DRUNBOOK_CURL=shared takes the system's\n"
                        "${CURL_ARCHIVE}\n${curl_why}")
  elseif(CURL_ARCHIVE)
    string(REGEX MATCH "undefined reference to[^\n]*|[^\n]*error:[^\n]*|cannot find[^\n]*" curl_why "${curl_why}")
  else()
    set(curl_why "there is no libcurl.a")
  endif()
endif()
if(curl_why AND curl_form STREQUAL "shared")
  message(STATUS "libcurl: shared ${CURL_VERSION}, opened at the first request (slim: ${curl_why})")
else()
  message(STATUS "libcurl: ${curl_form} ${CURL_VERSION}")
endif()

add_library(curl_http INTERFACE)
if(curl_form STREQUAL "slim")
  target_include_directories(curl_http INTERFACE ${CMAKE_BINARY_DIR}/curl)
  target_link_libraries(curl_http INTERFACE ${CURL_ARCHIVE} PkgConfig::OPENSSL ${curl_under})
else()
  target_link_libraries(curl_http INTERFACE ${CMAKE_DL_LIBS})
endif()
