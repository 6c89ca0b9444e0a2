/* git over HTTP (gitprotocol-http(5)) by libcurl, with limits that the transport of libgit2 lacks in its older versions:
 * a time for silence and for the whole, a cap on what is received, no redirect away from TLS.  An answer is held in
 * memory until it is whole; the cap makes that harmless. */
#include "registry/git_impl.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "registry/net.h"

#define SLOW_BYTES 64L		/* per second: less is silence */

struct http {
	git_smart_subtransport parent;
	struct git_guard *guard;	/* not owned */
	CURL *curl;
	char *base;			/* the URL, after redirects */
};

struct http_stream {
	git_smart_subtransport_stream parent;
	struct http *http;		/* not owned */
	bool is_post, is_done;
	struct buf request, answer;
	size_t at;			/* of the answer, read so far */
};

/* libcurl's options take NULL for a string that is to be its default. */
static bool
set_options(CURL *c, const struct git_guard *g, bool is_tls)
{
	return libcurl.easy_setopt(c, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
	    libcurl.easy_setopt(c, CURLOPT_PROTOCOLS_STR, is_tls ? "https" : "http") == CURLE_OK &&
	    libcurl.easy_setopt(c, CURLOPT_REDIR_PROTOCOLS_STR, "https") == CURLE_OK &&
	    libcurl.easy_setopt(c, CURLOPT_FOLLOWLOCATION, is_tls ? 1L : 0L) == CURLE_OK &&
	    libcurl.easy_setopt(c, CURLOPT_MAXREDIRS, 5L) == CURLE_OK &&
	    (is_tls || libcurl.easy_setopt(c, CURLOPT_NOPROXY, "*") == CURLE_OK) &&
	    libcurl.easy_setopt(c, CURLOPT_CONNECTTIMEOUT, (long)g->limits.timeout_s) == CURLE_OK &&
	    libcurl.easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, SLOW_BYTES) == CURLE_OK &&
	    libcurl.easy_setopt(c, CURLOPT_LOW_SPEED_TIME, (long)g->limits.timeout_s) == CURLE_OK &&
	    libcurl.easy_setopt(c, CURLOPT_USERAGENT, "git/2.0 (minnow)") == CURLE_OK;
}

static size_t
take_bytes(char *data, size_t size, size_t n, void *ctx)
{
	struct http_stream *s = ctx;

	if (!git_guard_add(s->http->guard, size * n))
		return 0;
	buf_add(&s->answer, data, size * n);
	return size * n;
}

static int
on_time(void *ctx, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	struct http *h = ctx;

	(void)a;
	(void)b;
	(void)c;
	(void)d;
	return git_guard_check(h->guard) ? 0 : 1;
}

static bool
refuse(struct http *h, const char *fmt, const char *what)
{
	if (h->guard->why.kind == ERR_NONE)
		err_set(&h->guard->why, ERR_NETWORK, "%s%s", fmt, what);
	libgit2.error_set_str(GIT_ERROR_NET, h->guard->why.text);
	return false;
}

static bool
check_answer(struct http_stream *s)
{
	struct http *h = s->http;
	const char *type = NULL;
	long status = 0;
	char text[32];

	libcurl.easy_getinfo(h->curl, CURLINFO_RESPONSE_CODE, &status);
	libcurl.easy_getinfo(h->curl, CURLINFO_CONTENT_TYPE, &type);
	if (status != 200) {
		snprintf(text, sizeof text, "%ld", status);
		return refuse(h, "the host answers with status ", text);
	}
	if (!type || strcmp(type, s->is_post ? "application/x-git-upload-pack-result" :
	    "application/x-git-upload-pack-advertisement") != 0)
		return refuse(h, "the host does not speak git", "");
	return true;
}

/* Where a redirect led: the POST goes there too. */
static void
follow_base(struct http *h)
{
	static const char tail[] = "/info/refs?service=git-upload-pack";
	const char *url = NULL;
	size_t n;

	if (libcurl.easy_getinfo(h->curl, CURLINFO_EFFECTIVE_URL, &url) != CURLE_OK || !url)
		return;
	n = strlen(url);
	if (n < sizeof tail || strcmp(url + n - (sizeof tail - 1), tail) != 0)
		return;
	free(h->base);
	h->base = mem_dup_bytes(url, n - (sizeof tail - 1) + 1);
	h->base[n - (sizeof tail - 1)] = '\0';
}

static bool
perform(struct http_stream *s)
{
	static const char *const post_headers[] = {
		"Content-Type: application/x-git-upload-pack-request", "Accept: application/x-git-upload-pack-result", "Expect:",
	};
	struct http *h = s->http;
	struct curl_slist *headers = NULL;
	struct buf url = {0};
	struct err e = {0};
	CURLcode rc;

	if (!net_allowed(h->base, &e))
		return refuse(h, e.text, "");
	buf_printf(&url, "%s%s", h->base, s->is_post ? "/git-upload-pack" : "/info/refs?service=git-upload-pack");
	libcurl.easy_reset(h->curl);
	for (size_t i = 0; s->is_post && i < ARRAY_LEN(post_headers); i++)
		headers = libcurl.slist_append(headers, post_headers[i]);
	rc = set_options(h->curl, h->guard, strncmp(h->base, "https:", 6) == 0) ? CURLE_OK : CURLE_FAILED_INIT;
	libcurl.easy_setopt(h->curl, CURLOPT_URL, url.data);
	libcurl.easy_setopt(h->curl, CURLOPT_WRITEFUNCTION, take_bytes);
	libcurl.easy_setopt(h->curl, CURLOPT_WRITEDATA, s);
	libcurl.easy_setopt(h->curl, CURLOPT_NOPROGRESS, 0L);
	libcurl.easy_setopt(h->curl, CURLOPT_XFERINFOFUNCTION, on_time);
	libcurl.easy_setopt(h->curl, CURLOPT_XFERINFODATA, h);
	if (s->is_post) {
		libcurl.easy_setopt(h->curl, CURLOPT_HTTPHEADER, headers);
		libcurl.easy_setopt(h->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)s->request.len);
		libcurl.easy_setopt(h->curl, CURLOPT_POSTFIELDS, buf_str(&s->request));
	}
	if (rc == CURLE_OK)
		rc = libcurl.easy_perform(h->curl);
	libcurl.slist_free_all(headers);
	buf_done(&url);
	if (rc == CURLE_OPERATION_TIMEDOUT)
		return refuse(h, "the host is silent or too slow", "");
	if (rc != CURLE_OK)
		return refuse(h, "", libcurl.easy_strerror(rc));
	if (!check_answer(s))
		return false;
	if (!s->is_post)
		follow_base(h);
	return true;
}

static int
stream_read(git_smart_subtransport_stream *stream, char *buffer, size_t size, size_t *n)
{
	struct http_stream *s = (struct http_stream *)stream;

	*n = 0;
	if (!s->is_done && !perform(s))
		return -1;
	s->is_done = true;
	*n = s->answer.len - s->at < size ? s->answer.len - s->at : size;
	if (*n)
		memcpy(buffer, s->answer.data + s->at, *n);
	s->at += *n;
	return 0;
}

static int
stream_write(git_smart_subtransport_stream *stream, const char *data, size_t n)
{
	struct http_stream *s = (struct http_stream *)stream;

	buf_add(&s->request, data, n);
	return 0;
}

static void
stream_free(git_smart_subtransport_stream *stream)
{
	struct http_stream *s = (struct http_stream *)stream;

	buf_done(&s->request);
	buf_done(&s->answer);
	free(s);
}

static int
http_action(git_smart_subtransport_stream **out, git_smart_subtransport *t, const char *url, git_smart_service_t action)
{
	struct http *h = (struct http *)t;
	struct http_stream *s;

	if (action != GIT_SERVICE_UPLOADPACK_LS && action != GIT_SERVICE_UPLOADPACK)
		return -1;
	if (!h->base) {
		h->base = mem_dup(url);
		for (size_t n = strlen(h->base); n > 0 && h->base[n - 1] == '/'; n--)
			h->base[n - 1] = '\0';
	}
	s = mem_new0(1, sizeof *s);
	s->parent = (git_smart_subtransport_stream){t, stream_read, stream_write, stream_free};
	s->http = h;
	s->is_post = action == GIT_SERVICE_UPLOADPACK;
	*out = &s->parent;
	return 0;
}

static int
http_close(git_smart_subtransport *t)
{
	(void)t;
	return 0;
}

static void
http_free(git_smart_subtransport *t)
{
	struct http *h = (struct http *)t;

	libcurl.easy_cleanup(h->curl);
	free(h->base);
	free(h);
}

int
git_http_new(git_smart_subtransport **out, git_transport *owner, void *param)
{
	struct http *h;
	struct err why = {0};

	(void)owner;
	if (!late_curl(&why)) {
		libgit2.error_set_str(GIT_ERROR_NET, why.text);
		return -1;
	}
	h = mem_new0(1, sizeof *h);
	h->parent = (git_smart_subtransport){http_action, http_close, http_free};
	h->guard = param;
	h->curl = libcurl.easy_init();
	if (!h->curl) {
		free(h);
		return -1;
	}
	*out = &h->parent;
	return 0;
}
