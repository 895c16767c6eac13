#!/bin/sh
# `sigtool --file FILE check-requires-signature`: whether the file is a program in the format of macOS, Mach-O for 64 bits.
[ "$(od -A n -t x1 -N 4 "$2" | tr -d ' ')" = cffaedfe ]
