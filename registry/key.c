/* Key files; see key.h. */
#define _GNU_SOURCE
#include "registry/key.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/buf.h"

#define KEY_TEXT_MAX 512

bool
key_make(struct key *k, const char *name, struct err *e)
{
	*k = (struct key){0};
	if (!canon_name((struct canon_text){name, strlen(name)}))
		return err_set(e, ERR_USAGE, "\"%.40s\" is no name for a key: 1 to %d small letters, digits and inner hyphens", name,
		    CANON_NAME_MAX);
	memcpy(k->name, name, strlen(name));
	return sign_new_key(k->secret, k->public_key, e);
}

void
key_wipe(struct key *k)
{
	sign_wipe(k, sizeof *k);
}

/* Memory that held a secret is not given back as it is. */
static void
wipe_buf(struct buf *b)
{
	if (b->data)
		sign_wipe(b->data, b->cap);
	buf_done(b);
}

static bool
write_private(const char *path, const struct buf *text, struct err *e)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	ssize_t n;

	if (fd < 0)
		return errno == EEXIST ? err_set(e, ERR_FAILED, "%s: is there already, a key is never replaced", path) :
		    err_set_errno(e, errno, path);
	do
		n = write(fd, text->data, text->len);
	while (n < 0 && errno == EINTR);
	if (n != (ssize_t)text->len || fsync(fd) < 0) {
		int saved = n < 0 || n == (ssize_t)text->len ? errno : ENOSPC;

		close(fd);
		unlink(path);
		return err_set_errno(e, saved, path);
	}
	close(fd);
	return true;
}

bool
key_write(const struct key *k, const char *path, struct err *e)
{
	struct buf text = {0};
	bool ok;

	buf_reserve(&text, KEY_TEXT_MAX);	/* at once: growing would leave copies of the secret behind */
	buf_printf(&text, "minnow key\nname %s\npublic ", k->name);
	canon_add_hex(&text, k->public_key, sizeof k->public_key);
	buf_add_str(&text, "\nsecret ");
	canon_add_hex(&text, k->secret, sizeof k->secret);
	buf_add_str(&text, "\nend\n");
	ok = write_private(path, &text, e);
	wipe_buf(&text);
	return ok;
}

static bool
parse_key(struct key *k, const char *text, size_t n, struct err *e)
{
	struct canon c = canon_start(text, n);
	unsigned char derived[SIGN_KEY_BYTES];

	if (!canon_exact(&c, "minnow key", e) || !canon_field_name(&c, "name", k->name, e) ||
	    !canon_field_hex(&c, "public", k->public_key, sizeof k->public_key, e) ||
	    !canon_field_hex(&c, "secret", k->secret, sizeof k->secret, e) || !canon_exact(&c, "end", e))
		return false;
	if (!canon_at_end(&c))
		return err_set(e, ERR_VERIFY, "text follows after the end");
	if (!sign_public(derived, k->secret, e))
		return false;
	if (memcmp(derived, k->public_key, sizeof derived) != 0)
		return err_set(e, ERR_VERIFY, "the public key does not belong to the secret one");
	return true;
}

/* Reads into memory of the caller's: no copy of the secret is left in a buffer that grew. */
static bool
read_private(const char *path, char *text, size_t size, size_t *n, struct err *e)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t got = 0;
	bool ok = false;

	if (fd < 0 || fstat(fd, &st) < 0) {
		err_set_errno(e, errno, path);
	} else if (!S_ISREG(st.st_mode)) {
		err_set(e, ERR_FAILED, "%s: is not a regular file", path);
	} else if (st.st_mode & 077) {
		err_set(e, ERR_VERIFY, "%s: others can read this key (mode %03o); make it yours alone with chmod 600", path,
		    (unsigned)st.st_mode & 0777);
	} else {
		do
			got = read(fd, text, size);
		while (got < 0 && errno == EINTR);
		ok = got >= 0 || err_set_errno(e, errno, path);
	}
	if (fd >= 0)
		close(fd);
	*n = ok ? (size_t)got : 0;
	return ok;
}

bool
key_read(struct key *k, const char *path, struct err *e)
{
	char text[KEY_TEXT_MAX];
	size_t n;
	bool ok;

	*k = (struct key){0};
	if (!read_private(path, text, sizeof text, &n, e))
		return false;
	ok = parse_key(k, text, n, e);
	sign_wipe(text, sizeof text);
	if (!ok) {
		key_wipe(k);
		err_wrap(e, "%s", path);
	}
	return ok;
}
