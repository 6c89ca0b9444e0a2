# minnow config: the settings, where each comes from, and changing one without harm to the rest of the file.
. tests/cli/lib.sh
HOME=$work
XDG_CONFIG_HOME=$work/config
export HOME XDG_CONFIG_HOME
unset MINNOW_THEME MINNOW_ISA MINNOW_THREADS MINNOW_OFFLINE MINNOW_MODEL MINNOW_STORE HF_ENDPOINT HF_TOKEN ACCESSIBLE
file=$XDG_CONFIG_HOME/minnow/config
tab=$(printf '\t')
is() { [ "$(cat "$work/out")" = "$1" ]; }		# the whole of stdout

# the list
run $minnow config
check "lists without a file" exits 0
check "... every setting" [ "$(wc -l <"$work/out")" -eq "$(grep -c '^SETTING(' tui/setting.def)" ]
check "... with its default" prints "^ui.theme${tab}default${tab}default\$"
check "... and makes no file" [ ! -e "$XDG_CONFIG_HOME" ]
run $minnow config --path
check "--path" is "$file"

# writing
run $minnow config ui.theme mono
check "sets one in a file that was not there" exits 0
check "... silently" silent
check "... for its owner alone" [ "$(stat -c %a "$file" 2>/dev/null || stat -f %Lp "$file")" = 600 ]
cat >"$file" <<'END'
# my settings
[ui]
	theme = mono	; calm
[keys "prompt"]
	send = C-s
# the end
END
run $minnow config sampling.top_k 7
check "sets another, with _ or -" exits 0
check "... and leaves comments" [ "$(head -n 6 "$file")" = "# my settings
[ui]
	theme = mono	; calm
[keys \"prompt\"]
	send = C-s
# the end" ]
run $minnow config sampling.top-k
check "shows one" is 7
run $minnow config ui.theme default
check "changes one" exits 0
check "... once" [ "$(grep -c theme "$file")" -eq 1 ]
run $minnow config
check "tells the line" prints "^sampling.top-k${tab}7${tab}$file:8\$"
run env MINNOW_THEME=mono $minnow config
check "tells the variable" prints "^ui.theme${tab}mono${tab}MINNOW_THEME\$"
run env MINNOW_THEME=mono $minnow config ui.theme default
check "says that a variable still wins" complains 'MINNOW_THEME is set in the environment'
run $minnow config --unset sampling.top-k
check "takes one out" exits 0
run $minnow config sampling.top-k
check "... which is the default again" is 40
run $minnow config --unset sampling.top-k
check "what is not there cannot be taken out" exits 3
check "... in one line" complains 'sampling.top-k is not set in'
if ln -s "$file" "$work/linked" 2>/dev/null; then
	mv "$file" "$work/real"
	ln -s "$work/real" "$file"
	run $minnow config ui.theme mono
	check "a link stays one" [ -h "$file" ]
	check "... and what it points to is written" grep -q 'theme = mono' "$work/real"
	rm "$file"
	mv "$work/real" "$file"
fi

# refusals
cp "$file" "$work/before"
run $minnow config ui.thme mono
check "an unknown name" exits 2
check "... and what it may mean" complains 'did you mean ui.theme'
run $minnow config ui.color rainbow
check "a value that is not allowed" exits 2
check "... and those that are" complains 'auto never 16 256 truecolor'
run $minnow config download.parallel 99
check "a number out of bounds" complains 'from 1 to 16'
run $minnow config --unset
check "--unset without a name" exits 2
run $minnow config --dump --path
check "two things at once" exits 2
check "nothing of it changed the file" cmp -s "$file" "$work/before"

# a file with mistakes
printf '[ui]\n\tcolor = rainbow\n' >"$file"
run $minnow config
check "a bad value ends it" exits 2
check "... with its line" complains 'config line 2: ui.color is one of'
run $minnow config ui.color never
check "... but it can be mended" exits 0
run $minnow config ui.color
check "... and is" is never
printf '[ui]\n\tcolour = never\n[evil]\n\tx = 1\n' >"$file"
run $minnow config ui.color
check "unknown names do no harm" is auto
check "... and are named with their lines" grep -q 'line 2: there is no setting "ui.colour"' "$work/err"
check "... each" grep -q 'line 4: there is no setting "evil.x"' "$work/err"
printf '[include]\n\tpath = other\n[includeIf "gitdir:x"]\n\tpath = other\n[ui]\n\tcolor = never\n' >"$file"
printf '[ui]\n\tcolor = always\n' >"$(dirname "$file")/other"
run $minnow config ui.color
check "[include] is not followed" is never
check "... which is said" grep -q 'line 2: \[include\] is not followed' "$work/err"
check "... of [includeIf], too" grep -q 'line 4: \[include\] is not followed' "$work/err"
printf '[ui\n' >"$file"
cp "$file" "$work/before"
run $minnow config ui.theme mono
check "a file that is none is not written" [ $status -ne 0 ]
check "... and stays" cmp -s "$file" "$work/before"

# the secret
rm -f "$file"
$minnow config hub.token hf_secret
run $minnow config
check "the token is not listed" [ "$(grep -c hf_secret "$work/out")" -eq 0 ]
check "... but told to be set" prints "^hub.token${tab}(set, not shown)${tab}$file:2\$"
run $minnow config --json
check "nor in JSON" [ "$(grep -c hf_secret "$work/out")" -eq 0 ]
check "... which says so" prints '"name": "hub.token", "value": null.*"set": true'
run $minnow config hub.token
check "it is shown when asked for" is hf_secret

# JSON
run $minnow config --json
check "--json is JSON" python3 -c 'import json, sys; json.load(open(sys.argv[1]))' "$work/out"
check "... with numbers and words as they are" prints '"sampling.temp", "value": 0.7, "default": 0.7, "from": "default"'
run $minnow config --json ui.linear
check "--json of one" prints '^{"name": "ui.linear", "value": false,'

# the dump
rm -f "$file"
run $minnow config --dump
check "--dump" exits 0
check "... is all comments" [ "$(grep -vc -e '^\[' -e '^[[:blank:]]*#' -e '^$' "$work/out")" -eq 0 ]
cp "$work/out" "$file"
run $minnow config
check "... that changes nothing" [ "$(grep -vc "${tab}default\$" "$work/out")" -eq 0 ]
sed 's/^\t# \([a-z-]* = \)/\t\1/' "$file" >"$work/all"
cp "$work/all" "$file"
run $minnow config
check "... and reads back" exits 0
check "... with every setting in it" [ "$(grep -c "$file:" "$work/out")" -eq "$(grep -c '^SETTING(' tui/setting.def)" ]
check "... and none that is unknown" [ ! -s "$work/err" ]

run env -u XDG_CONFIG_HOME -u HOME $minnow config ui.theme mono
check "no home to write to" complains 'there is no home'
finish
