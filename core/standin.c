/* Which format stands in for a missing chat template; see standin.h. */
#define _GNU_SOURCE
#include "core/standin.h"

#include <stdio.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/gguf.h"
#include "core/tok/tok.h"

#define STANDIN_CHATML \
	"{% for m in messages %}" \
	"{{ '<|im_start|>' ~ m.role ~ '\\n' ~ m.content ~ '<|im_end|>\\n' }}" \
	"{% endfor %}" \
	"{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
#define STANDIN_PLAIN "{{ messages | map(attribute='content') | join('\\n\\n') }}"
#define STANDIN_PHI2 \
	"{% for m in messages %}" \
	"{% if m.role == 'user' %}{{ 'Instruct: ' ~ m.content ~ '\\nOutput:' }}" \
	"{% elif m.role == 'assistant' %}{{ ' ' ~ (m.content | trim) ~ '\\n' }}" \
	"{% else %}{{ m.content ~ '\\n' }}{% endif %}" \
	"{% endfor %}"

static const struct standin rows[] = {
#define STANDIN(id, arch, layers, name, token, marks, template, sentence) \
	{arch, layers, name, token, marks, template, sentence},
#include "core/standin.def"
#undef STANDIN
};

static bool
fits(const struct standin *r, const struct gguf *g, const struct tok *t)
{
	struct gguf_str arch = {0}, name = {0};
	uint64_t layers = 0;
	char key[80], word[200];

	(void)gguf_get_str(g, "general.architecture", &arch);
	(void)gguf_get_str(g, "general.name", &name);
	if (arch.len < strlen(r->arch) || (*r->arch && memcmp(arch.data, r->arch, strlen(r->arch)) != 0))
		return false;
	snprintf(key, sizeof key, "%.*s.block_count", (int)(arch.len < 60 ? arch.len : 60), arch.len ? arch.data : "");
	if (r->layers && (!gguf_get_u64(g, key, &layers) || layers != r->layers))
		return false;
	snprintf(word, sizeof word, "%.*s", (int)(name.len < sizeof word ? name.len : 0), name.len ? name.data : "");
	if (*r->name && !strcasestr(word, r->name))
		return false;
	return !*r->token || tok_find(t, r->token) != TOK_NONE;
}

const struct standin *
standin_find(const struct gguf *g, const struct tok *t)
{
	size_t i = 0;

	/* The last row fits everything. */
	while (i + 1 < ARRAY_LEN(rows) && !fits(&rows[i], g, t))
		i++;
	return &rows[i];
}
