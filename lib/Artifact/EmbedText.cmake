# cmake -DFROM=text -DTO=text.inc -P EmbedText.cmake: a text as a C++ string.
file(READ ${FROM} TEXT)
configure_file(${CMAKE_CURRENT_LIST_DIR}/EmbeddedText.inc.in ${TO} @ONLY)
