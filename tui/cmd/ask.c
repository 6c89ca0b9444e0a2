/* Questions; see ask.h. */
#define _GNU_SOURCE
#include "tui/cmd/ask.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tui/say.h"

bool
ask_can(void)
{
	return isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

char
ask(const char *question, const char *letters)
{
	char *line = NULL, last = letters[strlen(letters) - 1], answer;
	size_t size = 0;

	fflush(stdout);
	say_lines(question);
	fflush(stderr);
	if (getline(&line, &size, stdin) < 0) {
		fputc('\n', stderr);
		free(line);
		return last;
	}
	answer = line[strspn(line, " \t")];
	if (answer >= 'A' && answer <= 'Z')
		answer = (char)(answer - 'A' + 'a');
	free(line);
	return answer && strchr(letters, answer) ? answer : last;
}
