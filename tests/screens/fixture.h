/* Answers for the console without a cluster: scenarios by name, always the same, at once. */
#ifndef TESTS_SCREENS_FIXTURE_H
#define TESTS_SCREENS_FIXTURE_H

#include "tui/tui_source.h"

struct fixture;

/* NULL for an unknown name. */
struct fixture *fixture_new(const char *scenario);
void fixture_free(struct fixture *fixture);

/* The source to hand to console_run; lives as long as the fixture. */
const struct tui_source *fixture_source(const struct fixture *fixture);

/* Names of the scenarios, ended by NULL. */
const char *const *fixture_scenarios(void);

#endif
