/* Members of JSON objects, checked; see member.h. */
#include "registry/member.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "registry/check.h"

bool
member_in_words(const char *words, const char *word)
{
	size_t len = strlen(word);

	for (const char *p = words; *p; p += strspn(p, " ")) {
		size_t n = strcspn(p, " ");

		if (n == len && memcmp(p, word, n) == 0)
			return true;
		p += n;
	}
	return false;
}

json_t *
member_parse(const char *text, size_t n, size_t max, struct err *e)
{
	json_error_t where;
	json_t *j;

	if (n > max) {
		err_set(e, ERR_FAILED, "has %zu bytes; at most %zu are allowed", n, max);
		return NULL;
	}
	j = json_loadb(text, n, JSON_REJECT_DUPLICATES, &where);
	if (!j)
		err_set(e, ERR_FAILED, "no valid JSON in line %d, column %d", where.line, where.column);
	return j;
}

bool
member_format(const json_t *object, uint64_t format, struct err *e)
{
	uint64_t v = 0;

	if (!member_number(object, "format", INT32_MAX, &v, e))
		return false;
	if (v == 0)
		return err_set(e, ERR_FAILED, "\"format\" is missing");
	return v == format || err_set(e, ERR_FAILED, "has format %llu; this minnow reads format %llu", (unsigned long long)v,
	    (unsigned long long)format);
}

bool
member_only(const json_t *object, const char *keys, bool (*known)(const char *key), struct err *e)
{
	json_t *all = (json_t *)(uintptr_t)object;	/* iterating asks for one that is not const */
	const char *key;
	json_t *value;

	json_object_foreach(all, key, value) {
		(void)value;
		if (member_in_words(keys, key) || (known && known(key)))
			continue;
		if (check_id(key, NULL))
			return err_set(e, ERR_FAILED, "there is no member \"%s\" in this format", key);
		return err_set(e, ERR_FAILED, "a member has a name that is none of this format");
	}
	return true;
}

bool
member_string(const json_t *object, const char *key, bool required, const char **out, struct err *e)
{
	const json_t *j = json_object_get(object, key);

	*out = NULL;
	if (!j)
		return !required || err_set(e, ERR_FAILED, "\"%s\" is missing", key);
	*out = json_string_value(j);
	return *out || err_set(e, ERR_FAILED, "\"%s\" is no string", key);
}

bool
member_text(const json_t *object, const char *key, bool required, bool (*check)(const char *s, struct err *e), char **out,
    struct err *e)
{
	const char *s;

	if (!member_string(object, key, required, &s, e))
		return false;
	if (!s)
		return true;
	if (!check(s, e))
		return err_wrap(e, "\"%s\"", key);
	*out = mem_dup(s);
	return true;
}

bool
member_choice(const json_t *object, const char *key, const char *words, char **out, struct err *e)
{
	const char *s;

	if (!member_string(object, key, false, &s, e))
		return false;
	if (!s)
		return true;
	if (!*s || strchr(s, ' ') || !member_in_words(words, s))
		return err_set(e, ERR_FAILED, "\"%s\" is none of: %s", key, words);
	*out = mem_dup(s);
	return true;
}

bool
member_number(const json_t *object, const char *key, uint64_t max, uint64_t *out, struct err *e)
{
	const json_t *j = json_object_get(object, key);

	if (!j)
		return true;
	if (!json_is_integer(j) || json_integer_value(j) < 1 || (uint64_t)json_integer_value(j) > max)
		return err_set(e, ERR_FAILED, "\"%s\" is no whole number from 1 to %llu", key, (unsigned long long)max);
	*out = (uint64_t)json_integer_value(j);
	return true;
}

bool
member_list(const json_t *object, const char *key, size_t max, const json_t **list, size_t *n, struct err *e)
{
	*list = json_object_get(object, key);
	*n = 0;
	if (!*list)
		return true;
	if (!json_is_array(*list))
		return err_set(e, ERR_FAILED, "\"%s\" is no list", key);
	*n = json_array_size(*list);
	return *n <= max || err_set(e, ERR_FAILED, "\"%s\" has %zu elements; at most %zu are allowed", key, *n, max);
}

void
member_set_text(json_t *object, const char *key, const char *s)
{
	if (s)
		json_object_set_new(object, key, json_string(s));
}

void
member_set_number(json_t *object, const char *key, uint64_t v)
{
	if (v)
		json_object_set_new(object, key, json_integer((json_int_t)v));
}

void
member_write(struct buf *out, json_t *object)
{
	char *text = json_dumps(object, JSON_SORT_KEYS | JSON_INDENT(2));

	buf_printf(out, "%s\n", text);
	free(text);
	json_decref(object);
}
