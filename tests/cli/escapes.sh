# T11: nothing from outside (file names, metadata, what a model writes, cards, arguments) gets a control character to a
# terminal.
. tests/cli/lib.sh
exec python3 tests/cli/escapes.py "$minnow" "$work"
