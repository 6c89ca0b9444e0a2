/* minnow convert: a model directory as one file. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/base/seal.h"
#include "core/hf/hf.h"
#include "tui/cmd/cmd.h"
#include "tui/cmd/known.h"
#include "tui/i18n.h"
#include "tui/say.h"
#include "tui/state/guard.h"

static bool
is_gguf_name(const char *path)
{
	size_t n = strlen(path);

	return n > 5 && strcmp(path + n - 5, ".gguf") == 0;
}

static bool
run(const struct cmd_call *call, struct err *e)
{
	const char *dir = call->args[0], *out = call->args[1];
	struct hf_converted c;
	struct config places;

	if (!is_gguf_name(out))
		return err_set(e, ERR_USAGE, "%s: the name of the new file has to end in .gguf", out);
	if (!hf_is_model(dir))
		return err_set(e, ERR_NOT_FOUND, "%s: there is no such directory", dir);
	if (!guard_file(dir, GUARD_LISTING, NULL, e))
		return false;
	seal_process(SEAL_NETWORK | SEAL_PROGRAMS);
	if (!hf_convert(dir, out, &c, e))
		return false;
	config_places(&places);
	known_remember(&places, out, NULL);
	config_done(&places);
	say_name(out);
	printf(_(": %zu tensors, %.1f MB\n"), c.n_tensors, (double)c.bytes / 1e6);
	return true;
}

const struct cmd cmd_convert = {
	.name = "convert",
	.args = "DIR OUT",
	.summary = N_("write a model directory as a GGUF file"),
	.details = N_("DIR holds a model as Hugging Face publishes it: config.json, *.safetensors and tokenizer.json or "
	    "tokenizer.model. Every command opens such a directory as it is; the file is for other programs, and for "
	    "keeping. Weights stay as they are stored (F32, F16 or BF16). OUT ends in .gguf and is replaced when it is there."),
	.min_args = 2,
	.max_args = 2,
	.run = run,
};
