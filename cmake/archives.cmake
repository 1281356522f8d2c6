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
