/* SPDX-License-Identifier: ISC */
/*
 * Calls of the Varlink interfaces: see call.h.
 * TRUST: unprivileged
 * INPUT: messages from any client of the user's
 * MUST: as in call.h
 */
#include "client/engine/api/call.h"

#include <json-c/json.h>
#include <string.h>

#include "client/engine/api/reply.h"
#include "client/lib/json.h"

int
call_invalid(const struct call *call, const struct err *err)
{
	(void)!reply_invalid(call->connection->varlink.fd, err);
	return -1;
}

int
call_must_have_more(const struct call *call)
{
	if (call->more)
		return 0;
	(void)!reply_service(call->connection->varlink.fd, "ExpectedMore", NULL, NULL);
	return -1;
}

int
call_answer(const struct call *call, struct json_object *parameters, int status)
{
	if (status == 0)
		return reply_send(call->connection->varlink.fd, parameters);
	json_object_put(parameters);
	return -1;
}

int
call_no_parameters(const struct call *call)
{
	static const struct json_field none[] = { { NULL, NULL, false } };
	struct err err;

	if (json_fields(call->parameters, none, NULL, &err) == -1)
		return call_invalid(call, &err);
	return 0;
}

static int
store_ignored(void *out, struct json_object *value, struct err *err)
{
	(void)out;
	return json_string(value) == NULL ? err_set(err, ERR_USAGE, "not a text") : 0;
}

static int
store_text(void *out, struct json_object *value, struct err *err)
{
	*(const char **)out = json_string(value);
	return json_string(value) == NULL ? err_set(err, ERR_USAGE, "not a text") : 0;
}

static int
call_hello(struct call *call)
{
	static const struct json_field fields[] = {
		{ "client", store_ignored, true },
		{ NULL, NULL, false },
	};
	struct err err;

	if (json_fields(call->parameters, fields, NULL, &err) == -1)
		return call_invalid(call, &err);
	call->connection->greeting = true;
	return 0;
}

int
call_greet(struct engine *engine, struct connection *connection)
{
	const struct call call = { .engine = engine, .connection = connection };
	struct json_object *out;

	if (!connection->greeting)
		return 0;
	connection->greeting = false;
	out = json_object_new_object();
	return call_answer(&call, out,
	    json_put_text(out, "version", BERTH_VERSION) |
		json_put_number(out, "uid", engine->caller.uid));
}

static int
call_get_info(struct call *call)
{
	static const char *const interfaces[] = { "org.varlink.service", BERTH_INTERFACE };
	struct json_object *out;
	struct json_object *list;
	int status;

	if (call_no_parameters(call) == -1)
		return -1;
	out = json_object_new_object();
	list = json_object_new_array();
	status = json_put_text(out, "vendor", "berth");
	status |= json_put_text(out, "product", "berth-engine");
	status |= json_put_text(out, "version", BERTH_VERSION);
	status |= json_put_text(out, "url", "");
	for (size_t i = 0; i < sizeof(interfaces) / sizeof(interfaces[0]); i++)
		status |= json_object_array_add(list, json_object_new_string(interfaces[i]));
	status |= json_put(out, "interfaces", list);
	return call_answer(call, out, status);
}

static int
call_get_description(struct call *call)
{
	static const struct json_field fields[] = {
		{ "interface", store_text, true },
		{ NULL, NULL, false },
	};
	const char *name = NULL;
	struct json_object *out;
	struct err err;

	if (json_fields(call->parameters, fields, &name, &err) == -1)
		return call_invalid(call, &err);
	if (strcmp(name, BERTH_INTERFACE) != 0)
		return reply_service(
		    call->connection->varlink.fd, "InterfaceNotFound", "interface", name);
	out = json_object_new_object();
	return call_answer(call, out, json_put_text(out, "description", interface_text));
}

static const struct {
	const char *name;
	int (*handle)(struct call *call);
} methods[] = {
	{ BERTH_INTERFACE ".Hello", call_hello },
	{ BERTH_INTERFACE ".Info", call_info },
	{ BERTH_INTERFACE ".State", call_state },
	{ BERTH_INTERFACE ".Stop", call_stop },
	{ BERTH_INTERFACE ".Reset", call_reset },
	{ BERTH_INTERFACE ".Run", call_run },
	{ BERTH_INTERFACE ".Copy", call_copy },
	{ BERTH_INTERFACE ".Exec", call_exec },
	{ BERTH_INTERFACE ".Attach", call_attach },
	{ BERTH_INTERFACE ".Wait", call_wait },
	{ BERTH_INTERFACE ".Kill", call_kill },
	{ BERTH_INTERFACE ".StopJob", call_stop_job },
	{ BERTH_INTERFACE ".StartJob", call_start_job },
	{ BERTH_INTERFACE ".Remove", call_remove },
	{ BERTH_INTERFACE ".List", call_list },
	{ BERTH_INTERFACE ".Inspect", call_inspect },
	{ BERTH_INTERFACE ".Open", call_open },
	{ BERTH_INTERFACE ".Usage", call_usage },
	{ BERTH_INTERFACE ".Prune", call_prune },
	{ BERTH_INTERFACE ".ListVolumes", call_list_volumes },
	{ BERTH_INTERFACE ".CreateVolume", call_create_volume },
	{ BERTH_INTERFACE ".InspectVolume", call_inspect_volume },
	{ BERTH_INTERFACE ".RemoveVolume", call_remove_volume },
	{ BERTH_INTERFACE ".PruneVolumes", call_prune_volumes },
	{ "org.varlink.service.GetInfo", call_get_info },
	{ "org.varlink.service.GetInterfaceDescription", call_get_description },
};

static int
dispatch(struct call *call, const char *method)
{
	int fd = call->connection->varlink.fd;

	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (strcmp(methods[i].name, method) == 0)
			return methods[i].handle(call);
	(void)!reply_service(fd, "MethodNotFound", "method", method);
	return -1;
}

/* The members of a call; parameters are looked at by their method. */
struct head {
	const char *method;
	struct call *call;
};

static int
store_method(void *out, struct json_object *value, struct err *err)
{
	return store_text(&((struct head *)out)->method, value, err);
}

static int
store_parameters(void *out, struct json_object *value, struct err *err)
{
	((struct head *)out)->call->parameters = value;
	return json_object_is_type(value, json_type_object)
		   ? 0
		   : err_set(err, ERR_USAGE, "not an object");
}

static int
store_more(void *out, struct json_object *value, struct err *err)
{
	return json_store_bool(&((struct head *)out)->call->more, value, err);
}

static int
store_oneway(void *out, struct json_object *value, struct err *err)
{
	return json_store_bool(&((struct head *)out)->call->oneway, value, err);
}

int
call_head(struct json_object *message, struct call *call, const char **method, struct err *err)
{
	static const struct json_field fields[] = {
		{ "method", store_method, true },
		{ "parameters", store_parameters, false },
		{ "more", store_more, false },
		{ "oneway", store_oneway, false },
		{ NULL, NULL, false },
	};
	struct head head = { .call = call };

	if (json_fields(message, fields, &head, err) == -1)
		return -1;
	*method = head.method;
	if (call->parameters != NULL)
		return 0;
	call->parameters = json_object_new_object();
	return json_put(message, "parameters", call->parameters) == -1
		   ? err_set(err, ERR_SYSTEM, "memory is short")
		   : 0;
}

int
call_handle(struct engine *engine, struct connection *connection, struct json_object *message)
{
	struct call call = { .engine = engine, .connection = connection };
	const char *method;
	struct err err;
	int ret;

	if (call_greet(engine, connection) == -1)
		return -1;
	if (call_head(message, &call, &method, &err) == -1)
		return call_invalid(&call, &err);
	/* each method here answers; one that is not to be answered is none of ours */
	if (call.oneway)
		return -1;
	ret = dispatch(&call, method);
	/* descriptors may have come together with Hello, for the Run behind it */
	if (strcmp(method, BERTH_INTERFACE ".Hello") != 0)
		varlink_drop_fds(&connection->varlink);
	return ret;
}
