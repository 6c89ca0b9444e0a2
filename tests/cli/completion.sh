# minnow completion: the scripts parse, and bash's completes.
. tests/cli/lib.sh
HOME=$work
XDG_CONFIG_HOME=$work/config
XDG_DATA_HOME=$work/data
export HOME XDG_CONFIG_HOME XDG_DATA_HOME
unset MINNOW_STORE

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
	PATH=$work/bin:$PATH
	mkdir "$work/bin"
	ln -s "$PWD/$minnow" "$work/bin/minnow"
	check "bash: models of the registries" [ "$(completes pull qwen3-0.)" = qwen3-0.6b ]
	check "bash: and of this machine" [ "$(completes run guid)" = guide ]
	check "bash: what is not here cannot be removed" [ -z "$(completes rm qwen3-0.)" ]
	check "bash: shells" [ "$(completes completion z)" = zsh ]
fi
run $minnow completion tcsh
check "another shell is a usage error" exits 2
check "... told in one line" complains tcsh
run $minnow completion
check "no shell is a usage error" exits 2
finish
