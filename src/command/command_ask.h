/* One question to the engine, from asking to the final answer, with its progress on standard error. */
#ifndef COMMAND_COMMAND_ASK_H
#define COMMAND_COMMAND_ASK_H

#include "engine.h"

/* Starts an engine, asks, waits, ends the engine. The caller frees the answer. False with the engine's error. */
bool command_ask(const struct config *config, const struct engine_request *request, struct engine_event **answer,
                 struct error *err) MUST_CHECK;

/* The same with an engine that is there and stays: for a second question. */
bool command_ask_engine(struct engine *engine, const struct engine_request *request, struct engine_event **answer,
                        struct error *err) MUST_CHECK;

/* ERROR_USAGE that names the option, when value is NULL. */
bool command_need(const char *value, const char *option, struct error *err) MUST_CHECK;

#endif
