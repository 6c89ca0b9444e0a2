# minnow verify --repair over the network: the damaged parts are fetched and nothing else.
. tests/cli/lib.sh
. tests/data/store.sh
command -v python3 >/dev/null || { echo "1..0 # SKIP no python3"; exit 0; }
mkdir "$work/www"
head -c 20500 /dev/urandom >"$work/www/data.bin"
mkfifo "$work/end"
exec 3<>"$work/end"
python3 tests/net/server.py "$work/www" <"$work/end" >"$work/port" 3>&- &
server=$!
end() {
	kill "$server" 2>/dev/null
	rm -rf "$work"
}
trap end EXIT
until [ -s "$work/port" ]; do sleep 0.02; done
HF_ENDPOINT=http://127.0.0.1:$(cat "$work/port")
export HF_ENDPOINT
no_proxy='*'
export no_proxy
revision=0123456789012345678901234567890123456789
asked() { grep "^/$1/" "$work/www/log" | cut -d ' ' -f 2 | grep -v '^-1$' | sort -nu | tr '\n' ' '; }
fill() {	# WHAT GOES WRONG
	rm -rf "$MINNOW_STORE"
	store_put tiny tiny.gguf "$work/www/data.bin" hub "{\"hub\": \"$1/x\", \"path\": \"tiny.gguf\", \"revision\": \"$revision\"}"
	store_damage tiny tiny.gguf 3500
	store_damage tiny tiny.gguf 20100
}

fill plain
MINNOW_OFFLINE=1 run $minnow verify --repair tiny
check "offline: exit 4" exits 4
check "with the reason" complains 'offline'
check "nobody was asked" [ ! -s "$work/www/log" ]
run $minnow verify --repair --offline tiny
check "--offline: exit 4" exits 4
check "with the reason" complains 'offline'
check "nobody was asked" [ ! -s "$work/www/log" ]
run $minnow verify --repair tiny
check "repaired: exits 0" exits 0
check "both places are named" prints '	repaired	3000+1000,20000+500	'
check "the file is right" cmp -s "$work/www/data.bin" "$MINNOW_STORE/models/tiny/tiny.gguf"
check "the damaged parts were fetched, and no others" [ "$(asked plain | sed 's/^0 //')" = '3000 20000 ' ]
run $minnow verify --deep
check "all is whole" [ "$(grep -c '	whole	' "$work/out")" -eq 2 ]


# as pull: another name of this machine, the token, a limit
fill plain
here=$HF_ENDPOINT
HF_ENDPOINT=$(echo "$here" | sed s/127.0.0.1/localhost/)
: >"$work/www/log"
HF_TOKEN=secret run $minnow verify --repair --rate 100000 --parallel 1 tiny
check "localhost is this machine, too: repaired" exits 0
check "with the token" [ "$(grep -c ' token$' "$work/www/log")" -gt 0 ]
HF_ENDPOINT=$here

fill cut-2
run $minnow verify --repair tiny
check "cut off twice: repaired all the same" exits 0
fill wrong-99
store_damage tiny tiny.gguf 10300
run $minnow verify --repair tiny
check "other bytes: exit 4" exits 4
check "in one sentence" complains 'could not be repaired'
run $minnow run tiny hello
check "and it is not used" exits 4
check "nor any answer given" [ ! -s "$work/out" ]
fill stall-9
# A shell starts what is in the background deaf to interrupts.
python3 - "$minnow" "$work" <<'EOF'
import signal
import subprocess
import sys
import time

out, err = open(sys.argv[2] + "/out", "w"), open(sys.argv[2] + "/err", "w")
p = subprocess.Popen([sys.argv[1], "verify", "--repair", "tiny"], stdout=out, stderr=err,
                     preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
while "/stall-9/" not in open(sys.argv[2] + "/www/log").read() and p.poll() is None:
    time.sleep(0.02)
p.send_signal(signal.SIGINT)
sys.exit(p.wait())
EOF
status=$?
check "interrupted: exit 130" exits 130
check "in one sentence" complains 'interrupted'
finish
