/* SPDX-License-Identifier: ISC */
/*
 * Units of mountwords.c and of job_mount*.c: what -v and --mount say, and that a mount is the same behind
 * the wire.
 * TRUST: unprivileged
 * INPUT: none
 * MUST: hold each option with the types that have it, and that nothing else passes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "client/berth/mountwords.h"
#include "client/lib/job_mount.h"

static const char *
text(const char *word)
{
	return (word != NULL ? word : "-");
}

/* A mount in one line; "! " and why when the words are none. */
static const char *
describe(int (*parse)(const char *, struct job_mount *, struct err *), const char *words)
{
	static const char *const types[] = { "none", "bind", "tmpfs", "volume", "secret" };
	static char line[2 * ERR_LINE];
	struct job_mount mount;
	struct err err;

	if (parse(words, &mount, &err) != 0)
		snprintf(line, sizeof(line), "! %s", err.what);
	else {
		int used = snprintf(line, sizeof(line), "%s %s %s %s%s%s%s%s", types[mount.type],
		    text(mount.source), mount.target, text(mount.options),
		    mount.readonly ? " ro" : "", mount.nonrecursive ? " flat" : "",
		    mount.propagation == JOB_PROPAGATION_SLAVE ? " slave" : "",
		    mount.nocopy ? " nocopy" : "");

		if (mount.mapped)
			used += snprintf(line + used, sizeof(line) - (size_t)used, " %u:%u",
			    mount.uid, mount.gid);
		for (size_t i = 0; i < mount.labels.n; i++)
			used += snprintf(
			    line + used, sizeof(line) - (size_t)used, " [%s]", mount.labels.v[i]);
		assert_int_equal(mount.fd, -1);
	}
	job_mount_free(&mount);
	return (line);
}

struct words {
	const char *words;
	const char *mount;
};

static void
volumes(void **state)
{
	static const struct words cases[] = {
		{ "/a:/b", "bind /a /b -" },
		{ "./a:/b//c/.", "bind ./a /b/c -" },
		{ ".:/b", "bind . /b -" },
		{ "..:/b", "bind .. /b -" },
		{ "/a,x:/b,y", "bind /a,x /b,y -" },
		{ "/a:/b:ro", "bind /a /b - ro" },
		{ "/a:/b:ro,rw", "bind /a /b -" },
		{ "/a:/b:rslave,ro", "bind /a /b - ro slave" },
		{ "/a:/b:slave", "bind /a /b - slave" },
		{ "/a:/b:slave,private", "bind /a /b -" },
		{ "/a:/b:rprivate", "bind /a /b -" },
		{ "/a:/b:uid=101,gid=7", "bind /a /b - 101:7" },
		{ "/a:/b:uid=0,gid=0", "bind /a /b - 0:0" },
		{ "name:/b", "volume name /b -" },
		{ "name:/b:ro,nocopy", "volume name /b - ro nocopy" },
		{ "/b", "volume - /b -" },
		/* --- not */
		{ "name", "! -v name: DST is not an absolute path" },
		{ "/a:b", "! -v /a:b: DST is not an absolute path" },
		{ "/a:", "! -v /a:: DST is not an absolute path" },
		{ ":/b", "! -v :/b: SRC is empty" },
		{ "/b:ro", "! -v /b:ro: DST is not an absolute path" },
		{ "/a:/b:ro:x", "! -v /a:/b:ro:x: there is one ':' too many" },
		{ "/a:/b:z", "! -v /a:/b:z: option z is not available in this version" },
		{ "/a:/b:", "! -v /a:/b:: option  is not available in this version" },
		{ "/a:/b:ro=1x", "! -v /a:/b:ro=1x: not a switch's value" },
		{ "/a:/b:rw=true", "! -v /a:/b:rw=true: rw has no value" },
		{ "/a:/b:shared", "! propagation shared is refused" },
		{ "/a:/b:rshared", "! propagation rshared is refused" },
		{ "/a:/b:nocopy", "! -v /a:/b:nocopy: nocopy does not fit this mount" },
		{ "name:/b:slave", "! -v name:/b:slave: slave does not fit this mount" },
		{ "name:/b:uid=1,gid=1", "! -v name:/b:uid=1,gid=1: gid does not fit this mount" },
		{ "/a:/b:uid=101", "! -v /a:/b:uid=101: uid= and gid= go together" },
		{ "/a:/b:gid=101", "! -v /a:/b:gid=101: uid= and gid= go together" },
		{ "/a:/b:uid", "! -v /a:/b:uid: an option has no value" },
		{ "/a:/b:uid=-1,gid=1", "! -v /a:/b:uid=-1,gid=1: not an id" },
		{ "/a:/b:uid=4294967295,gid=1", "! -v /a:/b:uid=4294967295,gid=1: not an id" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(describe(mountwords_volume, cases[i].words), cases[i].mount);
}

static void
mounts(void **state)
{
	static const struct words cases[] = {
		{ "type=bind,source=/a,target=/b", "bind /a /b -" },
		{ "dst=/b,src=/a,type=bind,readonly", "bind /a /b - ro" },
		{ "type=bind,src=a,destination=/b,ro=false", "bind a /b -" },
		{ "type=bind,src=/a,dst=/b,bind-propagation=rslave", "bind /a /b - slave" },
		{ "type=bind,src=/a,dst=/b,bind-nonrecursive", "bind /a /b - flat" },
		{ "type=bind,src=/a,dst=/b,bind-nonrecursive=0", "bind /a /b -" },
		{ "type=bind,src=/a,dst=/b,bind-recursive=disabled", "bind /a /b - flat" },
		{ "type=bind,src=/a,dst=/b,uid=101,gid=102", "bind /a /b - 101:102" },
		{ "type=bind,\"src=/a,b:c\",dst=/b", "bind /a,b:c /b -" },
		{ "type=bind,\"src=/a\"\"b\",\"dst=/\"\"\"", "bind /a\"b /\" -" },
		{ "type=tmpfs,dst=/t", "tmpfs - /t -" },
		{ "type=tmpfs,dst=/t,tmpfs-size=64m", "tmpfs - /t size=67108864" },
		{ "type=tmpfs,dst=/t,tmpfs-size=64m,tmpfs-mode=700,ro",
		    "tmpfs - /t size=67108864,mode=0700 ro" },
		{ "type=tmpfs,dst=/t,tmpfs-mode=1777", "tmpfs - /t mode=1777" },
		{ "dst=/d", "volume - /d -" },
		{ "type=volume,src=name,dst=/d", "volume name /d -" },
		{ "src=name,dst=/d,volume-nocopy,volume-label=a=b,volume-label=c,volume-label=a=d",
		    "volume name /d - nocopy [a=d] [c=]" },
		/* --- not */
		{ "type=bind,src=,dst=/b",
		    "! --mount type=bind,src=,dst=/b: an option has no value" },
		{ "type=volume,dst=/b,volume-label=",
		    "! --mount type=volume,dst=/b,volume-label=: an option has no value" },
		{ "", "! --mount : option  is not available in this version" },
		{ "type=bind,", "! --mount type=bind,: option  is not available in this version" },
		{ "type=npipe,dst=/a", "! --mount type=npipe,dst=/a: there is no such type" },
		{ "type=secret,dst=/a", "! --mount type=secret,dst=/a: there is no such type" },
		{ "type=bind,dst=/a", "! --mount type=bind,dst=/a: there is no source" },
		{ "type=bind,src=/a", "! --mount type=bind,src=/a: there is no target" },
		{ "type,dst=/a", "! --mount type,dst=/a: an option has no value" },
		{ "dst=a", "! --mount dst=a: the target is not an absolute path" },
		{ "src=/a,dst=/b", "! --mount src=/a,dst=/b: a volume has a name, not a path" },
		{ "type=tmpfs,src=a,dst=/b",
		    "! --mount type=tmpfs,src=a,dst=/b: a tmpfs has no source" },
		{ "dst=/b,tmpfs-size=1",
		    "! --mount dst=/b,tmpfs-size=1: tmpfs-size does not fit this mount" },
		{ "type=tmpfs,dst=/b,tmpfs-size=x",
		    "! --mount type=tmpfs,dst=/b,tmpfs-size=x: tmpfs-size is not a size" },
		{ "type=tmpfs,dst=/b,tmpfs-mode=8",
		    "! --mount type=tmpfs,dst=/b,tmpfs-mode=8: tmpfs-mode is not a mode" },
		{ "type=tmpfs,dst=/b,tmpfs-mode=17777",
		    "! --mount type=tmpfs,dst=/b,tmpfs-mode=17777: tmpfs-mode is not a mode" },
		{ "type=bind,src=/a,dst=/b,bind-propagation=shared",
		    "! propagation shared is refused" },
		{ "type=bind,src=/a,dst=/b,bind-propagation=x", "! propagation x does not exist" },
		{ "type=bind,src=/a,dst=/b,bind-recursive=readonly",
		    "! --mount type=bind,src=/a,dst=/b,bind-recursive=readonly: bind-recursive has "
		    "no such value" },
		{ "dst=/b,volume-driver=nfs", "! --mount dst=/b,volume-driver=nfs: option "
					      "volume-driver is not available in this version" },
		{ "dst=/b,\"src=a",
		    "! --mount dst=/b,\"src=a: a double quote is not closed, or not alone" },
		{ "dst=/b,\"src=a\"\"",
		    "! --mount dst=/b,\"src=a\"\": a double quote is not closed, or not alone" },
		{ "dst=/b,\"src=a\"b",
		    "! --mount dst=/b,\"src=a\"b: a double quote is not closed, or not alone" },
		{ "dst=/b,src=\"a",
		    "! --mount dst=/b,src=\"a: a double quote is not closed, or not alone" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(describe(mountwords_mount, cases[i].words), cases[i].mount);
}

static void
sizes(void **state)
{
	static const struct {
		const char *text;
		uint64_t bytes;
	} right[] = { { "0", 0 }, { "65536", 65536 }, { "1k", 1024 }, { "2KB", 2048 },
		{ "64m", 64 << 20 }, { "1G", 1 << 30 }, { "7b", 7 }, { "1t", UINT64_C(1) << 40 },
		{ "9223372036854775807", INT64_MAX } };
	static const char *const wrong[] = { "", "k", "-1", "+1", " 1", "1 ", "1x", "1kk", "1kbb",
		"0x10", "9223372036854775808", "99999999999999999999999", "8388608t" };
	uint64_t bytes;

	(void)state;
	for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
		assert_int_equal(mountwords_size(right[i].text, &bytes), 0);
		assert_int_equal(bytes, right[i].bytes);
	}
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(mountwords_size(wrong[i], &bytes), -1);
}

/* What job_mount_check says of an object from the wire: its message, "" when it is right. */
static const char *
judge(const char *json)
{
	static struct varlink conn = { .fd = -1, .nfds = 6, .fds = { 10, 11, 12, 13, 14, 15 } };
	static char what[ERR_LINE];
	struct json_object *object = json_tokener_parse(json);
	struct job_mount mount;
	struct err err;

	assert_non_null(object);
	what[0] = '\0';
	if (job_mount_decode(object, &conn, &mount, &err) != 0 ||
	    job_mount_check(&mount, &err) != 0)
		memcpy(what, err.what, sizeof(what));
	json_object_put(object);
	job_mount_free(&mount);
	return (what);
}

static void
wire(void **state)
{
	static const struct words cases[] = {
		{ "{'type':'bind','target':'/a','source':'/b','fd':5}", "" },
		{ "{'type':'bind','target':'/a','source':'/"
		  "b','fd':5,'recursive':false,'propagation':'slave','readonly':true}",
		    "" },
		{ "{'type':'bind','target':'/a','source':'/b','fd':5,'uid':101,'gid':0}", "" },
		{ "{'type':'volume','target':'/a'}", "" },
		{ "{'type':'volume','target':'/a','source':'v','copy':false,'labels':{'a':'b'}}",
		    "" },
		{ "{'type':'secret','target':'/a','source':'s','fd':4,'mode':256}", "" },
		{ "{'type':'secret','target':'/a','source':'s','fd':4,'uid':5,'gid':6,'mode':292}",
		    "" },
		{ "{'type':'tmpfs','target':'/a','options':'size=1m'}", "" },
		/* --- not */
		{ "{'type':'bind','target':'/a','source':'/b','fd':6}",
		    "fd: not the index of a descriptor that came" },
		{ "{'type':'bind','target':'/a','source':'/b','fd':5,'uid':1}", "gid: missing" },
		{ "{'type':'bind','target':'/a','source':'/b','fd':5,'gid':1}", "uid: missing" },
		{ "{'type':'bind','target':'/a','source':'/b','fd':5,'uid':2147483647,'gid':1}",
		    "uid: not an id" },
		{ "{'type':'bind','target':'/a','source':'/b','fd':5,'uid':-1,'gid':1}",
		    "uid: not an id" },
		{ "{'type':'bind','target':'/a','source':'/b','fd':5,'propagation':'shared'}",
		    "propagation: not one of its values" },
		{ "{'type':'bind','target':'/a','source':'/"
		  "b','fd':5,'uid':1,'gid':1,'propagation':'slave'}",
		    "mount /a cannot have both an owner and propagation" },
		{ "{'type':'bind','target':'/a','source':'/b','fd':5,'copy':false}",
		    "mount /a has an option that its type does not have" },
		{ "{'type':'bind','target':'/a','source':'/b','fd':5,'labels':{'a':'b'}}",
		    "mount /a has an option that its type does not have" },
		{ "{'type':'bind','target':'/a','source':'/b','fd':5,'mode':256}",
		    "mount /a has an option that its type does not have" },
		{ "{'type':'bind','target':'/a','source':'/b'}",
		    "mount /a has an option that its type does not have" },
		{ "{'type':'bind','target':'/a','fd':5}", "mount /a has no source" },
		{ "{'type':'bind','target':'/a','source':'/b','options':'ro','fd':5}",
		    "mount /a has no source" },
		{ "{'type':'volume','target':'/a','fd':5}",
		    "mount /a has an option that its type does not have" },
		{ "{'type':'volume','target':'/a','recursive':false}",
		    "mount /a has an option that its type does not have" },
		{ "{'type':'volume','target':'/a','uid':1,'gid':1}",
		    "mount /a has an option that its type does not have" },
		{ "{'type':'volume','target':'/a','source':'../x'}",
		    "../x cannot be the name of a volume" },
		{ "{'type':'volume','target':'/a','source':'.'}",
		    ". cannot be the name of a volume" },
		{ "{'type':'volume','target':'/a','source':''}",
		    "\"\" cannot be the name of a volume" },
		{ "{'type':'volume','target':'/a','options':'x'}", "volume /a has options" },
		{ "{'type':'tmpfs','target':'/a','source':'x'}",
		    "tmpfs /a has options that do not exist" },
		{ "{'type':'tmpfs','target':'/a','fd':1}",
		    "mount /a has an option that its type does not have" },
		{ "{'type':'tmpfs','target':'/a','uid':0,'gid':0}",
		    "mount /a has an option that its type does not have" },
		{ "{'type':'secret','target':'/a','fd':4,'mode':256}",
		    "a secret cannot be called that" },
		{ "{'type':'secret','target':'/a','source':'a/b','fd':4,'mode':256}",
		    "a secret cannot be called that" },
		{ "{'type':'secret','target':'/a','source':'s','fd':4,'mode':384}",
		    "secret s cannot have the mode 0600" },
		{ "{'type':'secret','target':'/a','source':'s','fd':4,'mode':0}",
		    "mode: not a mode" },
		{ "{'type':'secret','target':'/a','source':'s','mode':256}",
		    "mount /a has an option that its type does not have" },
		{ "{'type':'secret','target':'/proc/a','source':'s','fd':4,'mode':256}",
		    "nothing can be mounted on /proc/a in a job" },
		{ "{'type':'volume','target':'/'}", "nothing can be mounted on / of a job" },
		{ "{'type':'overlay','target':'/a'}", "type: not one of its values" },
		{ "{'type':'volume','target':'/a','more':1}", "more: unknown" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char json[256];

		snprintf(json, sizeof(json), "%s", cases[i].words);
		for (char *quote = json; (quote = strchr(quote, '\'')) != NULL;)
			*quote = '"';
		assert_string_equal(judge(json), cases[i].mount);
	}
}

/* A name has a limit, and so have all labels of all volumes. */
static void
limits(void **state)
{
	char name[JOB_VOLUME_MAX + 2];

	(void)state;
	memset(name, 'v', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_false(job_is_volume(name));
	name[sizeof(name) - 2] = '\0';
	assert_true(job_is_volume(name));
	assert_true(job_is_volume("0a.b_c-d"));
	assert_false(job_is_volume(""));
	assert_false(job_is_volume("-a"));
	assert_false(job_is_volume("_a"));
	assert_false(job_is_volume("a/b"));
	assert_false(job_is_volume("a\nb"));
	assert_false(job_is_volume("a:b"));
}

static struct job *
make_job(void)
{
	static struct job job;
	struct err err;

	job_init(&job);
	job.detach = true;
	assert_int_equal(job_add_word(&job.run.args, "true", &err), 0);
	return (&job);
}

static void
too_many_labels(void **state)
{
	struct job *job = make_job();
	struct job_mount mount = {
		.type = JOB_MOUNT_VOLUME, .target = (char *)(uintptr_t) "/a", .fd = -1
	};
	char label[4200];
	struct err err;

	(void)state;
	memset(label, 'x', sizeof(label) - 1);
	label[sizeof(label) - 1] = '\0';
	label[1] = '=';
	assert_int_equal(job_add_word(&mount.labels, label, &err), 0);
	assert_int_equal(job_add_mount(job, &mount, &err), 0);
	assert_int_equal(job_check(job, &err), 0);
	mount.target = (char *)(uintptr_t) "/b";
	assert_int_equal(job_add_mount(job, &mount, &err), 0);
	assert_int_equal(job_check(job, &err), -1);
	assert_string_equal(err.what, "the labels of volumes are too long");
	job_words_free(&mount.labels);
	job_free(job);
}

/* Of two at one place only one would be seen. */
static void
one_target(void **state)
{
	static const struct {
		struct job_mount mount;
		const char *why; /* with the tmpfs that is at /a */
	} cases[] = {
		{ { .type = JOB_MOUNT_TMPFS, .fd = -1 }, "a tmpfs, and a tmpfs" },
		{ { .type = JOB_MOUNT_VOLUME, .fd = -1 }, "a tmpfs, and a volume without a name" },
		{ { .type = JOB_MOUNT_VOLUME, .source = (char *)(uintptr_t) "v", .fd = -1 },
		    "a tmpfs, and volume v" },
		{ { .type = JOB_MOUNT_BIND, .source = (char *)(uintptr_t) "/s", .fd = 3 },
		    "a tmpfs, and /s" },
		{ { .type = JOB_MOUNT_SECRET,
		      .source = (char *)(uintptr_t) "k",
		      .mode = 0400,
		      .fd = 3 },
		    "a tmpfs, and secret k" },
	};
	struct job_mount first = {
		.type = JOB_MOUNT_TMPFS, .target = (char *)(uintptr_t) "/a", .fd = -1
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct job *job = make_job();
		struct job_mount mount = cases[i].mount;
		struct err err;

		assert_int_equal(job_add_mount(job, &first, &err), 0);
		mount.target = (char *)(uintptr_t) "/a/b";
		assert_int_equal(job_add_mount(job, &mount, &err), 0);
		assert_int_equal(job_check(job, &err), 0);
		mount.target = (char *)(uintptr_t) "/a";
		assert_int_equal(job_add_mount(job, &mount, &err), 0);
		assert_int_equal(job_check(job, &err), -1);
		assert_int_equal(err.code, ERR_USAGE);
		assert_string_equal(err.what, "two mounts have one target: /a");
		assert_string_equal(err.why, cases[i].why);
		job_free(job);
	}
}

/* idmap.mount is asked for once, by directories whose files have an owner that is not the job's root. */
static void
wants(void **state)
{
	static struct job_wants list;
	struct job *job = make_job();
	struct job_mount mount = { .type = JOB_MOUNT_BIND,
		.source = (char *)(uintptr_t) "/s",
		.target = (char *)(uintptr_t) "/a",
		.mapped = true,
		.fd = 3 };
	size_t before;
	struct err err;

	(void)state;
	assert_int_equal(job_wants(job, &list, &err), 0);
	before = list.n;
	assert_int_equal(job_add_mount(job, &mount, &err), 0);
	assert_int_equal(job_wants(job, &list, &err), 0);
	assert_int_equal(list.n, before + 1);
	for (mount.uid = 1; mount.uid < 3; mount.uid++)
		assert_int_equal(job_add_mount(job, &mount, &err), 0);
	assert_int_equal(job_wants(job, &list, &err), 0);
	assert_int_equal(list.n, before + 4);
	assert_int_equal(list.v[list.n - 1].id, ENT_IDMAP_MOUNT);
	job_free(job);
}

/* A secret that was given no mode has one. */
static void
secret_mode(void **state)
{
	struct job *job = make_job();
	struct job_mount mount = { .type = JOB_MOUNT_SECRET, .fd = 3 };
	struct err err;

	(void)state;
	assert_int_equal(job_add_mount(job, &mount, &err), 0);
	assert_int_equal(job->mounts[0].mode, 0400);
	mount.mode = 0440;
	assert_int_equal(job_add_mount(job, &mount, &err), 0);
	assert_int_equal(job->mounts[1].mode, 0440);
	job_free(job);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(volumes),
		cmocka_unit_test(mounts),
		cmocka_unit_test(sizes),
		cmocka_unit_test(wire),
		cmocka_unit_test(limits),
		cmocka_unit_test(too_many_labels),
		cmocka_unit_test(one_target),
		cmocka_unit_test(wants),
		cmocka_unit_test(secret_mode),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
