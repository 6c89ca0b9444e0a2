# minnow bench: what it measures and how it tells.
. tests/cli/lib.sh
HOME=$work
XDG_CONFIG_HOME=$work
export HOME XDG_CONFIG_HOME
unset MINNOW_ISA MINNOW_THREADS

run $minnow bench guide -p 8 -n 4 -r 3 -t 1
check "bench exits 0" exits 0
check "... silently on standard error" [ ! -s "$work/err" ]
check "a line for the prompt, with the share of what the units can do" prints '^pp8 .* ± .* % of [0-9]* G'
check "a line for generation, with the share of what memory gives" prints '^tg4 .* ± .* % of [0-9.]* GB/s'
check "and one for memory" prints '^memory  *[1-9][0-9.]* MB'
check "no profile unless asked for" [ -z "$(grep milliseconds "$work/out")" ]

run $minnow bench guide -p 8 -n 4 -d 6 -r 1 -t 1 --no-roof --profile
check "at a depth exits 0" exits 0
check "... and the tests say so" prints '^pp8@d6 '
check "nothing of the machine with --no-roof" [ -z "$(grep ' % of ' "$work/out")" ]
check "a profile of the prompt" prints '^pp8@d6: milliseconds of the prompt'
check "a profile of a token" prints '^tg4@d6: milliseconds of one token'
check "... by operation" [ "$(grep -c '^  gate/up  *[0-9.]*  *[0-9]* %  *[0-9]* %  *[0-9.]*  *[0-9.]*$' "$work/out")" -eq 2 ]
check "... and in all" [ "$(grep -c '^  all .* 100 %' "$work/out")" -eq 2 ]

run $minnow bench guide -p 8 -n 4 -r 3 -t 1 --json --profile
cat >"$work/judge.py" <<'P'
import json, sys
tests = json.load(sys.stdin)
assert [t["test"] for t in tests] == ["pp8", "tg4"]
for t in tests:
    assert len(t["t_s"]) == len(t["roofs"]) == 3 and all(x > 0 for x in t["t_s"] + t["roofs"])
    assert min(t["t_s"]) <= t["median_ts"] <= max(t["t_s"])
    assert abs(t["share"] - t["work"] * t["median_ts"] / t["n_tokens"] / t["median_roof"]) < 1e-3 * t["share"]
    # The parts of the work are the work: nothing is packed otherwise than it lies in the file, but for its padding.
    assert abs(sum(p.get("bytes", p.get("operations")) for p in t["profile"]) / t["work"] - 1) < 0.1
    # The parts of the time are no more than the time of the run that took longest.
    assert 0 < sum(p["s"] for p in t["profile"]) <= t["n_tokens"] / min(t["t_s"])
    assert all(0 <= p["wait_s"] <= p["s"] for p in t["profile"])
    assert t["peak_bytes"] > t["cache_bytes"] > 0
assert tests[0]["roof"] in ("dot4", "dot8", "fma", "tile") and tests[1]["roof"] == "read"
P
check "--json holds all of it, and it adds up" python3 "$work/judge.py" <"$work/out"

run $minnow bench guide --first -r 3 -t 1
check "--first exits 0" exits 0
check "--first tells milliseconds to the first token" prints '^first token  *[0-9.]* ms .* 20$'
run $minnow bench guide --first -r 3 -t 1 --json
check "--first as JSON" prints '"median_ms": [0-9]'
check "... with every run" [ "$(sed -n '/"ms"/,/]/p' "$work/out" | grep -c '^ *[0-9]')" -eq 3 ]

run $minnow bench guide -p 0 -n 0
check "nothing to measure is a usage error" exits 2
run $minnow bench guide -d -1
check "so is a negative depth" exits 2
finish
