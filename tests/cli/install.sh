# make install, into a folder of its own: everything is there, runs from there, and uninstall takes it away again.
. tests/cli/lib.sh

if [ "$BUILD" != build ]; then
	echo "ok 1 - make install # SKIP only for the ordinary build"
	exit 0
fi
unset MAKEFLAGS MFLAGS MAKELEVEL
run make -s install DESTDIR="$work/root" PREFIX=/usr
check "install exits 0" exits 0
for file in bin/minnow share/man/man1/minnow.1 share/man/man5/minnow-config.5 share/man/man5/minnow-registry.5 \
    share/man/man7/minnow-hacking.7 \
    share/bash-completion/completions/minnow share/zsh/site-functions/_minnow \
    share/fish/vendor_completions.d/minnow.fish; do
	check "installs $file" [ -s "$work/root/usr/$file" ]
done
for language in tui/po/*.po; do
	language=$(basename "$language" .po)
	check "installs the manual in $language" [ -s "$work/root/usr/share/man/$language/man1/minnow.1" ]
	catalogue=share/locale/$language/LC_MESSAGES/minnow.mo
	command -v msgfmt >/dev/null && check "installs $catalogue" [ -s "$work/root/usr/$catalogue" ]
done
run env LANGUAGE=ko LC_ALL=C.UTF-8 "$work/root/usr/bin/minnow" help
[ ! -e build/locale ] || ! LANGUAGE=ko LC_ALL=C.UTF-8 $minnow help | grep -q '^사용법' ||
	check "the installed program finds its languages" prints '^사용법'
run "$work/root/usr/bin/minnow" --version
check "the installed program runs" prints '^minnow'
if [ -e registry/guide/guide.gguf ]; then
	cd / || exit 1
	run "$work/root/usr/bin/minnow" run guide "hello" --max-tokens 2
	check "... and finds the guide from anywhere" exits 0
	cd - >/dev/null || exit 1
fi
run make -s uninstall DESTDIR="$work/root" PREFIX=/usr
check "uninstall exits 0" exits 0
check "uninstall leaves no file" [ -z "$(find "$work/root" -type f)" ]
finish
