/* Reading conversations from files, in the chat. */
#include "tui/app.h"
#include "tui/i18n.h"
#include "tui/state/history_import.h"
#include "tui/view/chat_list.h"
#include "tui/view/chat_parts.h"

static void
taken(struct app *app, const char *path)
{
	struct history_imported i;
	struct buf told = {0};
	struct err e = {0};

	if (!path || !*path)
		return;
	if (!app->history) {
		app_note(app, ROLE_warn, "conversations are not kept");
	} else if (!history_import_file(app->history, path, &i, &e)) {
		app_note(app, ROLE_warn, "%s", e.text);
	} else {
		history_imported_tell(&i, path, &told);
		chat_list_show(app, i.chat);
		app_note(app, ROLE_good, "%s", buf_str(&told));
	}
	buf_done(&told);
}

static const struct ask ask = {.label = N_("read from"), .taken = taken};

enum did
chat_import_act(struct app *app, enum action a)
{
	if (a != ACTION_chat_import)
		return DID_NOT;
	app_ask_words(app, &ask, "");
	return DID_CHANGE;
}
