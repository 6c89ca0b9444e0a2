# The layer rule: a file includes, and an archive calls, only what lies below it.
. tests/lint/lib.sh

# FOLDERS ALLOWED: an include of files under FOLDERS begins with one of ALLOWED.
includes_only() {
	sources "$1" | grep -v "${3:-^$}" | xargs grep -n '^#include "' /dev/null |
		grep -Ev ":#include \"($2)" >>"$found"
}
includes_only core/base 'core/base/'
includes_only kernels 'core/base/|kernels/'
includes_only core 'core/|kernels/' '^core/base/'
[ -d registry ] && includes_only registry 'core/base/|registry/'
includes_only tui 'tui/|core/|registry/|kernels/kern.h'
check "a file includes only its own layer and those below"

# What a layer leaves undefined must not be defined by a layer above it.
symbols() {	# LAYER...: what they define
	for l in "$@"; do
		nm -g --defined-only "$BUILD/lib$l.a" 2>/dev/null | awk 'NF == 3 { print $3 }'
	done | sort -u
}
calls_only_below() {	# LAYER ABOVE...
	l=$1
	shift
	nm -u "$BUILD/lib$l.a" 2>/dev/null | awk '$1 == "U" { print $2 }' | sort -u >"$work/wants"
	symbols "$l" >"$work/own"
	symbols "$@" | comm -23 - "$work/own" | comm -12 - "$work/wants" | sed "s/^/lib$l calls upwards: /" >>"$found"
}
calls_only_below base kern core registry tui
calls_only_below kern core registry tui
calls_only_below core registry tui
calls_only_below registry core kern tui
check "an archive calls only its own layer and those below"

# HEADER FILES: a library's header is included only where its name is known.
only_in() {
	grep -rnE "^#include <($1)>" core kernels registry tui 2>/dev/null | grep -Ev "^($2):" >>"$found"
}
only_in 'blis\.h' 'kernels/gemm_blis\.c'
only_in 'pcre2\.h' 'core/tok/[a-z_]*\.c'
only_in 'utf8proc\.h' 'core/tok/[a-z_]*\.c|core/jinja/unicode\.c|tui/text\.c'
only_in 'git2?(\.h|/.*)|curl/.*' 'registry/late\.h'
# Of libraries that are loaded late (registry/late.h) nothing is called as if they were linked.
grep -rnE '(^|[^a-z_.>"])(curl_(easy|multi|url|slist|global)_[a-z_]+|git_(libgit2|repository|remote|commit|tree|odb|diff|blame)_[a-z_0-9]+)\(' \
    registry tui --include='*.c' >>"$found"
only_in 'openssl/.*' 'registry/(digest|sign)\.c'
only_in 'sqlite3\.h' 'tui/state/history(_[a-z]+)?\.[ch]'
only_in 'xxhash\.h' 'registry/digest\.c|core/base/(map|hash)\.c'
only_in 'libintl\.h' 'tui/i18n\.h'
only_in 'n?curses(w)?(\.h|/.*)|term\.h' 'tui/term/term_curses\.c'
only_in 'jansson\.h' '(core|registry|tui)/.*\.[ch]'
check "third-party headers stay in their glue files"

sources core kernels registry tui 2>/dev/null | grep -vE '^tui/(config|i18n)\.c$' | xargs grep -nwE 'getenv|secure_getenv|setenv|putenv' >"$found"
check "only tui/config.c reads the environment, and tui/i18n.c tells gettext the language there"

# registry/catalog/*.c is a program of make's own.
sources core kernels registry 2>/dev/null | grep -vE '^(core/base/mem|registry/catalog/.*)\.c$' |
	xargs grep -nE '(^|[^a-z_.>])(_?exit|abort|printf|puts|putchar|perror|fprintf|fputs)\(' >"$found"
check "nothing below tui/ prints or ends the program"

# T11: what a sentence quotes is made harmless in one place.
sources tui | grep -v '^tui/say\.c$' | xargs grep -nE '(fprintf\(stderr|perror\().*%s|fputs\([^"]*, stderr' | grep -v -e '&clean' \
	-e '^tui/cmd/work\.c:' >"$found"
check "sentences for a person go through tui/say.c"

sources core kernels registry tui 2>/dev/null |
	xargs grep -nE '(^|[^a-z_])(strcpy|strcat|sprintf|vsprintf|gets|strtok|atoi|atol|atof|system|popen|rand|tmpnam|mktemp)\(' >"$found"
check "no function that cannot be used safely"
finish
