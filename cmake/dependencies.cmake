# Every library we use, found once. Each is linked by exactly one of our targets (its owner).
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
foreach(library
    libwebsockets nice glib-2.0 liburing openssl opus vpx jansson libsodium sqlite3)
  pkg_check_modules(${library} REQUIRED IMPORTED_TARGET ${library})
endforeach()
pkg_search_module(lua REQUIRED IMPORTED_TARGET lua5.4 lua-5.4 lua54)

find_library(EV_LIBRARY ev REQUIRED)
find_path(EV_INCLUDE ev.h REQUIRED)
add_library(ev INTERFACE)
target_link_libraries(ev INTERFACE ${EV_LIBRARY})
target_include_directories(ev INTERFACE ${EV_INCLUDE})

# libsrtp2: the static build with OpenSSL that tools/install-deps makes, because the
# distribution's binary (NSS) slows down with the number of sessions. docs/decisions/0001.
set(CASELOAD_SRTP_PREFIX "${CMAKE_SOURCE_DIR}/build/deps/libsrtp2" CACHE PATH
    "Where the OpenSSL build of libsrtp2 is installed")
add_library(srtp2 INTERFACE)
if(EXISTS "${CASELOAD_SRTP_PREFIX}/lib/libsrtp2.a")
  target_link_libraries(srtp2 INTERFACE "${CASELOAD_SRTP_PREFIX}/lib/libsrtp2.a" PkgConfig::openssl)
  target_include_directories(srtp2 INTERFACE "${CASELOAD_SRTP_PREFIX}/include")
  target_compile_definitions(srtp2 INTERFACE CASELOAD_SRTP_BUILD="OpenSSL, static")
else()
  pkg_check_modules(libsrtp2 REQUIRED IMPORTED_TARGET libsrtp2)
  target_link_libraries(srtp2 INTERFACE PkgConfig::libsrtp2)
  target_compile_definitions(srtp2 INTERFACE CASELOAD_SRTP_BUILD="distribution")
  message(WARNING
    "libsrtp2 with OpenSSL was not found in ${CASELOAD_SRTP_PREFIX}: using the distribution's "
    "build, whose cost per packet grows with the number of sessions. Run tools/install-deps.")
endif()

# Intel's Multi-Buffer Crypto library: AES-GCM of the media path on x86-64. docs/decisions/0007.
option(CASELOAD_IPSEC_MB "AES-GCM by libipsec-mb, where the platform has it" ON)
add_library(ipsec_mb INTERFACE)
if(CASELOAD_IPSEC_MB)
  find_library(IPSEC_MB_LIBRARY IPSec_MB)
  find_path(IPSEC_MB_INCLUDE intel-ipsec-mb.h)
  if(IPSEC_MB_LIBRARY AND IPSEC_MB_INCLUDE)
    target_link_libraries(ipsec_mb INTERFACE ${IPSEC_MB_LIBRARY})
    target_include_directories(ipsec_mb INTERFACE ${IPSEC_MB_INCLUDE})
    target_compile_definitions(ipsec_mb INTERFACE CASELOAD_IPSEC_MB)
  elseif(CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64")
    message(WARNING "libipsec-mb was not found: a packet costs six times as much to encrypt. "
                    "Run tools/install-deps.")
  endif()
endif()

# mimalloc: the programs' malloc, from Debian. Sanitizers bring their own. docs/decisions/0010.
option(CASELOAD_MIMALLOC "The programs allocate by mimalloc" ON)
add_library(mimalloc INTERFACE)
if(CASELOAD_MIMALLOC AND NOT CASELOAD_SANITIZE)
  find_library(MIMALLOC_LIBRARY mimalloc)
  find_path(MIMALLOC_INCLUDE mimalloc.h)
  if(MIMALLOC_LIBRARY AND MIMALLOC_INCLUDE)
    target_link_libraries(mimalloc INTERFACE ${MIMALLOC_LIBRARY})
    target_include_directories(mimalloc INTERFACE ${MIMALLOC_INCLUDE})
    target_compile_definitions(mimalloc INTERFACE CASELOAD_MIMALLOC)
  else()
    message(WARNING "mimalloc was not found: a tenth of the joins a core carries is lost. "
                    "Run tools/install-deps.")
  endif()
endif()
