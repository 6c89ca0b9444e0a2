#!/bin/sh
# Print PAGE with its tables made anew: what stands between  .\" begin NAME  and  .\" end NAME  becomes the output of
# PROGRAM help --man NAME.
# usage: man/splice.sh PROGRAM PAGE
set -eu
program=$1
page=$2
begin='.\" begin '
while IFS= read -r line; do
	case $line in
	"$begin"*)
		printf '%s\n' "$line"
		"$program" help --man "${line#"$begin"}"
		while IFS= read -r line && [ "${line#.\\\" end }" = "$line" ]; do :; done
		;;
	esac
	printf '%s\n' "$line"
done <"$page"
