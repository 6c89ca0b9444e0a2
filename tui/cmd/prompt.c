/* Prompts from standard input and from files; see prompt.h. */
#include "tui/cmd/prompt.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/fs.h"

#define PROMPT_LIMIT ((size_t)16 << 20)

bool
prompt_is_piped(void)
{
	struct stat st;

	return fstat(STDIN_FILENO, &st) == 0 &&
	    (S_ISFIFO(st.st_mode) || S_ISREG(st.st_mode) || S_ISSOCK(st.st_mode));
}

static bool
add(struct buf *prompt, struct buf *in, const char *name, bool raw, struct err *e)
{
	if (memchr(buf_str(in), 0, in->len))
		return err_set(e, ERR_FAILED, "%s holds a NUL byte, text was expected", name);
	/* The newline that ends every text file is not part of a question. */
	if (!raw && in->len && in->data[in->len - 1] == '\n')
		buf_truncate(in, in->len - 1);
	if (prompt->len && in->len)
		buf_add_str(prompt, "\n\n");
	buf_add(prompt, buf_str(in), in->len);
	return true;
}

bool
prompt_add_piped(struct buf *prompt, bool raw, struct err *e)
{
	static const char name[] = "standard input";
	struct buf in = {0};
	bool ok = fs_read_fd(&in, STDIN_FILENO, name, PROMPT_LIMIT, e) && add(prompt, &in, name, raw, e);

	buf_done(&in);
	return ok;
}

bool
prompt_add_file(struct buf *prompt, const char *path, struct err *e)
{
	struct buf in = {0};
	bool ok = fs_read(&in, path, PROMPT_LIMIT, e) && add(prompt, &in, path, false, e);

	buf_done(&in);
	return ok;
}
