/* Signatures, roots and the remembered state: no crash, and what is accepted is written back as it was read. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "registry/trust.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must_equal(const struct buf *out, const uint8_t *data, size_t size)
{
	if (out->len != size || memcmp(out->data, data, size) != 0)
		abort();
}

static void
run_draft(const uint8_t *data, size_t size)
{
	struct err e = {0};
	struct buf out = {0};
	struct root_chain *draft = root_parse_draft((const char *)data, size, &e);

	if (!draft)
		return;
	if (!root_write(draft->roots, &out, &e))
		abort();
	sigs_write(&draft->roots->sigs, &out);
	must_equal(&out, data, size);
	buf_done(&out);
	root_free(draft);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	unsigned char sha256[32];
	struct sigs sigs;
	struct trust t;
	struct buf out = {0};
	struct err e = {0};

	run_draft(data, size);
	root_free(root_parse(text, size, &e));
	if (trust_sig_parse(&sigs, sha256, text, size, &e)) {
		trust_sig_write(&sigs, sha256, &out);
		must_equal(&out, data, size);
	}
	if (trust_parse(&t, text, size, &e)) {
		trust_write(&t, &out);
		must_equal(&out, data, size);
		trust_done(&t);
	}
	buf_done(&out);
	return 0;
}
