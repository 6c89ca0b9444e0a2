# The commands that change the store, killed at every step (kill.py).
. tests/data/kill.sh
kill_commands store
