/* A registry as it was read and checked, in a form that is opened in milliseconds: its entries, cards and families, the
 * words they are found by, and the hash of each file.  It is kept beside the clone (sync.h) and says of which index and
 * commit it was made; with any others it is worth nothing and is made anew.
 *
 * What trust that keeps: it is written from files that were hashed against the signed index, into the folder that also
 * holds what is trusted, so whoever could forge the one could forge the other.  Its own XXH3-128 finds bytes that rot, and
 * nothing in it is followed out of its bounds.  Log, diff and blame read the objects of git, not this. */
#ifndef REGISTRY_SNAPSHOT_H
#define REGISTRY_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"
#include "core/base/err.h"
#include "registry/catalog.h"

#define SNAPSHOT_BYTES_MAX (256u << 20)

/* What it was made of. */
struct snapshot_key {
	unsigned char index_sha256[32], commit[20];
};

struct snapshot;

/* One word and the models it stands in: their number in the snapshot, shifted left by SNAPSHOT_WEIGHT_BITS, and its weight. */
enum { SNAPSHOT_WEIGHT_BITS = 4 };
struct snapshot_word {
	const char *text;		/* not owned */
	const uint32_t *postings;	/* not owned */
	size_t n;
};

/* Append everything that C, a catalogue of one registry, holds.  HASHES: SHA-256 of the entry and of the card of each
 * model (zeros: none), in the catalogue's order. */
void snapshot_write(const struct catalog *c, const struct snapshot_key *key, const unsigned char (*hashes)[2][32],
    struct buf *out);

/* DATA[0..n), which has to outlive it; its checksum is not looked at.  NULL with *e. */
struct snapshot *snapshot_parse(const void *data, size_t n, struct err *e) MUST_CHECK;
/* The file PATH, when it is whole and made of KEY (NULL: of any state). */
struct snapshot *snapshot_open(const char *path, const struct snapshot_key *key, struct err *e) MUST_CHECK;
/* The bytes that snapshot_write made; taken, also on failure. */
struct snapshot *snapshot_take(struct buf *bytes, struct err *e) MUST_CHECK;
void snapshot_close(struct snapshot *s);	/* accepts NULL */

size_t snapshot_n_models(const struct snapshot *s);
/* Borrowed; its registry is NULL until a catalogue takes the snapshot. */
struct catalog_model *snapshot_model(const struct snapshot *s, size_t i);
const unsigned char *snapshot_entry_hash(const struct snapshot *s, size_t i);	/* borrowed */
const unsigned char *snapshot_card_hash(const struct snapshot *s, size_t i);	/* borrowed; zeros: it has none */
size_t snapshot_n_families(const struct snapshot *s);
const char *snapshot_family(const struct snapshot *s, size_t i);		/* borrowed: a family's canonical text */
size_t snapshot_n_words(const struct snapshot *s);
struct snapshot_word snapshot_word(const struct snapshot *s, size_t i);
size_t snapshot_size(const struct snapshot *s);					/* bytes */

#endif
