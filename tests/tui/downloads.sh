#!/bin/sh
# Downloads from a server on loopback: paused, gone on with, left and found again, failed and tried again.
. tests/tui/lib.sh
SIZE=6000000
mkdir "$work/server"
head -c $SIZE /dev/urandom >"$work/server/data.bin"
mkfifo "$work/in" "$work/port"
python3 tests/net/server.py "$work/server" <"$work/in" >"$work/port" 2>"$work/server.err" &
server=$!
exec 9>"$work/in"
read -r port <"$work/port"
trap 'exec 9>&-; kill $server 2>/dev/null; cleanup' EXIT
hub=HF_ENDPOINT=http://127.0.0.1:$port
mkdir -p "$work/.config/minnow"
is_right() { find "$work/.local/share" -type f -size +1000k -exec cmp -s {} "$work/server/data.bin" \; -print | grep -q .; }

printf '[download]\nrate = 400\n' >"$work/.config/minnow/config"
tui_start 80x24 $hub -- chat "$work/parrot.gguf"
tui_press ':'
tui_press -l 'download hf:fine/x'
tui_press Enter F2
tui_wait '↓ [0-9]* %'
report 0 "while another view is open a note tells how far it is"
tui_press F6
tui_wait '^ › hf:fine/x  *running .*% .* of 6.0 MB$'
report 0 "the queue shows it"
tui_wait '[0-9.]* kB/s'
report 0 "and its speed"
tui_press Space
tui_wait '^ › hf:fine/x  *paused'
report 0 "Space pauses it"
tui_press p
tui_wait '^ › hf:fine/x  *running'
report 0 "p goes on"
tui_press C-q
tui_ends "leaving in the midst of it" 0
grep -qx 'hf:fine/x' "$work/.local/share/minnow/downloads"
report $? "keeps it in the queue"

rm -f "$work/.config/minnow/config"
tui_start 80x24 $hub -- chat "$work/parrot.gguf"
tui_key F6
tui_shows "it is there at the next start" '^ › hf:fine/x  *paused'
tui_key Space
tui_shows "and done when it goes on" '^ › hf:fine/x  *done'
is_right
report $? "every byte is right"
[ ! -s "$work/.local/share/minnow/downloads" ]
report $? "nothing is left to do"
tui_key ':'
tui_type 'download hf:gated/x'
tui_key Enter
tui_shows "one that the hub refuses" '^   hf:gated/x  *failed'
tui_key j r
tui_shows "fails again when tried again" '^ › hf:gated/x  *failed'
tui_key C-p
tui_type pause
tui_shows "what cannot be done is said" 'this download failed: try it again instead'
tui_key Escape
tui_key x
tui_hides "x takes it out" '^ . hf:gated/x'
tui_key F8
tui_shows "the log tells of it" 'x the download of hf:gated/x failed: '
tui_press C-q
tui_ends "it leaves" 0
finish
