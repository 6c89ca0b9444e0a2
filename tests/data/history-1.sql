-- A history of format 1: its tables as that minnow made them, and one conversation.
CREATE TABLE chats(id INTEGER PRIMARY KEY, title TEXT NOT NULL, titled INTEGER NOT NULL DEFAULT 0,
	pinned INTEGER NOT NULL DEFAULT 0, deleted INTEGER NOT NULL DEFAULT 0, created INTEGER NOT NULL,
	changed INTEGER NOT NULL, model TEXT, digest TEXT, system TEXT, sampling TEXT, leaf INTEGER NOT NULL DEFAULT 0);
CREATE INDEX chats_order ON chats(pinned, changed);
CREATE TABLE messages(id INTEGER PRIMARY KEY, chat INTEGER NOT NULL, parent INTEGER NOT NULL,
	by_model INTEGER NOT NULL, text TEXT NOT NULL, thinking TEXT, calls TEXT, calls_raw TEXT, model TEXT,
	digest TEXT, sampling TEXT, created INTEGER NOT NULL, ended TEXT, error TEXT, n_prompt INTEGER,
	n_tokens INTEGER, prompt_s REAL, first_s REAL, generate_s REAL, thinking_s REAL);
CREATE INDEX messages_chat ON messages(chat);
CREATE TABLE pieces(message INTEGER NOT NULL, seq INTEGER NOT NULL, part INTEGER NOT NULL, text TEXT NOT NULL,
	PRIMARY KEY(message, seq)) WITHOUT ROWID;
CREATE TABLE drafts(chat INTEGER PRIMARY KEY, text TEXT NOT NULL);
CREATE VIRTUAL TABLE found USING fts5(text, content='messages', content_rowid='id', tokenize='trigram');
CREATE TRIGGER messages_insert AFTER INSERT ON messages BEGIN
	INSERT INTO found(rowid, text) VALUES(new.id, new.text); END;
CREATE TRIGGER messages_delete AFTER DELETE ON messages BEGIN
	INSERT INTO found(found, rowid, text) VALUES('delete', old.id, old.text); END;
CREATE TRIGGER messages_update AFTER UPDATE OF text ON messages WHEN old.text <> new.text BEGIN
	INSERT INTO found(found, rowid, text) VALUES('delete', old.id, old.text);
	INSERT INTO found(rowid, text) VALUES(new.id, new.text); END;
CREATE VIRTUAL TABLE found_titles USING fts5(title, content='chats', content_rowid='id', tokenize='trigram');
CREATE TRIGGER chats_insert AFTER INSERT ON chats BEGIN
	INSERT INTO found_titles(rowid, title) VALUES(new.id, new.title); END;
CREATE TRIGGER chats_delete AFTER DELETE ON chats BEGIN
	INSERT INTO found_titles(found_titles, rowid, title) VALUES('delete', old.id, old.title); END;
CREATE TRIGGER chats_update AFTER UPDATE OF title ON chats BEGIN
	INSERT INTO found_titles(found_titles, rowid, title) VALUES('delete', old.id, old.title);
	INSERT INTO found_titles(rowid, title) VALUES(new.id, new.title); END;
INSERT INTO chats(id, title, created, changed, model, leaf) VALUES(5, 'old talk', 1, 2, 'nano', 7);
INSERT INTO messages(id, chat, parent, by_model, text, created) VALUES(6, 5, 0, 0, 'a question of before', 1);
INSERT INTO messages(id, chat, parent, by_model, text, created, ended) VALUES(7, 5, 6, 1, 'its answer', 2, 'end');
PRAGMA application_id = 1835953783;
PRAGMA user_version = 1;
