# The commands that change registries, killed at every step (kill.py).
. tests/data/kill.sh
kill_commands registry
