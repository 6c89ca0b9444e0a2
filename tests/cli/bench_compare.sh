# tests/bench/compare.sh: minnow next to programs that print what llama-bench prints, which are scripts here.
. tests/cli/lib.sh
HOME=$work
XDG_CONFIG_HOME=$work
MINNOW=$minnow
export HOME XDG_CONFIG_HOME MINNOW PEERS
unset MINNOW_ISA MINNOW_THREADS THREADS
guide=$($minnow doctor --json -t 1 | sed -n 's/^ *"guide": "\(.*\)",*$/\1/p')

# llama.cpp's: a prompt to get warm, --no-warmup, -d.  300 and 100 tokens per second.
cat >"$work/new" <<'P'
#!/bin/sh
echo "$*" >>"$0.calls"
case $1 in --help) echo "  -d, --n-depth <n>"; echo "  --no-warmup   skip"; exit ;; esac
[ "${FAKE_FAILS:-}" ] && { echo "cannot load the model" >&2; exit 1; }
case $* in *"-p 0 "*) speed=100.5 ;; *) speed=300 ;; esac
cat <<J
[
  {
    "model_type": "qwen3 \"small\", 0.6B",
    "avg_ts": 1.0,
    "samples_ns": [ 1, 2 ],
    "samples_ts": [ 17, $speed ]
  }
]
J
P
# ik_llama.cpp's: no -d, -gp instead.  Slower at prompts, faster otherwise.
sed -e '/--help/s/case.*/case $1 in --help) echo "  -gp <pp,tg>"; exit ;; esac/' -e 's/speed=100.5/speed=200/; s/speed=300/speed=250/' "$work/new" >"$work/old"
chmod +x "$work/new" "$work/old"
PEERS="new=$work/new; old=$work/old -rtr 1"

run sh tests/bench/compare.sh -t "pp8 tg4" -r 2 -o "$work/c.csv" "$guide"
check "exits 0" exits 0
check "every program in every round, each time another one first" \
    [ "$(awk -F, 'NR > 1 { printf "%s%s ", substr($3, 1, 1), $4 }' "$work/c.csv")" = "n1 o1 m1 o2 m2 n2 n1 o1 m1 o2 m2 n2 " ]
check "tokens per second of a peer are those of its last run" [ "$(awk -F, '$3 == "new" && $2 == "tg4" && $5 == 100.5' "$work/c.csv" | wc -l)" -eq 2 ]
check "minnow's lines tell what it needs and what there was" \
    [ "$(awk -F, '$3 == "minnow" && $5 > 0 && $6 > 0 && $7 > 0 && $8 > 0' "$work/c.csv" | wc -l)" -eq 4 ]
check "the table has a line for each test, with the ratio to the better peer" prints ' pp8 .* x new .* % of .*GOP/s'
check "... which is another one when generating" prints ' tg4 .* x old .* % of .*GB/s'
check "a peer's own options are given" grep -q -e '^-rtr 1 -m .* -p 8 -n 0 -r 2 -t 2 -fa 1 -ctk f16 -ctv f16 -o json' "$work/old.calls"
check "the same file and threads for all" grep -q -e "^-m $guide -p 0 -n 4 -r 1 -t 2 " "$work/new.calls"

run sh tests/bench/compare.sh -t "tg4@16/q8_0x1 pp4@16x1 first" -r 1 -o "$work/c.csv" "$guide"
check "more tests into the same file" exits 0
check "a depth, a cache and threads for one with -d" grep -q -e "-p 0 -n 4 -d 16 -r 1 -t 1 -fa 1 -ctk q8_0 -ctv q8_0" "$work/new.calls"
check "... for one with -gp" grep -q -e "-p 0 -n 0 -gp 16,4 -r 1 -t 1 -fa 1 -ctk q8_0 -ctv q8_0" "$work/old.calls"
check "which has no prompt at a depth" prints ' pp4@16x1  .* x new '
check "minnow does" [ "$(awk -F, '$2 == "pp4@16x1" && $3 == "minnow" && $5 > 0' "$work/c.csv" | wc -l)" -eq 1 ]
check "the first token, in milliseconds of the process" [ "$(awk -F, '$2 == "first" && $5 ~ /^[0-9]+$/' "$work/c.csv" | wc -l)" -eq 3 ]
check "... nothing of what was there is lost" prints ' pp8 '

# Medians, spread and ratios of a file.
cat >"$work/known.csv" <<'C'
model,test,program,round,value,memory_mb,needs,roof
m,pp512,minnow,1,100,10.0,2000000000,400000000000
m,pp512,a,1,50,20.0,,
m,pp512,minnow,2,120,10.0,2000000000,400000000000
m,pp512,a,2,80,20.0,,
m,pp512,minnow,3,200,10.0,2000000000,400000000000
m,pp512,a,3,40,20.0,,
m,first,minnow,1,100,,,
m,first,a,1,300,,,
m,first,b,1,200,,,
C
run sh tests/bench/compare.sh -s -o "$work/known.csv"
check "medians, spread, the median of ratios, shares, memory" \
    prints '^m  *pp512  *120.00 (83 %)  *50.00 (80 %)  *-  *2.00 x a   60 %,  25 % of 400.0 GOP/s; 10, 20$'
check "of times the least is the best" prints '^m  *first .* 0.50 x b'

FAKE_FAILS=1
export FAKE_FAILS
run sh tests/bench/compare.sh -t pp4 -r 1 -o "$work/d.csv" "$guide"
check "a peer that fails is told and left out" grep -q 'cannot load the model' "$work/err"
check "... the others go on" prints ' pp4 .*[0-9] (0 %)'
run sh tests/bench/compare.sh -t "pp8 no5" -o "$work/d.csv" "$guide"
check "an unknown test is refused" complains 'no test "no5"'
check "... before any is run" exits 2
finish
