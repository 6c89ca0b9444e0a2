# T15: whatever can open a connection asks net_allowed() first, in the same file; nothing else can, and nothing phones home.
. tests/lint/lib.sh

opens='(libcurl\.|curl_)(easy_perform\(|multi_add_handle\(|multi_socket)|(libgit2\.|git_)(remote_connect\(|remote_fetch\(|clone\()|posix_spawnp?\('
for file in $(sources core kernels registry tui | xargs grep -lE "$opens"); do
	grep -q 'net_allowed(' "$file" || echo "$file opens connections without net_allowed()"
done | grep -v '^tui/' >"$found"
check "whatever opens a connection asks first"

sources core kernels registry tui | xargs grep -nE \
	'(^|[^a-z_.>])(socket|connect|getaddrinfo|gethostbyname|sendto|sendmsg)\(|<sys/socket\.h>|<netdb\.h>|<netinet/' |
	grep -v -e '^registry/git_ssh\.c:.*<sys/socket\.h>' >"$found"
check "no socket but those of libcurl, libgit2 and ssh"

# One place says yes: the settings.
sources core kernels registry tui | xargs grep -n 'net_permit(' | grep -v -e '^registry/net\.[ch]:' -e '^tui/config\.c:' \
	-e '^tui/state/apply\.c:' >"$found"
check "only the settings open the network"

# Every address in the program is one that a person named, an example, a source to read, or the hub.
sources core kernels registry tui | xargs grep -nohE '"https?://[a-z0-9.-]+\.[a-z]+' | sort -u |
	grep -v -E '"https://huggingface\.co$' >"$found"
check "no address is built in but the hub's"
finish
