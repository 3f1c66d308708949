# cmake -D OUTPUT=prelude.c -D FILES="a.lua;b.lua" -P embed.cmake: Lua files as C arrays.
set(arrays "")
set(rows "")
foreach(file ${FILES})
  get_filename_component(name ${file} NAME_WE)
  file(READ ${file} bytes HEX)
  string(LENGTH "${bytes}" length)
  math(EXPR size "${length} / 2")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
  string(APPEND arrays "static const unsigned char ${name}_lua[] = {${bytes}};\n")
  string(APPEND rows "    {\"${name}\", ${name}_lua, ${size}},\n")
endforeach()
file(WRITE ${OUTPUT}
  "#include \"engine/script/prelude.h\"\n\n${arrays}\nconst struct prelude_file prelude_files[] = {\n${rows}    {0},\n};\n")
