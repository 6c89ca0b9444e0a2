/* What `minnow --version` says. */
#ifndef TUI_VERSION_H
#define TUI_VERSION_H

#define MINNOW_VERSION "0.1"

#endif
