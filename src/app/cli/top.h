// `ashlar top`: who and what occurs most in a log, from a pipe or from files. No server, no
// settings, no data folder. What it counts and prints is modules/activity/top_reader.h and
// top_text.h.
//
// Live (without --once) it looks at the log for as long as it comes and shows the table every
// interval: on a terminal always in the same place, elsewhere one below the other; at the end the
// last table, and its rate on standard error. SIGINT and SIGTERM end it so, SIGTSTP gives the
// cursor back while it is stopped. With --once it prints the table at the end of its input, and
// standard error only has what was wrong with the lines.
//
// A reader of its output that goes away (`ashlar top | head`) ends it quietly: exit code 0.
#pragma once

#include "app/cli/top_options.h"
#include "base/clock.h"
#include "base/result.h"

namespace ashlar::app {

// Errors: a file that cannot be opened or read, an output that cannot be written.
base::Status run_top(const TopOptions& options, const base::Clock& clock);

}  // namespace ashlar::app
