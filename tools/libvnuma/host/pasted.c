/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What people paste around the text of a host: the prompt and the command,
 * code fences, "> " of mails.  It is overwritten with blanks, so what is
 * left stays at its place; blanks before a line mean nothing in any form.
 * Only what can be no line of a host is taken away.
 */
#include "config.h"

#include "host/topology_draft.h"

#include <string.h>

static bool ends_with(vnuma__text line, const char *end)
{
    uint32_t len = strlen(end);

    return line.len >= len && !memcmp(line.ptr + line.len - len, end, len);
}

/* "numactl -H", with or without a prompt before it. */
static bool is_command(vnuma__text line)
{
    const vnuma__host_form *const *form;
    const char *const *command;

    for (form = vnuma__host_forms; *form; form++)
        for (command = (*form)->commands; *command; command++) {
            vnuma__text prompt = line;

            if (!ends_with(line, *command))
                continue;
            prompt.len -= strlen(*command);
            prompt = vnuma__text_trim(prompt);
            return !prompt.len || ends_with(prompt, "sudo") ||
                   strchr("#$%>", prompt.ptr[prompt.len - 1]);
        }
    return false;
}

/*
 * "root@host:~#", alone or before another command; "# a comment".  No line of
 * a host ends as a prompt does.
 */
static bool is_prompt(vnuma__text line)
{
    uint32_t word = vnuma__text_find(line, ' ');
    vnuma__text first = vnuma__text_slice(line, 0, word);

    if (!line.len)
        return false;
    if (vnuma__text_equal(first, "#") || vnuma__text_equal(first, "$"))
        return true;
    if (strchr("{\"", line.ptr[0]))
        return false;
    if (ends_with(line, "#") || ends_with(line, "$"))
        return true;
    return vnuma__text_find(first, '@') < first.len &&
           (vnuma__text_find(line, '#') < line.len ||
            vnuma__text_find(line, '$') < line.len);
}

void vnuma__host_unpaste(char *text, uint32_t len)
{
    static const char bom[] = "\xef\xbb\xbf"; /* as Windows writes it */
    vnuma__text rest = { .ptr = text, .len = len }, line;
    const char *start = text;

    if (vnuma__text_starts_with(rest, bom))
        memset(text, ' ', strlen(bom));
    for (; vnuma__text_next(&rest, '\n', &line); start = rest.ptr) {
        while (line.len && line.ptr[0] == '>')
            line =
                vnuma__text_skip_space(vnuma__text_slice(line, 1, line.len));
        memset(text + (start - text), ' ', line.ptr - start);
        if (vnuma__text_starts_with(line, "```") ||
            vnuma__text_starts_with(line, "~~~") || is_command(line) ||
            is_prompt(line))
            memset(text + (line.ptr - text), ' ', line.len);
    }
}
