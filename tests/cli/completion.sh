# minnow completion: the scripts parse, and bash's completes.
. tests/cli/lib.sh

completes() {	# WORD...: what bash offers for the last word
	bash --norc -c '. "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _minnow; echo "${COMPREPLY[@]}"' \
	    "$work/bash" minnow "$@" 2>"$work/err"
}

for shell in bash zsh fish; do
	run $minnow completion $shell
	check "$shell: exits 0" exits 0
	cp "$work/out" "$work/$shell"
	if command -v $shell >/dev/null; then
		check "$shell: parses" $shell -n "$work/$shell"
	fi
	named=yes
	for c in $(sed -n 's/^CMD(\([a-z]*\)).*/\1/p' tui/cmd/cmd.def); do
		prints "$c" || named="no: $c"
	done
	check "$shell: names every command" [ "$named" = yes ]
done
if command -v bash >/dev/null; then
	check "bash: commands by their beginning" [ "$(completes comple)" = completion ]
	check "bash: help completes commands" [ "$(completes help comple)" = completion ]
	check "bash: options of the command" [ "$(completes help --js)" = --json ]
	check "bash: settings" [ "$(completes config sampling.top-k)" = sampling.top-k ]
	check "bash: shells" [ "$(completes completion z)" = zsh ]
fi
run $minnow completion tcsh
check "another shell is a usage error" exits 2
check "... told in one line" complains tcsh
run $minnow completion
check "no shell is a usage error" exits 2
finish
