/* headgate demo: the console with the guide. The row alone stands here; main opens the console for it. */
#include "command/command_rows.h"

const struct command command_demo_row = {
    .name = "demo",
    .bit = CONFIG_DEMO,
    .summary = "the console with a guide through a whole cutover",
    .usage = "-b HOST:PORT --topic TOPIC --group GROUP [--bucket BUCKET]",
    .text = "The console, with a panel that leads through a cutover in seven steps: topic,\n"
            "skew, where to start, old sink, launch, watch, proof. ./bootstrap demo starts\n"
            "real servers with a topic to cut over and opens it there; in the console :guide\n"
            "opens the same panel. A launch needs headgate.allow_write=true, as everywhere.\n"
            "\n"
            "Examples:\n"
            "  ./bootstrap demo\n"
            "  headgate demo -b b1:9092 --topic orders --group connect-orders-s3\n",
    .in_console = true,
};
