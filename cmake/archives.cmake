# One binary: what is small goes into it, and each start is spared the search for it. OpenSSL stays shared.
function(link_archives target)
  foreach(name IN LISTS ARGN)
    find_library(archive_${name} lib${name}.a REQUIRED)
    list(APPEND archives ${archive_${name}})
  endforeach()
  set_property(TARGET PkgConfig::${target} PROPERTY INTERFACE_LINK_LIBRARIES ${archives} m)
endfunction()
link_archives(LUA lua5.4)
link_archives(SQLITE sqlite3)
link_archives(YAML yaml)
link_archives(EVENT event_openssl event)

# libcurl without what runbook never speaks. Debian's shared one brings some thirty libraries with it
# (Kerberos, LDAP, SSH, GnuTLS ...), which take longer to load than a request takes, and a quarter of
# the memory. Here what needs those is left without them; net/fetch_curl.c says why it is never called,
# and loads what few answers need.
find_library(CURL_ARCHIVE libcurl.a REQUIRED)
set(curl_http ${CMAKE_BINARY_DIR}/libcurl-http.a)
add_custom_command(OUTPUT ${curl_http}
  COMMAND ${CMAKE_OBJCOPY} --wildcard --weaken-symbol=ldap_* --weaken-symbol=ber_* --weaken-symbol=RTMP_*
          --weaken-symbol=libssh2_* --weaken-symbol=gss_* --weaken-symbol=GSS_* --weaken-symbol=psl_*
          --weaken-symbol=ZSTD_versionNumber --weaken-symbol=BrotliDecoderVersion
          ${CURL_ARCHIVE} ${curl_http}
  DEPENDS ${CURL_ARCHIVE} VERBATIM)
add_custom_target(curl_archive DEPENDS ${curl_http})
add_library(curl_http STATIC IMPORTED)
set_target_properties(curl_http PROPERTIES IMPORTED_LOCATION ${curl_http})
target_link_libraries(curl_http INTERFACE PkgConfig::OPENSSL -l:libnghttp2.so.14 -l:libz.so.1
                      ${CMAKE_DL_LIBS})
add_dependencies(curl_http curl_archive)

# lua-cjson, which allocates by functions of ours: prim/cjson_memory.h says why.
find_library(CJSON_ARCHIVE liblua5.4-cjson.a REQUIRED)
set(cjson_ours ${CMAKE_BINARY_DIR}/libcjson.a)
add_custom_command(OUTPUT ${cjson_ours}
  COMMAND ${CMAKE_OBJCOPY} --redefine-sym malloc=cjson_malloc --redefine-sym realloc=cjson_realloc
          --redefine-sym free=cjson_free ${CJSON_ARCHIVE} ${cjson_ours}
  DEPENDS ${CJSON_ARCHIVE} VERBATIM)
add_custom_target(cjson_archive DEPENDS ${cjson_ours})
add_library(lua_cjson STATIC IMPORTED)
set_target_properties(lua_cjson PROPERTIES IMPORTED_LOCATION ${cjson_ours})
target_link_libraries(lua_cjson INTERFACE PkgConfig::LUA)
add_dependencies(lua_cjson cjson_archive)
