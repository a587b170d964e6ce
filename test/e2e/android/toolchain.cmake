# In place of the NDK's toolchain file: clang and lld alone. Of the NDK's headers
# this folder has the part of jni.h that the example uses, of its libraries STUBS
# has a libc.so.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(ANDROID_ABI arm64-v8a)
set(CMAKE_C_COMPILER clang-22)
set(CMAKE_C_COMPILER_TARGET aarch64-linux-android24)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
set(CMAKE_C_FLAGS_INIT "-ffreestanding -nostdlibinc -I${CMAKE_CURRENT_LIST_DIR}")
set(CMAKE_SHARED_LINKER_FLAGS_INIT
    "-nostdlib -fuse-ld=lld -Wl,--no-undefined -L$ENV{STUBS} -lc")
