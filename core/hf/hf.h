/* A model directory as Hugging Face publishes it: config.json, *.safetensors, tokenizer.json or tokenizer.model, and
 * their kin.  It opens as what the rest of the program knows, a struct gguf with the keys and tensor names that
 * converters write: tensors lie in the mapped files, those that GGUF stores differently are computed into memory of
 * their own.  Families are rows of family.def. */
#ifndef CORE_HF_HF_H
#define CORE_HF_HF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"

struct gguf;

enum hf_need {
	HF_METADATA,		/* keys and the list of tensors; one that had to be computed has no data */
	HF_WEIGHTS,
};

/* Is PATH such a directory, or a *.safetensors file in one?  It may still be a broken one. */
bool hf_is_model(const char *path);

/* NULL with *e set, one sentence naming file and defect. */
struct gguf *hf_open(const char *path, enum hf_need need, struct err *e) MUST_CHECK;

/* Open the model at PATH, whatever it is stored as: hf_open() or gguf_open(). */
struct gguf *model_file_open(const char *path, enum hf_need need, struct err *e) MUST_CHECK;

/* Write the model of the directory DIR as the file OUT, which is replaced once the new one is whole. */
struct hf_converted {
	size_t n_tensors;
	uint64_t bytes;			/* of their data */
};
bool hf_convert(const char *dir, const char *out, struct hf_converted *result, struct err *e) MUST_CHECK;

#endif
