/* libcurl; see fetch_wire.h.  Redirects are followed by the job, one request each, so that every address is checked and
 * the token is sent to the hub's origin alone. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "registry/fetch_wire.h"
#include "registry/late.h"
#include "registry/net.h"

struct wire {
	const struct fetch_options *options;
	CURLM *multi;
	char *authorization;		/* the header; NULL: no token */
	struct wire_request *running;
	/* Under a cap: bytes that may come now.  Below 0 the requests whose turn it is pause. */
	double budget, filled_s;
};

struct inside {
	struct wire *wire;
	struct wire_request *next;
	CURL *easy;
	struct curl_slist *headers;
	bool is_file, paused;
};

/* ---- addresses ---- */

struct origin {
	char *scheme, *host, *port, *user;
};

static char *
url_part(CURLU *u, CURLUPart part)
{
	char *text = NULL, *copy;

	if (libcurl.url_get(u, part, &text, CURLU_DEFAULT_PORT) != CURLUE_OK)
		return NULL;
	copy = mem_dup(text);
	libcurl.free(text);
	return copy;
}

static void
origin_done(struct origin *o)
{
	free(o->scheme);
	free(o->host);
	free(o->port);
	free(o->user);
	*o = (struct origin){0};
}

static bool
origin_of(struct origin *o, const char *url)
{
	CURLU *u;

	*o = (struct origin){0};
	if (!late_curl(NULL))
		return false;
	u = libcurl.url();
	if (u && libcurl.url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK) {
		o->scheme = url_part(u, CURLUPART_SCHEME);
		o->host = url_part(u, CURLUPART_HOST);
		o->port = url_part(u, CURLUPART_PORT);
		o->user = url_part(u, CURLUPART_USER);
	}
	libcurl.url_cleanup(u);
	return o->scheme != NULL;
}

static bool
is_same(const char *a, const char *b)
{
	return a && b && strcasecmp(a, b) == 0;
}

static bool
is_same_origin(const char *a, const char *b)
{
	struct origin x, y;
	bool same;

	origin_of(&x, a);
	origin_of(&y, b);
	same = is_same(x.scheme, y.scheme) && is_same(x.host, y.host) && is_same(x.port, y.port);
	origin_done(&x);
	origin_done(&y);
	return same;
}

static bool
is_loopback(const char *host)
{
	return is_same(host, "127.0.0.1") || is_same(host, "[::1]") || is_same(host, "localhost");
}

static bool
check_origin(const struct fetch_options *o, const char *from, const struct origin *to, struct err *e)
{
	struct origin before = {0};
	bool from_http;

	if (is_same(to->scheme, "https"))
		return true;
	if (is_same(to->scheme, "file"))
		return (o->allow_file && !from) ||
		    err_set(e, ERR_NETWORK, from ? "it redirects to a file of this machine, which is refused" :
		    "it is a file of this machine, which is not allowed here");
	if (!is_same(to->scheme, "http"))
		return err_set(e, ERR_NETWORK, "its address is none of https");
	if (from)
		origin_of(&before, from);
	from_http = !from || is_same(before.scheme, "http");
	origin_done(&before);
	if (from_http && o->allow_loopback_http && is_loopback(to->host))
		return true;
	return err_set(e, ERR_NETWORK, from ? "it redirects to an address without encryption (http), which is refused" :
	    "its address has no encryption (http), which is refused");
}

bool
wire_check_url(const struct fetch_options *o, const char *from, const char *url, struct err *e)
{
	struct origin to;
	bool ok;

	if (!late_curl(e))
		return false;
	if (!origin_of(&to, url))
		ok = err_set(e, ERR_NETWORK, "%s is no address that can be fetched", from ? "what it redirects to" : "that");
	else if (to.user)
		ok = err_set(e, ERR_NETWORK, "its address holds the name of a user, which is refused");
	else
		ok = check_origin(o, from, &to, e);
	origin_done(&to);
	return ok;
}

void
wire_add_escaped(struct buf *out, const char *text, const char *keep)
{
	for (; *text; text++) {
		if (strchr("-._~", *text) || strchr(keep, *text) || (*text >= '0' && *text <= '9') ||
		    (*text >= 'A' && *text <= 'Z') || (*text >= 'a' && *text <= 'z'))
			buf_add_char(out, *text);
		else
			buf_printf(out, "%%%02X", (unsigned char)*text);
	}
}

void
wire_add_hub(struct buf *out, const struct fetch_options *o)
{
	size_t from = out->len;

	buf_add_str(out, o->hub ? o->hub : FETCH_HUB);
	while (out->len > from && out->data[out->len - 1] == '/')
		buf_truncate(out, out->len - 1);
	buf_add_char(out, '/');
}

bool
wire_is_hub(const struct fetch_options *o, const char *url)
{
	return is_same_origin(o->hub ? o->hub : FETCH_HUB, url);
}

char *
wire_hub_url(const struct fetch_options *o, const char *repo, const char *revision, const char *path)
{
	struct buf url = {0};

	wire_add_hub(&url, o);
	wire_add_escaped(&url, repo, "/");
	buf_add_str(&url, "/resolve/");
	wire_add_escaped(&url, revision ? revision : "main", "/");
	buf_add_char(&url, '/');
	wire_add_escaped(&url, path, "/");
	return buf_take(&url);
}

/* ---- headers ---- */

static void
forget_answer(struct wire_answer *a)
{
	free(a->version);
	free(a->redirect);
	free(a->next);
	*a = (struct wire_answer){0};
}

/* The value of header NAME in LINE[0..n), without blanks around it; or NULL. */
static char *
header_value(const char *line, size_t n, const char *name)
{
	size_t len = strlen(name);
	char *value;

	if (n <= len || strncasecmp(line, name, len) != 0 || line[len] != ':')
		return NULL;
	for (line += len + 1, n -= len + 1; n > 0 && (*line == ' ' || *line == '\t'); n--)
		line++;
	while (n > 0 && (line[n - 1] == '\r' || line[n - 1] == '\n' || line[n - 1] == ' ' || line[n - 1] == '\t'))
		n--;
	value = mem_new0(n + 1, 1);
	memcpy(value, line, n);
	return value;
}

/* Digits up to END; false: none, or too many. */
static bool
read_number(const char **at, uint64_t *value)
{
	const char *p = *at;

	for (*value = 0; *p >= '0' && *p <= '9'; p++)
		if (__builtin_mul_overflow(*value, (uint64_t)10, value) ||
		    __builtin_add_overflow(*value, (uint64_t)(*p - '0'), value))
			return false;
	if (p == *at)
		return false;
	*at = p;
	return true;
}

/* "bytes 0-99/1234", "bytes 0-99/" followed by a star, or a star in place of the first (RFC 9110, 14.4). */
static void
read_content_range(struct wire_answer *a, const char *value)
{
	uint64_t last;

	if (strncasecmp(value, "bytes ", 6) != 0)
		return;
	value += 6;
	if (*value == '*')
		value++;
	else if (read_number(&value, &a->start) && *value++ == '-' && read_number(&value, &last))
		a->has_start = true;
	else
		return;
	if (*value++ == '/')
		a->has_total = read_number(&value, &a->total) && *value == '\0';
}

static void
read_linked_etag(struct wire_answer *a, const char *value)
{
	size_t n = strlen(value);

	if (n == 2 * DIGEST_SHA256_SIZE + 2 && value[0] == '"' && value[n - 1] == '"')
		a->has_linked_sha256 = digest_from_hex(a->linked_sha256, DIGEST_SHA256_SIZE, value + 1, n - 2);
}

/* <ADDRESS>; rel="next", maybe among others (RFC 8288). */
static void
read_link(struct wire_answer *a, const char *value)
{
	const char *end;

	for (; (value = strchr(value, '<')) && (end = strchr(value, '>')); value = end) {
		size_t params = strcspn(end, "<"), n = (size_t)(end - value) - 1;
		const char *rel = strstr(end, "rel=\"next\"");

		if (!rel || rel >= end + params)
			continue;
		free(a->next);
		a->next = mem_new0(n + 1, 1);
		memcpy(a->next, value + 1, n);
	}
}

static void
read_code(struct wire_answer *a, const char *value)
{
	size_t n = strspn(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

	if (n > 0 && n < sizeof a->code && value[n] == '\0')
		memcpy(a->code, value, n + 1);
}

static void
take_version(struct wire_answer *a, char *value, bool is_better)
{
	if (is_better || !a->version) {
		free(a->version);
		a->version = value;
	} else {
		free(value);
	}
}

static size_t
on_header(char *line, size_t one, size_t n, void *arg)
{
	struct wire_request *r = arg;
	struct inside *in = r->inside;
	struct wire_answer *a = &r->answer;
	const char *number;
	char *value;

	r->heard_s = clock_s();
	/* Of several responses (100 Continue, a proxy's) the last one counts. */
	if (n > 5 && strncasecmp(line, "HTTP/", 5) == 0)
		forget_answer(a);
	if ((value = header_value(line, n, "ETag"))) {
		take_version(a, value, true);
	} else if ((value = header_value(line, n, "Last-Modified"))) {
		take_version(a, value, false);
	} else if ((value = header_value(line, n, "Content-Range"))) {
		read_content_range(a, value);
		free(value);
	} else if ((value = header_value(line, n, "X-Linked-Etag"))) {
		read_linked_etag(a, value);
		free(value);
	} else if ((value = header_value(line, n, "X-Linked-Size"))) {
		number = value;
		a->has_linked_size = read_number(&number, &a->linked_size) && *number == '\0';
		free(value);
	} else if ((value = header_value(line, n, "Link"))) {
		read_link(a, value);
		free(value);
	} else if ((value = header_value(line, n, "X-Error-Code"))) {
		read_code(a, value);
		free(value);
	} else if (in->is_file && (value = header_value(line, n, "Content-Length"))) {
		number = value;
		a->has_total = read_number(&number, &a->total);
		free(value);
	}
	return one * n;
}

static void
complete_answer(struct wire_request *r)
{
	struct inside *in = r->inside;
	struct wire_answer *a = &r->answer;
	curl_off_t length = -1, wait = 0;

	if (in->is_file) {
		a->status = 206;
		a->has_start = true;
		a->start = r->begin;
		return;
	}
	libcurl.easy_getinfo(in->easy, CURLINFO_RESPONSE_CODE, &a->status);
	libcurl.easy_getinfo(in->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
	libcurl.easy_getinfo(in->easy, CURLINFO_RETRY_AFTER, &wait);
	if (a->status == 200 && length >= 0) {
		a->has_total = true;
		a->total = (uint64_t)length;
	}
	a->retry_after_s = wait > 0 ? (uint64_t)wait : 0;
}

static size_t
on_data(char *data, size_t one, size_t n, void *arg)
{
	struct wire_request *r = arg;
	struct inside *in = r->inside;
	struct wire *w = in->wire;

	r->heard_s = clock_s();
	if (w->options->bytes_per_s) {
		in->paused = w->budget <= 0;
		if (in->paused)
			return CURL_WRITEFUNC_PAUSE;
		w->budget -= (double)n;
	}
	if (r->answer.status == 0)
		complete_answer(r);
	return r->on_body(r, data, one * n) ? one * n : 0;
}

/* ---- requests ---- */

static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool library_works;

static void
start_library(void)
{
	library_works = libcurl.global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
}

struct wire *
wire_new(const struct fetch_options *o, struct err *e)
{
	struct wire *w = mem_new0(1, sizeof *w);
	struct buf line = {0};

	w->options = o;
	if (!late_curl(e))
		goto fail;
	pthread_once(&once, start_library);
	for (const char *p = o->token ? o->token : ""; *p; p++) {
		if (*p <= ' ' || *p > '~') {
			err_set(e, ERR_USAGE, "the token for the hub holds characters that no token has");
			goto fail;
		}
	}
	if (o->token && *o->token) {
		buf_printf(&line, "Authorization: Bearer %s", o->token);
		w->authorization = buf_take(&line);
	}
	w->multi = library_works ? libcurl.multi_init() : NULL;
	if (w->multi)
		return w;
	err_set(e, ERR_FAILED, "the network library does not start");
fail:
	wire_free(w);
	return NULL;
}

void
wire_free(struct wire *w)
{
	if (!w)
		return;
	if (w->multi)
		libcurl.multi_cleanup(w->multi);
	free(w->authorization);
	free(w);
}

static void
restrict_protocol(CURL *easy, const char *scheme)
{
#if LIBCURL_VERSION_NUM >= 0x075500
	libcurl.easy_setopt(easy, CURLOPT_PROTOCOLS_STR, scheme);
#else
	libcurl.easy_setopt(easy, CURLOPT_PROTOCOLS, strcmp(scheme, "https") == 0 ? (long)CURLPROTO_HTTPS :
	    strcmp(scheme, "http") == 0 ? (long)CURLPROTO_HTTP : (long)CURLPROTO_FILE);
#endif
}

static void
set_range(CURL *easy, const struct wire_request *r)
{
	char range[48];

	if (r->whole)
		return;
	snprintf(range, sizeof range, "%llu-%llu", (unsigned long long)r->begin,
	    (unsigned long long)(r->end > r->begin ? r->end - 1 : r->begin));
	libcurl.easy_setopt(easy, CURLOPT_RANGE, range);
}

/* The token goes to the hub's origin, never in the clear but to this machine (which only tests allow). */
static void
set_token(struct wire *w, const struct wire_request *r, struct inside *in)
{
	if (!r->with_token || !w->authorization || !wire_is_hub(w->options, r->url))
		return;
	in->headers = libcurl.slist_append(NULL, w->authorization);
	libcurl.easy_setopt(in->easy, CURLOPT_HTTPHEADER, in->headers);
}

/* Under a cap small pieces, so that none is followed by a pause of seconds. */
static long
buffer_size(uint64_t bytes_per_s)
{
	const uint64_t least = 1024, most = 256 << 10;
	uint64_t n = bytes_per_s ? bytes_per_s / 8 : most;

	return (long)(n < least ? least : n > most ? most : n);
}

static void
set_options(struct wire *w, struct wire_request *r, struct inside *in, const char *scheme)
{
	CURL *easy = in->easy;

	libcurl.easy_setopt(easy, CURLOPT_URL, r->url);
	restrict_protocol(easy, scheme);
	libcurl.easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	libcurl.easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	libcurl.easy_setopt(easy, CURLOPT_USERAGENT, "minnow");
	libcurl.easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	libcurl.easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
	libcurl.easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, w->options->stall_ms ? (long)w->options->stall_ms : 30000L);
	libcurl.easy_setopt(easy, CURLOPT_BUFFERSIZE, buffer_size(w->options->bytes_per_s));
	libcurl.easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	libcurl.easy_setopt(easy, CURLOPT_HEADERDATA, r);
	libcurl.easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_data);
	libcurl.easy_setopt(easy, CURLOPT_WRITEDATA, r);
	libcurl.easy_setopt(easy, CURLOPT_PRIVATE, r);
	if (w->options->ca_file)
		libcurl.easy_setopt(easy, CURLOPT_CAINFO, w->options->ca_file);
	if (in->is_file && r->only_look)
		libcurl.easy_setopt(easy, CURLOPT_NOBODY, 1L);
	else
		set_range(easy, r);
	set_token(w, r, in);
}

bool
wire_start(struct wire *w, struct wire_request *r, struct err *e)
{
	struct inside *in;
	struct origin origin;

	if (!net_allowed(r->url, e))
		return false;
	in = mem_new0(1, sizeof *in);
	r->inside = in;
	in->wire = w;
	in->next = w->running;
	w->running = r;
	r->ended = WIRE_RUNNING;
	r->heard_s = clock_s();
	in->easy = libcurl.easy_init();
	if (!in->easy || !origin_of(&origin, r->url)) {
		wire_stop(w, r);
		return err_set(e, ERR_NETWORK, "a request cannot be made");
	}
	in->is_file = is_same(origin.scheme, "file");
	set_options(w, r, in, origin.scheme);
	origin_done(&origin);
	if (libcurl.multi_add_handle(w->multi, in->easy) == CURLM_OK)
		return true;
	wire_stop(w, r);
	return err_set(e, ERR_NETWORK, "a request cannot be started");
}

void
wire_stop(struct wire *w, struct wire_request *r)
{
	struct inside *in = r->inside;

	if (in) {
		struct wire_request **at = &w->running;

		while (*at != r)
			at = &((struct inside *)(*at)->inside)->next;
		*at = in->next;
		if (in->easy) {
			libcurl.multi_remove_handle(w->multi, in->easy);
			libcurl.easy_cleanup(in->easy);
		}
		libcurl.slist_free_all(in->headers);
		free(in);
	}
	r->inside = NULL;
	forget_answer(&r->answer);
}

/* libcurl's words about a server are its own: they hold nothing that the server sent but numbers and codes. */
static void
end_request(struct wire_request *r, CURLcode code)
{
	struct inside *in = r->inside;
	char *redirect = NULL;

	if (r->answer.status == 0)
		complete_answer(r);
	if (libcurl.easy_getinfo(in->easy, CURLINFO_REDIRECT_URL, &redirect) == CURLE_OK && redirect)
		r->answer.redirect = mem_dup(redirect);
	snprintf(r->why, sizeof r->why, "%s", libcurl.easy_strerror(code));
	if (code == CURLE_OK)
		r->ended = WIRE_DONE;
	else if (code == CURLE_WRITE_ERROR)
		r->ended = WIRE_ABORTED;
	else if (code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE)
		r->ended = WIRE_UNTRUSTED;
	else
		r->ended = WIRE_CUT;
	if (in->is_file && r->ended == WIRE_CUT)
		r->answer.status = 404;
}

/* What may come in the time since the last turn, at most that of a tenth of a second at once; how long to wait at
 * most. */
static int
fill_budget(struct wire *w, int timeout_ms)
{
	double rate = (double)w->options->bytes_per_s, now = clock_s(), wait_ms;

	if (rate == 0)
		return timeout_ms;
	w->budget += rate * (w->filled_s > 0 ? now - w->filled_s : 0.1);
	w->filled_s = now;
	if (w->budget > rate * 0.1)
		w->budget = rate * 0.1;
	for (struct wire_request *r = w->running; r; r = ((struct inside *)r->inside)->next) {
		struct inside *in = r->inside;

		if (!in->paused)
			continue;
		r->heard_s = now;
		if (w->budget > 0) {
			in->paused = false;
			libcurl.easy_pause(in->easy, CURLPAUSE_CONT);
		}
	}
	wait_ms = w->budget > 0 ? 5 : -w->budget / rate * 1e3 + 1;
	return wait_ms < timeout_ms ? (int)wait_ms : timeout_ms;
}

bool
wire_run(struct wire *w, int fd, int timeout_ms, struct err *e)
{
	struct curl_waitfd more = {.fd = fd, .events = CURL_WAIT_POLLIN};
	int n_running, n_left, wait_ms = fill_budget(w, timeout_ms);
	CURLMcode rc = libcurl.multi_perform(w->multi, &n_running);
	bool ended = false;

	for (CURLMsg *m; (m = libcurl.multi_info_read(w->multi, &n_left));) {
		char *owner = NULL;

		if (m->msg != CURLMSG_DONE || libcurl.easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &owner) != CURLE_OK)
			continue;
		end_request((struct wire_request *)(void *)owner, m->data.result);
		ended = true;
	}
	if (rc == CURLM_OK && !ended)
		rc = libcurl.multi_poll(w->multi, &more, fd >= 0 ? 1 : 0, wait_ms, NULL);
	return rc == CURLM_OK || err_set(e, ERR_FAILED, "the network library: %s", libcurl.multi_strerror(rc));
}
