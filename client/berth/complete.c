/* SPDX-License-Identifier: ISC */
/*
 * berth __complete WORD...: what the last word could become. The scripts of config/completions ask
 * it; the answers come from the tables that the verbs, the flags and the entitlements come from.
 *
 * Answer: a line for each candidate, the whole word, a tab and a text for people; then one line
 * ":KIND N", for what a shell completes better: none, dirs, files, users, principals (users, and
 * groups behind an @) or commands. N bytes of the word stand before the part that is meant.
 * TRUST: unprivileged
 * INPUT: a command line that is being typed, by the caller
 * MUST: start no engine; wait for none that hangs; offer nothing that this version does not have.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/entitlement.h"

#include "client/berth/jobcall.h"
#include "client/berth/jobfile.h"
#include "client/berth/jobfilter.h"
#include "client/berth/message.h"
#include "client/berth/signame.h"
#include "client/berth/volumecall.h"
#include "client/lib/caps.h"
#include "client/lib/job.h"
#include "client/lib/json.h"

extern char **environ;

/* The word that is being typed: what is before it decides what it is. */
struct typing {
	struct cli *cli;
	const char *word;
	size_t head; /* bytes before the value: "--name=", "a,b," */
	const char *jobfile; /* that was named before it; NULL: none */
	const char *kind; /* what the shell shall complete from head on; NULL: nothing */
	size_t count; /* candidates that were printed */
};

/* Prints word[0..head], text and more if that goes on as the word does. */
static void
offer(struct typing *typing, const char *text, const char *more, const char *help)
{
	char whole[1024];

	snprintf(whole, sizeof(whole), "%.*s%s%s", (int)typing->head, typing->word, text, more);
	if (strncmp(whole, typing->word, strlen(typing->word)) != 0)
		return;
	printf("%s\t%s\n", whole, help != NULL ? help : "");
	typing->count++;
}

static void
leave_to_shell(struct typing *typing, const char *kind)
{
	typing->kind = kind;
}

static const char *
value_of(const struct typing *typing)
{
	return (typing->word + typing->head);
}

/* --- values, by the name that they have in help -------------------------------------------------- */

static void
offer_words(struct typing *typing, const char *const *words)
{
	for (; *words != NULL; words++)
		offer(typing, *words, "", NULL);
}

static void
value_format(struct typing *typing)
{
	offer_words(typing, cli_formats);
}

static void
value_level(struct typing *typing)
{
	offer_words(typing, cli_levels);
}

/* What common/allowlist.c reads of the key engine. */
static void
value_engine(struct typing *typing)
{
	static const char *const kinds[] = { "shared", "once", "any", NULL };

	offer_words(typing, kinds);
}

static void
value_userns(struct typing *typing)
{
	static const char *const kinds[] = { "keep-id", NULL };

	offer_words(typing, kinds);
}

static void
value_policy(struct typing *typing)
{
	static const char *const policies[] = { "no", "always", "on-failure", "unless-stopped",
		NULL };

	offer_words(typing, policies);
}

static void
value_security(struct typing *typing)
{
	offer(typing, "no-new-privileges", "", "as prctl(2) has it");
}

static void
value_signal(struct typing *typing)
{
	char name[16];

	for (int number = 1; number < 32; number++) {
		if (signame_format(number, name, sizeof(name)))
			offer(typing, name, "", NULL);
	}
}

/* Names, which are the engine's to say, and ids for who begins to type one. Only an engine that runs is asked, and not for long. */
static void
offer_jobs(struct typing *typing, const char *tail)
{
	struct json_object *list;
	struct jobview view;
	char status[128];

	if (job_list_running(typing->cli, &list) != 0)
		return;
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		jobview_read(json_object_array_get_idx(list, i), &view);
		jobview_status(&view, jobview_now(), status, sizeof(status));
		status[strspn(status, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789 ()")] = '\0';
		if (job_is_name(view.name))
			offer(typing, view.name, tail, status);
		if (value_of(typing)[0] != '\0' && strcmp(view.id, view.name) != 0 &&
		    job_is_name(view.id))
			offer(typing, view.id, tail, status);
	}
	json_object_put(list);
}

static void
value_job(struct typing *typing)
{
	offer_jobs(typing, "");
}

/* As offer_jobs. */
static void
offer_volumes(struct typing *typing, const char *tail)
{
	struct json_object *list;

	if (volume_list_running(typing->cli, &list) != 0)
		return;
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		const char *name = json_text(json_object_array_get_idx(list, i), "name");

		if (name != NULL && job_is_volume(name))
			offer(typing, name, tail, "a volume");
	}
	json_object_put(list);
}

static void
value_named(struct typing *typing)
{
	offer_volumes(typing, "");
}

/* KEY=VALUE of volume ls */
static void
value_match(struct typing *typing)
{
	static const char *const answers[] = { "true", "false", NULL };
	static const char dangling[] = "dangling=";

	if (strncmp(value_of(typing), dangling, sizeof(dangling) - 1) == 0) {
		typing->head += sizeof(dangling) - 1;
		offer_words(typing, answers);
		return;
	}
	offer(typing, "name", "=", NULL);
	offer(typing, "label", "=", NULL);
	offer(typing, "dangling", "=", NULL);
}

/* Of volume prune. */
static void
value_prunable(struct typing *typing)
{
	offer(typing, "label", "=", NULL);
}

/* Source and destination of cp: a path here, or a job; what is in a job nobody is asked for. */
static void
value_copied(struct typing *typing)
{
	if (strchr(value_of(typing), ':') != NULL)
		return;
	leave_to_shell(typing, "files");
	offer_jobs(typing, ":");
}

/* KEY=VALUE of ps */
static void
value_filter(struct typing *typing)
{
	static const char status[] = "status=";

	if (strncmp(value_of(typing), status, sizeof(status) - 1) == 0) {
		typing->head += sizeof(status) - 1;
		offer_words(typing, jobfilter_states);
		return;
	}
	for (size_t i = 0; jobfilter_keys[i] != NULL; i++)
		offer(typing, jobfilter_keys[i], "=", NULL);
}

/* Of system prune. */
static void
value_property(struct typing *typing)
{
	offer(typing, "label", "=", NULL);
	offer(typing, "until", "=", NULL);
}

static void
value_address(struct typing *typing)
{
	static const char scheme[] = "unix:";

	if (strncmp(value_of(typing), scheme, sizeof(scheme) - 1) != 0) {
		offer(typing, scheme, "/", "a socket");
		return;
	}
	typing->head += sizeof(scheme) - 1;
	leave_to_shell(typing, "files");
}

static void
value_cap(struct typing *typing)
{
	offer(typing, "ALL", "", "all of the default ones");
	for (unsigned int i = 0; i < CAPS_COUNT; i++) {
		if ((caps_parse(caps_name(i)) & caps_default()) != 0)
			offer(typing, caps_name(i), "", NULL);
	}
}

/* granting: without those that nobody needs to be granted. */
static void
offer_entitlements(struct typing *typing, bool granting)
{
	static const char mount[] = "mount=";

	if (strncmp(value_of(typing), mount, sizeof(mount) - 1) == 0) {
		typing->head += sizeof(mount) - 1;
		leave_to_shell(typing, "dirs");
		return;
	}
	for (unsigned int id = ENT_INVALID + 1; id < ENT_COUNT; id++) {
		const struct entitlement_info *info = entitlement_info((enum entitlement_id)id);

		if (info->available && !(granting && info->always))
			offer(typing, info->name, info->value == ENT_VALUE_NONE ? "" : "=",
			    info->meaning);
	}
}

static void
value_wanted(struct typing *typing)
{
	offer_entitlements(typing, false);
}

static void
value_granted(struct typing *typing)
{
	offer_entitlements(typing, true);
}

static void
value_list(struct typing *typing)
{
	const char *comma = strrchr(value_of(typing), ',');

	if (comma != NULL)
		typing->head = (size_t)(comma + 1 - typing->word);
	offer_entitlements(typing, true);
}

static void
value_driver(struct typing *typing)
{
	offer(typing, "local", "", "there is no other");
}

/* A network is an entitlement that begins with "network.". */
static void
value_network(struct typing *typing)
{
	static const char prefix[] = "network.";

	for (unsigned int id = ENT_INVALID + 1; id < ENT_COUNT; id++) {
		const struct entitlement_info *info = entitlement_info((enum entitlement_id)id);

		if (info->available && strncmp(info->name, prefix, sizeof(prefix) - 1) == 0)
			offer(typing, info->name + sizeof(prefix) - 1, "", info->meaning);
	}
}

static void
value_ulimit(struct typing *typing)
{
	const char *name;

	for (size_t i = 0; (name = job_ulimit_name(i)) != NULL; i++)
		offer(typing, name, "=", NULL);
}

static void
value_variable(struct typing *typing)
{
	for (char **variable = environ; *variable != NULL; variable++) {
		char name[256];
		size_t len = strcspn(*variable, "=");

		/* Names come from anywhere, and this goes to a terminal. */
		if (len >= sizeof(name))
			continue;
		memcpy(name, *variable, len);
		name[len] = '\0';
		if (name[strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789_")] == '\0')
			offer(typing, name, "", "pass the caller's");
	}
}

/* Behind the last comma of a list. */
static void
go_behind_comma(struct typing *typing, const char *list)
{
	const char *comma = strrchr(list, ',');

	typing->head = (size_t)((comma != NULL ? comma + 1 : list) - typing->word);
}

/* [SRC:]DST[:OPTIONS] */
static void
value_volume(struct typing *typing)
{
	const char *source = strchr(value_of(typing), ':');
	const char *target = source != NULL ? strchr(source + 1, ':') : NULL;

	if (source == NULL) {
		if (strchr(value_of(typing), '/') == NULL)
			offer_volumes(typing, ":");
		leave_to_shell(typing, "dirs");
	} else if (target != NULL) {
		go_behind_comma(typing, target + 1);
		offer(typing, "ro", "", "read-only");
		offer(typing, "rw", "", "read-write");
		offer(typing, "rslave", "", "with what the host mounts later");
		offer(typing, "nocopy", "", "a new volume stays empty");
		offer(typing, "uid", "=", "whom the files belong to in the job");
		offer(typing, "gid", "=", "and whose group");
	}
}

/* KEY=VALUE,... of --mount */
static void
value_mount(struct typing *typing)
{
	static const char *const types[] = { "bind", "volume", "tmpfs", NULL };
	static const char *const kinds[] = { "private", "rprivate", "slave", "rslave", NULL };
	static const char *const keys[] = { "type", "source", "target", "bind-propagation", "uid",
		"gid", "volume-label", "tmpfs-size", "tmpfs-mode", NULL };
	static const char *const switches[] = { "readonly", "bind-nonrecursive", "volume-nocopy",
		NULL };
	const char *value;
	bool source;

	go_behind_comma(typing, value_of(typing));
	value = strchr(value_of(typing), '=');
	if (value == NULL) {
		for (size_t i = 0; keys[i] != NULL; i++)
			offer(typing, keys[i], "=", NULL);
		offer_words(typing, switches);
		return;
	}
	source = strncmp(value_of(typing), "source=", 7) == 0 ||
		 strncmp(value_of(typing), "src=", 4) == 0;
	if (strncmp(value_of(typing), "type=", 5) == 0) {
		typing->head = (size_t)(value + 1 - typing->word);
		offer_words(typing, types);
	} else if (strncmp(value_of(typing), "bind-propagation=", 17) == 0) {
		typing->head = (size_t)(value + 1 - typing->word);
		offer_words(typing, kinds);
	} else if (source) {
		typing->head = (size_t)(value + 1 - typing->word);
		leave_to_shell(typing, "dirs");
	}
}

/* id=NAME,src=FILE of --secret */
static void
value_secret(struct typing *typing)
{
	static const char *const keys[] = { "id", "src", "target", "uid", "gid", "mode", NULL };
	const char *value;

	go_behind_comma(typing, value_of(typing));
	value = strchr(value_of(typing), '=');
	for (size_t i = 0; value == NULL && keys[i] != NULL; i++)
		offer(typing, keys[i], "=", NULL);
	if (strncmp(value_of(typing), "src=", 4) != 0)
		return;
	typing->head = (size_t)(value + 1 - typing->word);
	leave_to_shell(typing, "files");
}

/* What the job file that was named asks for, and then a path for it. */
static void
value_param(struct typing *typing)
{
	const char *value = strchr(value_of(typing), '=');
	struct problems problems = { .n = 0 };
	struct jobfile *jf = NULL;
	struct err ignored;

	if (value != NULL) {
		typing->head = (size_t)(value + 1 - typing->word);
		leave_to_shell(typing, "files");
		return;
	}
	if (typing->jobfile != NULL)
		jf = calloc(1, sizeof(*jf));
	if (jf != NULL && jobfile_read(jf, typing->jobfile, &problems, &ignored) == 0) {
		for (size_t i = 0; i < jf->nitems; i++) {
			const struct jobfile_item *item = &jf->items[i];

			if ((item->kind != JOBFILE_MOUNT || item->volume) &&
			    jobfile_find(jf, JOBFILE_INVALID, item->name, strlen(item->name)) ==
				item)
				offer(typing, item->name, "=", jobfile_kind_name(item->kind));
		}
	}
	if (jf != NULL)
		jobfile_free(jf);
	free(jf);
	problems_free(&problems);
}

static void
value_dir(struct typing *typing)
{
	leave_to_shell(typing, "dirs");
}

static void
value_file(struct typing *typing)
{
	leave_to_shell(typing, "files");
}

static void
value_user(struct typing *typing)
{
	leave_to_shell(typing, "users");
}

static void
value_principal(struct typing *typing)
{
	leave_to_shell(typing, "principals");
}

static void
value_command(struct typing *typing)
{
	leave_to_shell(typing, "commands");
}

static void
value_image(struct typing *typing)
{
	offer(typing, "host", "", "the host's own programs");
	leave_to_shell(typing, "dirs");
}

static void
offer_verbs(struct typing *typing, const struct command *table)
{
	for (; table != NULL && table->name != NULL; table++) {
		if (command_is_listed(table))
			offer(typing, command_word(table), "", table->summary);
	}
}

static void
value_verb(struct typing *typing)
{
	offer_verbs(typing, commands);
}

/* Names that are not here can be anything: NAME, TIME, ... */
static const struct {
	const char *name;
	void (*complete)(struct typing *typing);
} values[] = {
	{ "ADDR", value_address },
	{ "CAP", value_cap },
	{ "COMMAND", value_command },
	{ "DEST|-|JOB:PATH", value_copied },
	{ "DIR", value_dir },
	{ "DRIVER", value_driver },
	{ "E", value_wanted },
	{ "ENTITLEMENT", value_granted },
	{ "FILE", value_file },
	{ "FORMAT", value_format },
	{ "IMAGE", value_image },
	{ "KIND", value_engine },
	{ "JOB", value_job },
	{ "JOB:PATH|SRC|-", value_copied },
	{ "JOBFILE", value_file },
	{ "KEY=VALUE", value_filter },
	{ "KEY=VALUE,...", value_mount },
	{ "LABEL", value_prunable },
	{ "LEVEL", value_level },
	{ "LIST", value_list },
	{ "MATCH", value_match },
	{ "MODE", value_network },
	{ "NAME=SOFT[:HARD]", value_ulimit },
	{ "NAME[=VALUE]", value_variable },
	{ "OPTION", value_security },
	{ "PARAM=VALUE", value_param },
	{ "POLICY", value_policy },
	{ "PROPERTY", value_property },
	{ "SIGNAL", value_signal },
	{ "USER", value_user },
	{ "USER|@GROUP", value_principal },
	{ "VERB", value_verb },
	{ "VOLUME", value_named },
	{ "[SRC:]DST[:OPTIONS]", value_volume },
	{ "id=NAME,src=FILE", value_secret },
	{ "keep-id[:uid=U,gid=G]", value_userns },
};

static void
complete_value(struct typing *typing, const char *name, size_t len)
{
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		if (strlen(values[i].name) == len && memcmp(values[i].name, name, len) == 0)
			values[i].complete(typing);
	}
}

/* --- flags and words ------------------------------------------------------------------------------ */

/* What is known about the command line: whose flags, and how many words came already. */
struct place {
	const struct command *command; /* NULL: before the verb */
	size_t nwords; /* that are no flags; a job file stands for IMAGE */
	bool ended; /* no flag can follow */
	const struct flag *pending; /* the next word is its value */
	const char *jobfile; /* of -f; NULL: none */
};

static const struct flag *
globals_of(const struct place *place)
{
	return (place->command != NULL ? command_globals(place->command) : global_flags);
}

static const struct flag *
find_flag(const struct place *place, const char *name, size_t len)
{
	const struct flag *own = place->command != NULL ? place->command->flags : NULL;
	const struct flag *flag = flags_find(own, name, len);

	return (flag != NULL ? flag : flags_find(globals_of(place), name, len));
}

/* The flag that word gives a value to, and where that begins in it: 0 in the next word. */
static const struct flag *
flag_of(const struct place *place, const char *word, size_t *begins)
{
	const struct flag *flag = NULL;

	*begins = 0;
	if (word[1] == '-') {
		size_t len = strcspn(word, "=");

		flag = find_flag(place, word, len);
		*begins = word[len] == '=' ? len + 1 : 0;
		return (flag);
	}
	for (const char *letter = word + 1; *letter != '\0'; letter++) {
		flag = find_flag(place, letter, 1);
		if (flag == NULL || !flag_takes_value(flag))
			continue;
		letter += letter[1] == '=' ? 1 : 0;
		*begins = letter[1] != '\0' || *letter == '=' ? (size_t)(letter + 1 - word) : 0;
		break;
	}
	return (flag);
}

static void
offer_flags(struct typing *typing, const struct flag *flags)
{
	for (; flags != NULL && flags->kind != FLAG_INVALID; flags++) {
		char letter[2] = { flags->letter, '\0' };

		if (!flag_is_here(flags))
			continue;
		offer(typing, "--", flags->name, flags->help);
		if (flags->letter != 0 && strlen(typing->word) < 3)
			offer(typing, "-", letter, flags->help);
	}
}

static void
offer_all_flags(struct typing *typing, const struct place *place)
{
	offer_flags(typing, place->command != NULL ? place->command->flags : NULL);
	offer_flags(typing, globals_of(place));
}

/*
 * The words in capitals of the usage are what a verb takes, in this order; "..." repeats. Of
 * "[COMMAND...]" what follows the first word are arguments: files, as in a shell.
 */
static void
complete_word(struct typing *typing, const struct place *place)
{
	const char *at = place->command->usage;
	size_t left = place->nwords;

	for (; *at != '\0'; at += strspn(at, " ")) {
		const char *name = at + strspn(at, "[");
		size_t len = strcspn(name, " ");

		at = name + len;
		while (len > 0 && (name[len - 1] == ']' || name[len - 1] == '.'))
			len--;
		bool repeats = strncmp(name + len, "...", 3) == 0;

		if (name[0] < 'A' || name[0] > 'Z')
			continue;
		if (repeats && left > 0 && strncmp(name, "COMMAND", len) == 0)
			leave_to_shell(typing, "files");
		else if (repeats || left == 0)
			complete_value(typing, name, len);
		if (repeats || left-- == 0)
			return;
	}
}

/* What follows the first word are a command's words. */
static bool
takes_command(const struct place *place)
{
	return (place->command != NULL &&
		(place->command->run == cmd_run || place->command->run == cmd_exec));
}

/* Goes to the verb that a word names; stays where it is when it names none. */
static void
enter(struct place *place, const char *word)
{
	const struct command *verbs = place->command == NULL ? commands : place->command->verbs;
	const struct command *row = verbs != NULL ? command_in(verbs, word) : NULL;

	place->nwords++;
	if (place->command != NULL && place->command->run == cmd_explain && place->nwords == 1)
		row = strcmp(word, "run") == 0 ? command_find("run") : NULL;
	if (row != NULL && row->run != NULL)
		*place = (struct place){ .command = row };
	else if (takes_command(place))
		place->ended = true;
}

/* -f of run: then no IMAGE follows. */
static void
take_jobfile(struct place *place, const struct flag *flag, const char *file)
{
	if (flag->value == NULL || strcmp(flag->value, "JOBFILE") != 0)
		return;
	place->nwords++;
	place->jobfile = file;
}

/* One word that stands before the one that is typed. */
static void
pass(struct place *place, const char *word)
{
	size_t begins;

	if (place->pending != NULL) {
		take_jobfile(place, place->pending, word);
		place->pending = NULL;
	} else if (!place->ended && strcmp(word, "--") == 0) {
		place->ended = true;
	} else if (!place->ended && word[0] == '-' && word[1] != '\0') {
		const struct flag *flag = flag_of(place, word, &begins);

		if (flag != NULL && flag_takes_value(flag) && begins == 0)
			place->pending = flag;
		else if (flag != NULL)
			take_jobfile(place, flag, word + begins);
	} else if (place->ended && strcmp(word, "--") == 0 && place->nwords == 1) {
		/* run IMAGE -- COMMAND, exec JOB -- COMMAND */
		return;
	} else {
		enter(place, word);
	}
}

static void
complete_here(struct typing *typing, const struct place *place)
{
	const struct command *command = place->command;
	bool verbs = command == NULL || command->verbs != NULL;
	const struct flag *flag;

	if (place->pending != NULL) {
		complete_value(typing, place->pending->value, strlen(place->pending->value));
	} else if (!place->ended && typing->word[0] == '-') {
		flag = flag_of(place, typing->word, &typing->head);
		if (flag != NULL && flag_takes_value(flag) && typing->head > 0)
			complete_value(typing, flag->value, strlen(flag->value));
		else {
			typing->head = 0;
			offer_all_flags(typing, place);
		}
	} else if (verbs) {
		offer_verbs(typing, command == NULL ? commands : command->verbs);
	} else if (command->run == cmd_explain) {
		if (!place->ended)
			leave_to_shell(typing, "files");
		offer(typing, "run", "", command_find("run")->summary);
	} else {
		complete_word(typing, place);
	}
}

/* help VERB SUBVERB */
static const struct command *
helped(const struct place *place, int argc, char **argv)
{
	const struct command *verb = NULL;

	if (place->command == NULL || place->command->run != cmd_help || place->nwords != 1)
		return (NULL);
	for (int i = argc - 1; i >= 0 && verb == NULL; i--)
		verb = command_find(argv[i]);
	return (verb);
}

/* Behind a word that is no verb nothing is known. */
static bool
is_lost(const struct place *place)
{
	return (place->nwords > 0 && (place->command == NULL || place->command->verbs != NULL));
}

static int
answer(const struct typing *typing, struct err *err)
{
	printf(":%s %zu\n", typing->kind != NULL ? typing->kind : "none", typing->head);
	return (message_done(err));
}

int
cmd_complete(struct cli *cli, int argc, char **argv, struct err *err)
{
	struct typing typing = { .cli = cli, .word = argc > 0 ? argv[argc - 1] : "" };
	struct place place = { .command = NULL };
	const struct command *about;

	for (int i = 0; i < argc - 1; i++)
		pass(&place, argv[i]);
	if (is_lost(&place))
		return (answer(&typing, err));
	typing.jobfile = place.jobfile;
	about = helped(&place, argc - 1, argv);
	if (about != NULL)
		offer_verbs(&typing, about->verbs);
	else
		complete_here(&typing, &place);
	/* Nothing else can stand here: then flags can. */
	if (typing.count == 0 && typing.kind == NULL && typing.word[0] == '\0' && !place.ended &&
	    place.pending == NULL)
		offer_all_flags(&typing, &place);
	return (answer(&typing, err));
}
