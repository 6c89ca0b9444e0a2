/* What people hand over instead of a GGUF file, told by its first bytes. */
#include "core/gguf_magic.h"

#include <string.h>

#include "core/base/mem.h"
#include "core/base/utf8.h"
#include "core/gguf.h"

#define MAGIC(bytes) bytes, sizeof bytes - 1

static const struct kind {
	size_t offset;
	const char *magic;
	size_t len;
	const char *what;
} kinds[] = {
	{0, MAGIC("lmgg"), "a ggml file from before GGUF; convert the original model again"},
	{0, MAGIC("fmgg"), "a ggmf file from before GGUF; convert the original model again"},
	{0, MAGIC("tjgg"), "a ggjt file from before GGUF; convert the original model again"},
	{0, MAGIC("algg"), "a ggla adapter from before GGUF"},
	{0, MAGIC("PK\3\4"), "a zip archive, perhaps a PyTorch checkpoint; convert it to GGUF"},
	{0, MAGIC("\x80\2"), "a Python pickle, perhaps a PyTorch checkpoint; convert it to GGUF"},
	{0, MAGIC("\x80\3"), "a Python pickle; convert the model to GGUF"},
	{0, MAGIC("\x80\4"), "a Python pickle; convert the model to GGUF"},
	{0, MAGIC("\x80\5"), "a Python pickle; convert the model to GGUF"},
	{8, MAGIC("{\""), "a safetensors file; convert the model to GGUF"},
	{0, MAGIC("version https://git-lfs"), "a Git LFS pointer, not the file it stands for"},
	{0, MAGIC("<!DOCTYPE"), "a web page; the download did not give the file"},
	{0, MAGIC("<!doctype"), "a web page; the download did not give the file"},
	{0, MAGIC("<html"), "a web page; the download did not give the file"},
	{0, MAGIC("\x1f\x8b"), "gzip data; unpack it first"},
	{0, MAGIC("\x28\xb5\x2f\xfd"), "zstd data; unpack it first"},
	{0, MAGIC("\xfd" "7zXZ"), "xz data; unpack it first"},
	{0, MAGIC("BZh"), "bzip2 data; unpack it first"},
	{0, MAGIC("7z\xbc\xaf"), "a 7-zip archive; unpack it first"},
	{0, MAGIC("Rar!"), "a rar archive; unpack it first"},
	{257, MAGIC("ustar"), "a tar archive; unpack it first"},
	{0, MAGIC("\x89HDF"), "an HDF5 file"},
	{4, MAGIC("TFL3"), "a TensorFlow Lite model"},
	{0, MAGIC("\x7f" "ELF"), "a program"},
};

static const char *
recognise(const uint8_t *data, size_t size)
{
	size_t head = size < 256 ? size : 256;

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		const struct kind *k = &kinds[i];

		if (size >= k->offset + k->len && memcmp(data + k->offset, k->magic, k->len) == 0)
			return k->what;
	}
	head -= utf8_incomplete_tail((const char *)data, head);
	if (memchr(data, 0, head) || !utf8_is_valid((const char *)data, head))
		return NULL;
	return "text";
}

bool
gguf_magic_check(const uint8_t *data, size_t size, struct err *e)
{
	struct gguf_str head = {(const char *)data, size < 4 ? size : 4};
	const char *what;

	if (size == 0)
		return err_set(e, ERR_FAILED, "the file is empty, a GGUF file was expected");
	if (memcmp(data, "GGUF", head.len) == 0)
		return true;
	what = recognise(data, size);
	return err_set(e, ERR_FAILED, "no GGUF magic: found \"%s\"%s%s%s", gguf_quote(head).text,
	    what ? " (this looks like " : "", what ? what : "", what ? ")" : "");
}
