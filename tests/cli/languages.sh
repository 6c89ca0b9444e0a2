# Another language: help and errors are translated, data for programs are not, and the setting wins over the locale.
. tests/cli/lib.sh
HOME=$work
XDG_CONFIG_HOME=$work/config
export HOME XDG_CONFIG_HOME
unset LC_ALL LC_MESSAGES LC_CTYPE LANG MINNOW_STORE

# Without msgfmt there is no catalogue, and without a locale of UTF-8 no way to show it.
if ! LANGUAGE=ko LC_ALL=C.UTF-8 $minnow help | grep -q '^사용법: minnow '; then
	echo "ok 1 - other languages # SKIP no catalogue, or no UTF-8 here"
	echo "1..1"
	exit 0
fi
LANGUAGE=
export LANGUAGE

run env LANGUAGE=ko LC_ALL=C.UTF-8 $minnow help
check "exits with 0" exits 0
check "prints: chat MODEL              터미널에서 모델과 대화" prints '^  chat \[MODEL\]              터미널에서 모델과 대화'
run env LANGUAGE=ko LC_ALL=C.UTF-8 $minnow help pull
check "prints: 모델을 내려받고 검증" prints '^모델을 내려받고 검증$'
check "prints: 옵션:" prints '^옵션:$'
check "prints: --json  *진행을 JSON 줄로 출력" prints '  --json  *진행을 JSON 줄로 출력$'
check "lines keep to 80 columns" python3 -c '
import sys, unicodedata
wide = lambda s: sum(1 + (unicodedata.east_asian_width(c) in "WF") for c in s)
sys.exit(max(wide(l.rstrip("\n")) for l in open(sys.argv[1]) if l[0] != " ") > 80)' "$work/out"
run env LANGUAGE=ko LC_ALL=C.UTF-8 $minnow inspect "$work/none.gguf"
check "exits with 3" exits 3
check "complains: 그런 파일이 없습니다" complains '그런 파일이 없습니다$'
run env LANG=ko_KR.UTF-8 $minnow help gc
check "prints: 사용법: minnow gc" prints '^사용법: minnow gc'
run env LC_ALL=ko_KR.UTF-8 LANGUAGE=en $minnow help gc
check "prints: usage: minnow gc" prints '^usage: minnow gc'
run env LC_ALL=C $minnow help gc
check "prints: usage: minnow gc" prints '^usage: minnow gc'

run $minnow config ui.language ko
check "exits with 0" exits 0
run env LC_ALL=C $minnow help gc
check "prints: 사용법: minnow gc" prints '^사용법: minnow gc'
run env LC_ALL=C.UTF-8 $minnow frobnicate
check "exits with 2" exits 2
check "complains: frobnicate 명령은 없습니다" complains '"frobnicate" 명령은 없습니다'

# What programs read.
run env LC_ALL=C.UTF-8 $minnow help --json
check "prints: summary: download models and verify them" prints '"summary": "download models and verify them"'
run env LC_ALL=C.UTF-8 $minnow help --man commands
check "prints: download models and verify them" prints '^download models and verify them$'
run env LC_ALL=C.UTF-8 $minnow config --json
check "prints: colour theme: default" prints 'colour theme: default'
run env LC_ALL=C.UTF-8 $minnow families
check "columns for programs are as in English" [ "$(sort "$work/out")" = "$(LC_ALL=C LANGUAGE=en $minnow families | sort)" ]
run env LC_ALL=C.UTF-8 $minnow completion bash
check "a completion script is the same" [ "$(cat "$work/out")" = "$(XDG_CONFIG_HOME=$work/none LC_ALL=C $minnow completion bash)" ]
run $minnow config ui.language xx
run env LC_ALL=C.UTF-8 $minnow help gc
check "prints: usage: minnow gc" prints '^usage: minnow gc'
finish
