/* Templates: any source ends in text or in a sentence, within the limits. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/utf8.h"
#include "core/jinja/jinja.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char variables[] =
    "{\"messages\": [{\"role\": \"system\", \"content\": \"S\"}, {\"role\": \"user\", \"content\": \"\\u00e9 \\ud83d\\ude00 <b>\"},"
    " {\"role\": \"assistant\", \"content\": null, \"tool_calls\": [{\"name\": \"f\", \"arguments\": {\"x\": 1.5}}]}],"
    " \"tools\": null, \"bos_token\": \"<s>\", \"eos_token\": \"</s>\", \"add_generation_prompt\": true,"
    " \"x\": 1, \"s\": \"a b\", \"d\": {\"b\": 2, \"a\": [1, 2, 3]}}";

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct jinja_limits limits = {.steps = 20000, .output_bytes = 1 << 20, .memory_bytes = 4 << 20, .depth = 200};
	const struct tm clock = {.tm_year = 126, .tm_mday = 1};
	struct err e = {0};
	struct jinja *j = jinja_open((const char *)data, size, &e);
	struct buf out = {0};
	json_t *vars;

	if (!j) {
		if (!e.text[0])
			abort();
		return 0;
	}
	vars = json_loads(variables, 0, NULL);
	if (!vars)
		abort();
	if (jinja_render(j, vars, &clock, &limits, &out, &e)) {
		if (!utf8_is_valid(buf_str(&out), out.len))
			abort();
	} else if (!e.text[0] || out.len) {
		abort();
	}
	json_decref(vars);
	buf_done(&out);
	jinja_close(j);
	return 0;
}
