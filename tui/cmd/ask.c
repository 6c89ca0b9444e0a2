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

/* The first letter of the answer, small; '\0': an empty line, EOF: the end of the input. */
static int
read_letter(void)
{
	char *line = NULL;
	size_t size = 0;
	int letter = EOF;

	fflush(stderr);
	if (getline(&line, &size, stdin) < 0)
		fputc('\n', stderr);
	else
		letter = line[strspn(line, " \t")];
	free(line);
	if (letter >= 'A' && letter <= 'Z')
		return letter - 'A' + 'a';
	return letter == '\n' || letter == '\r' ? '\0' : letter;
}

char
ask(const char *question, const char *letters)
{
	int letter;

	fflush(stdout);
	say_lines(question);
	letter = read_letter();
	return letter > 0 && strchr(letters, letter) ? (char)letter : letters[strlen(letters) - 1];
}

bool
ask_yes(const char *question, bool by_itself)
{
	int letter;

	fflush(stdout);
	say_lines(question);
	fputs(by_itself ? " [Y/n] " : " [y/N] ", stderr);
	letter = read_letter();
	return letter == '\0' ? by_itself : letter == 'y';
}
