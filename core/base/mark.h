/* N_("…") marks a text for the translators where it stands; whoever shows it looks it up (tui/i18n.h). */
#ifndef BASE_MARK_H
#define BASE_MARK_H

#define N_(s) s

#endif
