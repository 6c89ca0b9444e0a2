# minnow doctor: the facts of this machine, as text and as JSON.
. tests/cli/lib.sh
HOME=$work
XDG_CONFIG_HOME=$work
OLLAMA_MODELS=$work/none
export HOME XDG_CONFIG_HOME OLLAMA_MODELS
unset MINNOW_ISA MINNOW_THREADS XDG_CACHE_HOME XDG_DATA_HOME HF_HOME HF_HUB_CACHE HUGGINGFACE_HUB_CACHE LLAMA_CACHE

run $minnow doctor
check "exits 0" exits 0
check "... silently on standard error" [ ! -s "$work/err" ]
check "tells the processor's features" prints '^cpu '
check "tells the instruction set in use" prints '^kernels '
check "tells what each slot runs on" prints 'mat.q4_0.mul'
check "measures memory with one thread" prints '1 thread  *[0-9.]* GB/s'
check "measures what its units can do" prints "^computes at .*8-bit products [1-9][0-9]* GOP/s"
check "tells how fast BLIS is" prints "^BLIS  *[1-9][0-9]* GFLOP/s"
if prints '^  blis  '; then
	check "... and where it is used" prints "^  *for prompts from so many tokens on: .*f32"
else
	check "... and that it is not used" prints "^  *not used with these kernels"
fi
check "says why there is no full screen" prints 'no terminal'
check "tells where the guide is, or that it is missing" prints '^guide .*guide'
check "tells what readers of models may not do" prints '^protection  *n.* what reads models'
check "keeps to 80 columns" [ -z "$(grep -v -e ^guide -e ^settings "$work/out" | cut -c81- | tr -d '\n')" ]

check "tells of no models of other programs" prints '^stores '

mkdir -p "$work/.lmstudio/models/ann/small"
printf GGUF >"$work/.lmstudio/models/ann/small/small-Q8_0.gguf"
run $minnow doctor --threads 1
check "tells of those there are" prints "^stores *LM Studio, 1 model, 4 B: $work/.lmstudio/models\$"
run $minnow doctor --json --threads 1
check "--json tells it too" prints '"program": "lmstudio"'
check "--json exits 0" exits 0
check "--json begins an object" prints '^{'
check "--json names a slot" prints '"mat.q8_0.mul": "'
check "--json tells the protection" prints '"network": \(true\|false\)'
check "--json tells what its units can do" prints '"dot8": [1-9]'
check "--threads limits the measurement" [ "$(grep -c bytes_per_s "$work/out")" -eq 1 ]

run env MINNOW_ISA=ref $minnow doctor
check "MINNOW_ISA caps the instruction set" prints '^kernels *ref$'
run env MINNOW_ISA=no-such $minnow doctor
check "an unknown instruction set is refused" [ $status -ne 0 ]
check "... in one line that names it" complains 'no-such'
run $minnow doctor --threads 0
check "no threads are a usage error" exits 2
finish
