/* Tool calls: any text in any syntax gives names with objects, or a sentence.  The first byte chooses the syntax. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/call.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char described[] =
    "[{\"name\": \"f\", \"parameters\": {\"properties\": {\"s\": {\"type\": \"string\"}, \"n\": {\"type\": \"integer\"},"
    " \"t\": {\"type\": [\"string\", \"null\"]}}}}]";

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct call_syntax *syntax = size ? call_syntax(data[0] % CALL_SYNTAX_COUNT) : NULL;
	const char *text = (const char *)data + 1;
	struct calls calls = {0};
	struct err e = {0};
	json_t *tools = call_tools_read(described, strlen(described), &e);

	if (!tools)
		abort();
	if (syntax) {
		bool ok = syntax->parse(text, size - 1, tools, &calls, &e);

		if (ok ? calls.n == 0 : !e.text[0])
			abort();
		for (size_t i = 0; ok && i < calls.n; i++)
			if (!*calls.items[i].name || !json_is_object(calls.items[i].arguments))
				abort();
		if (syntax->quoted)
			(void)syntax->quoted(text, size - 1);
		(void)call_may_begin(text, size - 1);
		calls_done(&calls);
	}
	json_decref(call_tools_read(text, size ? size - 1 : 0, &e));
	json_decref(tools);
	return 0;
}
